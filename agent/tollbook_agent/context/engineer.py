"""Who works here: configured, else the author's e-mail address as git would take it. Pure."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from tollbook.problem import Problem
from tollbook.vocabulary import Evidence
from tollbook.work import Known
from tollbook_agent.context.email_address import address
from tollbook_agent.context.gitconfig import Entry, last


@dataclass(frozen=True, slots=True, kw_only=True)
class GitEnvironment:
    """The environment variables that decide which configuration git reads and whose name it writes."""

    home: str | None = None
    config_home: str | None = None
    """XDG_CONFIG_HOME."""
    global_config: str | None = None
    """GIT_CONFIG_GLOBAL: stands in for both files of the user."""
    author_email: str | None = None
    """GIT_AUTHOR_EMAIL: beats every file."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """From a process environment."""
        return cls(
            home=environ.get("HOME") or environ.get("USERPROFILE"),
            config_home=environ.get("XDG_CONFIG_HOME") or None,
            global_config=environ.get("GIT_CONFIG_GLOBAL"),
            author_email=environ.get("GIT_AUTHOR_EMAIL") or None,
        )

    def user_files(self) -> list[tuple[str, str]]:
        """The user's configuration files, the weakest first, each with the name that problems give it."""
        if self.global_config is not None:
            return [(self.global_config, "GIT_CONFIG_GLOBAL")] if self.global_config else []
        found: list[tuple[str, str]] = []
        folder = self.config_home or (os.path.join(self.home, ".config") if self.home else None)
        if folder is not None:
            found.append((os.path.join(folder, "git", "config"), "user's git/config"))
        if self.home:
            found.append((os.path.join(self.home, ".gitconfig"), "user's .gitconfig"))
        return found


def configured(value: str | None) -> tuple[Known | None, list[Problem]]:
    """The engineer from Tollbook's own settings."""
    return _known(value, Evidence.EXPLICIT, "engineer")


def from_git(author_email: str | None, entries: Iterable[Entry]) -> tuple[Known | None, list[Problem]]:
    """The author git would write: GIT_AUTHOR_EMAIL, `author.email`, `user.email`; never a guess from the host name."""
    entries = list(entries)
    value = author_email or last(entries, "author", "email") or last(entries, "user", "email")
    return _known(value, Evidence.HEAD, "git user.email")


def _known(value: str | None, evidence: Evidence, where: str) -> tuple[Known | None, list[Problem]]:
    if not value:
        return None, []
    email = address(value)
    if email is None:
        remedy = "set an e-mail address such as ada@example.com"
        return None, [Problem(reason="not_an_email", where=where, detail=f"{len(value)} characters", remedy=remedy)]
    return Known(email, evidence), []
