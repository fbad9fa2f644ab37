"""Days of UTC as numbers. Imports nothing: every answer needs it."""

NANOSECONDS_PER_DAY = 86_400 * 10**9


def day_of(moment_ns: int) -> int:
    """The UTC day of a moment: days since 1970-01-01."""
    return moment_ns // NANOSECONDS_PER_DAY
