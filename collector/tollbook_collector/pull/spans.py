"""Which days to ask for: from where the last pull ended, less the days its provider may still change. Pure."""

from typing import NamedTuple


class Span(NamedTuple):
    """UTC days, days since 1970-01-01."""

    first_day: int
    end_day: int
    """The day after the last one."""

    def days(self) -> range:
        return range(self.first_day, self.end_day)


class Wish(NamedTuple):
    """What the person who pulls asked for."""

    since: int | None = None
    period: Span | None = None


def window(
    *, until: int | None, complete: int, wish: Wish, first_look: int, restated: int, floor: int | None = None
) -> Span:
    """The days to ask for; empty where nothing is new.

    `until` is the watermark, `complete` the day after the last whole one, `first_look` where a first pull begins,
    `restated` the days after its end on which a provider may still change a day, and `floor` the day before which
    nothing is to be asked for again.
    """
    if wish.period is not None:
        return Span(wish.period.first_day, max(wish.period.first_day, min(wish.period.end_day, complete)))
    if wish.since is not None:
        first = wish.since
    elif until is None:
        first = first_look
    else:
        first = max(until - restated - 1, until - restated - 1 if floor is None else floor)
    return Span(first, max(first, complete))


def parts(span: Span, most: int) -> list[Span]:
    """A span in parts of at most `most` days, oldest first: each is taken as a whole."""
    starts = range(span.first_day, span.end_day, most)
    return [Span(start, min(start + most, span.end_day)) for start in starts]


def advanced(until: int | None, taken: Span) -> int | None:
    """The watermark after a part was taken: it never jumps over days that were not pulled, and never goes back."""
    if until is None or taken.first_day <= until:
        return max(taken.end_day, until or taken.end_day)
    return until
