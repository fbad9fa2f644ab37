"""Token counts of one call, in the two forms the domain needs.

`Usage` is what is priced and shown: disjoint counts. `Totals` is what is joined: cache writes as one total beside the
lifetimes that are known, because an observer that saw only the total must not add to one that saw the split.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from tollbook.counts import FIELDS as FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Disjoint, non-negative counts of one call on one model.

    Units: tokens, except `web_searches` (requests). `reasoning` is a subset of `output` and is never priced by itself.
    An unknown usage is `None` where a `Usage` is expected, never this record with zeros.

    Raises:
        ValueError: a negative count, or more reasoning than output.
    """

    input: int = 0
    """Uncached input."""
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_30m: int = 0
    cache_write_1h: int = 0
    cache_write_12h: int = 0
    cache_write: int = 0
    """Written with a lifetime the observer could not see."""
    output: int = 0
    """Reasoning included."""
    reasoning: int = 0
    web_searches: int = 0

    def __post_init__(self) -> None:
        if (  # compared one by one: made for every call that is read, joined or priced
            self.input < 0
            or self.cache_read < 0
            or self.cache_write_5m < 0
            or self.cache_write_30m < 0
            or self.cache_write_1h < 0
            or self.cache_write_12h < 0
            or self.cache_write < 0
            or self.output < 0
            or self.reasoning < 0
            or self.web_searches < 0
        ):
            raise ValueError(f"negative count in {self}")
        if self.reasoning > self.output:
            raise ValueError(f"reasoning {self.reasoning} exceeds output {self.output}")

    def parts(self) -> tuple[int, ...]:
        """All counts, in the order of `FIELDS`."""
        return (
            self.input,
            self.cache_read,
            self.cache_write_5m,
            self.cache_write_30m,
            self.cache_write_1h,
            self.cache_write_12h,
            self.cache_write,
            self.output,
            self.reasoning,
            self.web_searches,
        )

    @property
    def cache_write_total(self) -> int:
        """Tokens written to a cache, of any lifetime."""
        return (
            self.cache_write_5m + self.cache_write_30m + self.cache_write_1h + self.cache_write_12h + self.cache_write
        )

    @property
    def prompt(self) -> int:
        """The whole prompt: what context bands are measured against."""
        return self.input + self.cache_read + self.cache_write_total

    def __add__(self, other: Self) -> "Usage":
        return Usage(**dict(zip(FIELDS, map(int.__add__, self.parts(), other.parts()), strict=True)))

    def as_dict(self) -> dict[str, int]:
        """The documented JSON form: every count by its name."""
        return dict(zip(FIELDS, self.parts(), strict=True))


class Totals(NamedTuple):
    """The joinable form of a usage: the element-wise maximum of two is a semilattice join."""

    input: int
    cache_read: int
    cache_write_total: int
    cache_write_5m: int
    cache_write_30m: int
    cache_write_1h: int
    cache_write_12h: int
    output: int
    reasoning: int
    web_searches: int

    @classmethod
    def of(cls, usage: Usage) -> "Totals":
        """The total form of disjoint counts."""
        return cls(
            usage.input,
            usage.cache_read,
            usage.cache_write_total,
            usage.cache_write_5m,
            usage.cache_write_30m,
            usage.cache_write_1h,
            usage.cache_write_12h,
            usage.output,
            usage.reasoning,
            usage.web_searches,
        )

    def join(self, other: "Totals") -> "Totals":
        """Element-wise maximum."""
        return self if self == other else Totals._make(map(max, self, other))

    @property
    def split(self) -> int:
        """Cache-write tokens whose lifetime is known."""
        return self.cache_write_5m + self.cache_write_30m + self.cache_write_1h + self.cache_write_12h

    def usage(self) -> Usage:
        """Back to disjoint counts: the remainder of the cache writes has an unknown lifetime."""
        split = self.split
        return Usage(
            input=self.input,
            cache_read=self.cache_read,
            cache_write_5m=self.cache_write_5m,
            cache_write_30m=self.cache_write_30m,
            cache_write_1h=self.cache_write_1h,
            cache_write_12h=self.cache_write_12h,
            cache_write=max(self.cache_write_total, split) - split,
            output=self.output,
            reasoning=self.reasoning,
            web_searches=self.web_searches,
        )


def join_optional(left: Totals | None, right: Totals | None) -> Totals | None:
    """Join where either side may be unknown; unknown is the bottom."""
    if left is None:
        return right
    return left if right is None else left.join(right)
