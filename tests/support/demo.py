"""Lays the recordings of the demo out as the tools would have left them, with the repositories they were made in."""

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.support.demo_story import CHECKOUTS, ENGINEER, HOME, REMOTES
from tests.support.repos import make_repo

_TOOLS = ("claude", "codex")


def lay_out(scratch: Path, recordings: Path) -> dict[str, str]:
    """Fill an empty folder, and give the environment that makes all of our programs live in it.

    The paths inside the recordings become those of the repositories made here.
    """
    source = scratch / "src"
    placeholder, place = _inside(HOME), _inside(str(source))
    for tool in _TOOLS:
        for path in sorted((recordings / tool).rglob("*")):
            if path.is_file():
                copy = scratch / path.relative_to(recordings)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes().replace(placeholder, place))
    for name, checkouts in CHECKOUTS.items():
        moments = [(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp(), branch) for at, branch in checkouts]
        make_repo(source / name, REMOTES[name], moments)
    return environment(scratch)


def environment(scratch: Path) -> dict[str, str]:
    """Homes below a folder, with an engineer in git's configuration; makes that configuration."""
    home = scratch / "home"
    home.mkdir(parents=True, exist_ok=True)
    settings = home / ".gitconfig"
    settings.write_text(f"[user]\n\tname = Ada\n\temail = {ENGINEER}\n", encoding="utf-8")
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "CLAUDE_CONFIG_DIR": str(scratch / "claude"),
        "CODEX_HOME": str(scratch / "codex"),
        "TOLLBOOK_HOME": str(scratch / "tollbook"),
        "TOLLBOOK_COLLECTOR_HOME": str(scratch / "collector"),
    }


def _inside(path: str) -> bytes:
    """A path as it stands inside a JSON string."""
    return json.dumps(path)[1:-1].encode()
