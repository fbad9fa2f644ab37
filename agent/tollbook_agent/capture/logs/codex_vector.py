"""Cumulative token counts of Codex threads: which response an increase belongs to, and what it consists of.

Codex writes running totals of a thread. The same totals are written again (a refresh, a resume), copied into forks,
start over (a context window that overflowed) and, where several agents report into one file, come from several counters
in turn. So a total is an identity as much as a number: the same thread and the same total is the same response.
"""

from dataclasses import dataclass
from typing import NamedTuple

from tollbook.usage import Usage

MAX_TIPS = 16
"""Counters that may run side by side in one file; the one unused for longest is forgotten first."""
MAX_PAST = 64
"""Earlier totals kept to recognise a repeated one and a branch from it; the oldest is forgotten first."""


class Vector(NamedTuple):
    """Token counts as Codex writes them: `input` includes `cached` and `cache_write`, `output` includes `reasoning`."""

    input: int
    cached: int
    cache_write: int
    output: int
    reasoning: int

    def minus(self, other: "Vector") -> "Vector":
        """Class-wise difference; may be negative."""
        return Vector(
            self.input - other.input,
            self.cached - other.cached,
            self.cache_write - other.cache_write,
            self.output - other.output,
            self.reasoning - other.reasoning,
        )

    def plus(self, other: "Vector") -> "Vector":
        """Class-wise sum."""
        return self.minus(ZERO.minus(other))

    def covers(self, other: "Vector") -> bool:
        """Whether no class is smaller than the other's."""
        return min(self.minus(other)) >= 0

    def text(self) -> str:
        """The counts in an id: `input.cached.cache_write.output.reasoning`."""
        return "%d.%d.%d.%d.%d" % self  # noqa: UP031 # twice as fast as the alternatives, and in the hot loop

    def usage(self) -> Usage | None:
        """The counts taken apart into disjoint ones; `None` where they contradict each other (a part is negative)."""
        fresh = self.input - self.cached - self.cache_write
        if min(fresh, *self) < 0 or self.reasoning > self.output:
            return None
        return Usage(
            input=fresh,
            cache_read=self.cached,
            cache_write=self.cache_write,
            output=self.output,
            reasoning=self.reasoning,
        )


ZERO = Vector(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Totals seen so far: the high-water mark of each counter (`tips`) and what they have passed (`past`)."""

    tips: tuple[Vector, ...] = ()
    past: tuple[Vector, ...] = ()

    def seen(self, total: Vector) -> bool:
        """Whether this very total was met before: then it is no new response."""
        return total in self.tips or total in self.past

    def advance(self, total: Vector, last: Vector | None) -> tuple["Marks", Vector | None]:
        """The marks after a total not seen before, and its increase over the counter it continues.

        `last` is what Codex says the latest response used. The increase is `last` where no counter can be continued
        (the first total, one that started over), and `None` (unknown) where there is no `last` either.
        """
        if last is not None and not total.covers(last):
            last = None
        base = self._base(total, last)
        others = () if self.tips == (base,) else tuple(tip for tip in self.tips if tip != base)
        tips = (*others, total)[-MAX_TIPS:]
        past = self.past if base is None or base in self.past else (*self.past, base)[-MAX_PAST:]
        return Marks(tips=tips, past=past), last if base is None else total.minus(base)

    def _base(self, total: Vector, last: Vector | None) -> Vector | None:
        """The total that was continued.

        Exactly `total - last` if that was seen. Otherwise rows are missing in between (a torn line) and the one counter
        stands below; where several counters run nobody can tell which, and `last` alone is trusted.
        """
        floor = total if last is None else total.minus(last)
        if self.seen(floor):
            return floor
        if last is not None and len(self.tips) > 1:
            return None
        return max((tip for tip in self.tips if floor.covers(tip)), default=None)
