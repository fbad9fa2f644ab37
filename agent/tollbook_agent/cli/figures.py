"""What stands beside an amount: its bar, its change against before, how much of it is known for sure. Pure integers."""

BAR_CELLS = 8
_EIGHTHS = " ▏▎▍▌▋▊▉█"
MOST_PERCENT = 999
"""A greater change is said as a factor."""


def bar(amount: int, greatest: int, cells: int = BAR_CELLS) -> str:
    """A bar of up to `cells` characters, in eighths: whole for the greatest, something for anything above zero."""
    if amount <= 0 or greatest <= 0:
        return ""
    eighths = max(1, min(amount, greatest) * cells * 8 // greatest)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


def change(now: int, before: int) -> str:
    """The change as people say it: `+12%`, `-100%`, `x15`, `new`; empty where there is nothing to compare."""
    if before <= 0:
        return "new" if now > 0 else ""
    if now >= before * (MOST_PERCENT + 1) // 100 + before:
        return f"x{_rounded(now, before)}"
    percent = _rounded(abs(now - before) * 100, before)
    if percent == 0:
        return "0%"
    return f"{'+' if now > before else '-'}{percent}%"


def share(part: int, whole: int) -> str:
    """A part in per cent with one decimal, rounded down: never 100 where something is missing."""
    if whole <= 0:
        return "100%"
    tenths = part * 1000 // whole
    return "100%" if tenths >= 1000 else f"{tenths // 10}.{tenths % 10}%"


def _rounded(number: int, by: int) -> int:
    """Half up."""
    return (2 * number + by) // (2 * by)
