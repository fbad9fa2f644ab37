"""What scanning the demo must give: the numbers of its story, added up."""

from collections.abc import Iterable
from typing import Any

from tests.support.demo_story import ENGINEER, TICKETS, Call, Session

COUNTS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write", "output", "reasoning")
"""The tokens that occur here; all others are 0."""
DIMENSIONS = ("model", "ticket", "repo", "branch", "day", "tool", "channel", "engineer")


def expected(sessions: Iterable[Session]) -> dict[str, Any]:
    """Calls and tokens: all together, and by each dimension. `-` is what belongs to no ticket."""
    sums: dict[str, dict[str, dict[str, int]]] = {name: {} for name in DIMENSIONS}
    total: dict[str, int] = {}
    for session in sessions:
        for call, at in zip(session.calls, session.moments(), strict=True):
            keys = _keys(session, call, at.date().isoformat())
            for dimension, key in keys.items():
                _add(sums[dimension].setdefault(key, {}), 1, _own(call))
            _add(total, 1, _own(call))
            if call.advisor is not None:
                model, asked, answered = call.advisor
                other = {"input": asked, "output": answered}
                for dimension, key in {**keys, "model": model}.items():
                    _add(sums[dimension].setdefault(key, {}), 0, other)
                _add(total, 0, other)
    return {"total": total, **{name: dict(sorted(each.items())) for name, each in sums.items()}}


def _keys(session: Session, call: Call, day: str) -> dict[str, str]:
    branch = call.branch or session.branch
    openai = session.writer.startswith("codex")
    return {
        "model": session.model,
        "ticket": TICKETS[branch] or "-",
        "repo": f"acme/{session.repo}",
        "branch": branch,
        "day": day,
        "tool": "codex" if openai else "claude-code",
        "channel": "chatgpt" if session.plan else "openai" if openai else "anthropic",
        "engineer": ENGINEER,
    }


def _own(call: Call) -> dict[str, int]:
    return {name: getattr(call, name) for name in COUNTS}


def _add(sums: dict[str, int], calls: int, counts: dict[str, int]) -> None:
    sums["calls"] = sums.get("calls", 0) + calls
    for name in COUNTS:
        sums[name] = sums.get(name, 0) + counts.get(name, 0)
