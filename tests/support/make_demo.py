"""Makes the recordings of the demo: `python -m tests.support.make_demo` writes them anew, byte for byte the same.

`make demo` plays them, `make bench` multiplies them, tests read them. Everything in them is invented.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.support.demo_claude import Claude, agent_id, session_id
from tests.support.demo_claude_old import OldClaude
from tests.support.demo_codex import Codex, begin_of, thread_id
from tests.support.demo_codex_old import OldCodex
from tests.support.demo_expected import expected
from tests.support.demo_sessions import SESSIONS
from tests.support.demo_story import HOME, Session, Writer

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings" / "demo"
EXPECTED = "expected.json"


def files() -> dict[str, bytes]:
    """Path below the recordings -> content."""
    made: dict[str, bytes] = {}
    for session in SESSIONS:
        made |= _claude(session) if session.writer in (Writer.CLAUDE, Writer.CLAUDE_OLD) else _codex(session)
    made[EXPECTED] = (json.dumps(expected(SESSIONS), indent=2) + "\n").encode()
    return made


def _named(name: str | None) -> Session | None:
    return next((session for session in SESSIONS if session.name == name), None)


def _claude(session: Session) -> dict[str, bytes]:
    folder = "claude/projects/" + "".join(each if each.isalnum() else "-" for each in f"{HOME}/{session.repo}")
    if session.writer is Writer.CLAUDE_OLD:
        return {f"{folder}/{session_id(session.name)}.jsonl": _lines(OldClaude(session).write())}
    agents = [other for other in SESSIONS if other.parent == session.name]
    content = _lines(Claude(session, agents).write())
    if session.parent is None:
        return {f"{folder}/{session_id(session.name)}.jsonl": content}
    place = f"{folder}/{session_id(session.parent)}/subagents/agent-{agent_id(session.name)}"
    about = {"agentType": "Explore", "isBuiltIn": True, "spawnDepth": 1, "model": session.model, "finished": True}
    return {f"{place}.jsonl": content, f"{place}.meta.json": (json.dumps(about) + "\n").encode()}


def _codex(session: Session) -> dict[str, bytes]:
    begin = begin_of(session)
    name = f"rollout-{begin.strftime('%Y-%m-%dT%H-%M-%S')}-{thread_id(session)}.jsonl"
    records = OldCodex(session) if session.writer is Writer.CODEX_OLD else Codex(session, _named(session.parent))
    return {f"codex/sessions/{begin.strftime('%Y/%m/%d')}/{name}": _lines(records.write())}


def _lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    written = [json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records]
    return ("\n".join(written) + "\n").encode()


def main() -> None:
    """Write the files; those that are no longer made are removed."""
    made = files()
    for path in sorted(RECORDINGS.rglob("*")):
        if path.is_file() and path.relative_to(RECORDINGS).as_posix() not in made:
            path.unlink()
    for name, content in made.items():
        path = RECORDINGS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
