"""Setting: one value Tollbook wants in a tool's own file; and what every kind of such a file can do."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from tollbook.vocabulary import Tool

type Key = tuple[str, ...]
"""Where in the file: `("env", "HTTPS_PROXY")`, `("otel",)`, `("hooks", "stop", "<command>")`, `("HTTPS_PROXY",)`."""


class Kind(StrEnum):
    """The kinds of file."""

    JSON = "json"
    HOOKS = "hooks"
    TOML_BLOCK = "toml_block"
    DOTENV = "dotenv"


class Refused(Exception):
    """The file cannot be edited safely. The text says why, and what a person can do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value that shall stand in a file."""

    tool: Tool
    path: Path
    kind: Kind
    key: Key
    value: str
    replace: bool = False
    """Whether a value that somebody else set may be replaced (and is restored later); else it is refused."""
    optional: bool = False
    """Whether to do without where somebody else set a value."""
    secret: str = ""
    """The part of the value that is never shown; what was there before is not shown either then."""


class Text(Protocol):
    """A kind of file as functions of its text. Each raises `Refused` for a text it cannot edit."""

    def get(self, text: str, key: Key) -> str | None:
        """The value, `None` where there is none."""
        ...

    def put(self, text: str, key: Key, value: str) -> tuple[str, int]:
        """The text with the value, everything else as it was; and how many containers had to be made for it."""
        ...

    def drop(self, text: str, key: Key, made: int) -> str:
        """The text without the value, and without the containers made for it where they are empty."""
        ...

    def is_empty(self, text: str) -> bool:
        """Whether nothing is left that anybody could miss."""
        ...


def newline(text: str) -> str:
    """The line end that the text uses."""
    return "\r\n" if "\r\n" in text else "\n"
