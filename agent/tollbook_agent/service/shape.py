"""What a service manager is given: files, the commands around them, and what is left to a person without it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KEPT_VARIABLES: tuple[str, ...] = (
    "TOLLBOOK_HOME",
    "CLAUDE_CONFIG_DIR",
    "CODEX_HOME",
    "CURSOR_CONFIG_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
)
"""Of the shell that installs: where files are. A service manager starts programs without the shell's environment."""
FILE_MODE = 0o644
MODULE = "tollbook_agent"

type Command = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Laptop:
    """What a service is made for."""

    user_home: Path
    home: Path
    """The agent's."""
    python: str
    environment: Mapping[str, str]
    """Of the shell that installs."""
    relay_port: int | None = None
    """Where network capture is set up: a port to hold for it, where the manager can."""
    user_id: int = 0

    @property
    def program(self) -> Command:
        """The resident process, isolated from the folder and the Python settings it is started in."""
        return (self.python, "-I", "-X", "utf8", "-m", MODULE, "agent", "run")

    @property
    def variables(self) -> dict[str, str]:
        """What it must be given of the shell's environment."""
        return {name: self.environment[name] for name in KEPT_VARIABLES if self.environment.get(name)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFile:
    """One file, whole."""

    path: Path
    data: bytes
    shown: str
    """The same as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything about one manager."""

    manager: str
    files: Sequence[ServiceFile]
    answers: Command
    """Ends with 0 where the manager can be spoken to."""
    start: Sequence[Command]
    stop: Sequence[Command]
    after_removal: Sequence[Command]
    links: Sequence[Path]
    """Made by `start`, removed by `stop`, and by us where the manager is gone by then."""


def text_file(path: Path, text: str) -> ServiceFile:
    """A file of plain text."""
    return ServiceFile(path=path, data=text.encode(), shown=text)
