"""Lines of an invented Claude Code transcript, one response each, and a laptop whose logs they are."""

import json
from pathlib import Path
from typing import Any

from tests.support.demo import environment
from tests.support.repos import make_repo

SESSION = "5d1f0c3a-0001-4000-8000-000000000001"
MODEL = "claude-opus-5-5"
FIRST_MINUTE = 1_789_992_000
"""A noon of UTC in September 2026, in seconds."""


def answer(number: int, *, cwd: str = "/nowhere", text: str = "done", **more: Any) -> bytes:
    """The line of response `number`, a minute after the one before it: 100 + number tokens in, 10 out."""
    second = FIRST_MINUTE + 60 * number
    minutes, seconds = divmod(second - FIRST_MINUTE, 60)
    hours, minutes = divmod(minutes, 60)
    message = {
        "model": MODEL,
        "id": f"msg_01{number:022d}",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 100 + number, "output_tokens": 10, "service_tier": "standard"},
    }
    line = {
        "parentUuid": None,
        "isSidechain": False,
        "message": message,
        "requestId": f"req_011{number:021d}",
        "type": "assistant",
        "uuid": f"ffcaba90-0000-4000-8000-{number:012d}",
        "timestamp": f"2026-09-21T{12 + hours:02d}:{minutes:02d}:{seconds:02d}.000Z",
        "cwd": cwd,
        "sessionId": SESSION,
        "version": "2.1.330",
        "gitBranch": "main",
        **more,
    }
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


class Laptop:
    """Homes below a folder, and one repository that Claude Code works in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = environment(folder)
        self.repository = make_repo(
            folder / "src" / "shop", "git@github.com:acme/shop.git", [(FIRST_MINUTE - 3_600, "feature/PAY-1-x")]
        )

    @property
    def home(self) -> Path:
        """The agent's."""
        return self.folder / "tollbook"

    def log(self, name: str = SESSION, project: str = "shop") -> Path:
        """A transcript's place; its folder is made."""
        path = self.folder / "claude" / "projects" / project / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, *numbers: int, name: str = SESSION, project: str = "shop") -> Path:
        """Append responses to a transcript."""
        path = self.log(name, project)
        with path.open("ab") as file:
            for number in numbers:
                file.write(answer(number, cwd=str(self.repository)))
        return path
