"""Cumulative token counts of Codex threads: which response an increase belongs to, and what it consists of.

Codex writes running totals of a thread. The same totals are written again (a refresh, a resume), copied into forks,
start over (a context window that overflowed) and, where several agents report into one file, come from several counters
in turn. So a total is an identity as much as a number: the same thread and the same total is the same response.
"""

from dataclasses import dataclass
from typing import NamedTuple

from tollbook.usage import Usage
from tollbook_agent.capture.frozen import builder

MAX_TIPS = 16
"""Counters that may run side by side in one file; the one unused for longest is forgotten first."""
MAX_PAST = 64
"""Earlier totals kept to recognise a repeated one and a branch from it; the oldest is forgotten first."""
_USAGE = builder(Usage, "input", "cache_read", "cache_write", "output", "reasoning")


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
        return _USAGE(fresh, self.cached, self.cache_write, self.output, self.reasoning)


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
        floor = total
        if last is not None:
            floor = total.minus(last)
            if min(floor) < 0:
                floor, last = total, None
        base = floor if self.seen(floor) else self._below(floor, said=last is not None)
        spent = last if base is None or (base is floor and last is not None) else total.minus(base)
        tips, past = self.tips, self.past
        if base is not None and base in tips:
            tips = tuple(tip for tip in tips if tip != base) if len(tips) > 1 else ()
            past = (*past, base)[-MAX_PAST:]
        return _MARKS((*tips, total)[-MAX_TIPS:], past), spent

    def _below(self, floor: Vector, *, said: bool) -> Vector | None:
        """The total that was continued, where it is not exactly `total - last`.

        Rows are missing in between (a torn line) and the one counter stands below; where several counters run nobody
        can tell which, and what the latest response is said to have used is trusted alone.
        """
        if said and len(self.tips) > 1:
            return None
        return max((tip for tip in self.tips if floor.covers(tip)), default=None)


_MARKS = builder(Marks, "tips", "past")
