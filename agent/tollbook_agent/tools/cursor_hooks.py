"""What Cursor is given: a hook that reports the counts of a turn, next to other programs' hooks."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tollbook.vocabulary import Tool
from tollbook_agent.tools.setting import Kind, Setting

EVENTS: tuple[str, ...] = ("stop", "afterAgentResponse")
"""The events that tell token counts. One name that Cursor does not know would disable the whole file."""
HOOKS = "hooks.json"
MODULE = "tollbook_agent.capture.cursor.hook"


def hooks_path(environment: Mapping[str, str], user: str) -> Path:
    """Cursor's hooks of this user. `user` is the home folder."""
    folder = environment.get("CURSOR_CONFIG_DIR") or os.path.join(user, ".cursor")
    return Path(folder) / HOOKS


def command(python: str, home: Path, *, windows: bool = os.name == "nt") -> str:
    """The command line of the hook: this Python, isolated from the folder and the environment it is started in."""
    words = [python, "-I", "-X", "utf8", "-m", MODULE, str(home)]
    return subprocess.list2cmdline(words) if windows else shlex.join(words)


def hooks(path: Path, line: str, events: Sequence[str] = EVENTS) -> list[Setting]:
    """The hook under each of the events."""
    item = json.dumps({"command": line}, ensure_ascii=False)
    return [
        Setting(tool=Tool.CURSOR, path=path, kind=Kind.HOOKS, key=("hooks", event, line), value=item)
        for event in events
    ]
