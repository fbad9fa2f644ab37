"""Cumulative token counts of Codex threads: which response an increase belongs to, and what it consists of.

Codex writes running totals of a thread. The same totals are written again (a refresh, a resume), copied into forks,
start over (a context window that overflowed) and, where several agents report into one file, come from several counters
in turn. So a total is an identity as much as a number: the same thread and the same total is the same response.

The two records here are Structs for their price: they are made several times for each row with usage.
"""

from msgspec import Struct

from tollbook.usage import Usage
from tollbook_agent.capture.frozen import builder

MAX_TIPS = 16
"""Counters that may run side by side in one file; the one unused for longest is forgotten first."""
MAX_PAST = 64
"""Earlier totals kept to recognise a repeated one and a branch from it; the oldest is forgotten first."""
_USAGE = builder(Usage, "input", "cache_read", "cache_write", "output", "reasoning")


class Vector(Struct, frozen=True, order=True, array_like=True, gc=False):
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
        return (
            self.input >= other.input
            and self.cached >= other.cached
            and self.cache_write >= other.cache_write
            and self.output >= other.output
            and self.reasoning >= other.reasoning
        )

    def named(self, thread: str) -> str:
        """The counts as an id of one response: `thread:input.cached.cache_write.output.reasoning`."""
        return f"{thread}:{self.input}.{self.cached}.{self.cache_write}.{self.output}.{self.reasoning}"

    def usage(self) -> Usage | None:
        """The counts taken apart into disjoint ones; `None` where they contradict each other (a part is negative)."""
        cached, written, output, reasoning = self.cached, self.cache_write, self.output, self.reasoning
        fresh = self.input - cached - written
        if fresh < 0 or cached < 0 or written < 0 or not 0 <= reasoning <= output:
            return None
        return _USAGE(fresh, cached, written, output, reasoning)


ZERO = Vector(0, 0, 0, 0, 0)


class Marks(Struct, frozen=True, kw_only=True, gc=False):
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
        floor = total if last is None else total.minus(last)
        if self.seen(floor):
            base, spent = floor, last
        elif last is not None and not total.covers(last):
            return self.advance(total, None)
        else:
            base, spent = self._below(floor, said=last is not None), None
        if spent is None:
            spent = last if base is None else total.minus(base)
        tips, past = self.tips, self.past
        if base is not None and base in tips:
            tips = tuple(tip for tip in tips if tip != base) if len(tips) > 1 else ()
            past = (*past, base)[-MAX_PAST:]
        return Marks(tips=(*tips, total)[-MAX_TIPS:], past=past), spent

    def _below(self, floor: Vector, *, said: bool) -> Vector | None:
        """The total that was continued, where it is not exactly `total - last`.

        Rows are missing in between (a torn line) and the one counter stands below; where several counters run nobody
        can tell which, and what the latest response is said to have used is trusted alone.
        """
        if said and len(self.tips) > 1:
            return None
        return max((tip for tip in self.tips if floor.covers(tip)), default=None)
