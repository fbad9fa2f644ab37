"""Read configuration files of git in their order, with the files they include. Edge.

`include.path` and `includeIf "gitdir:..."` (also `gitdir/i:`) are followed as git-config(1) says; conditions on
branches and remotes are not.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tollbook.problem import Problem
from tollbook_agent.context import files, gitconfig
from tollbook_agent.context.files import Signature
from tollbook_agent.context.gitconfig import Entry

MAX_FILE = 256 * 1024
"""Bytes read of one configuration file."""
MAX_DEPTH = 10
"""Includes within includes, as in git."""
MAX_FILES = 64
"""Files of one configuration, included ones counted."""
MAX_PATTERN = 1024
"""Characters of a `gitdir:` pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All entries in the order in which git would apply them; the last of a kind counts."""

    entries: list[Entry] = field(default_factory=list[Entry])
    problems: list[Problem] = field(default_factory=list[Problem])
    seen: dict[str, Signature | None] = field(default_factory=dict[str, Signature | None])
    """Every file that was looked for, absent ones too: what to compare to know that nothing changed."""


def read(sources: Iterable[tuple[str, str]], git_folder: str | None, home: str | None) -> Configuration:
    """Read files in order, the weakest first.

    Args:
        sources: pairs of path and the name that problems give it.
        git_folder: the git folder that `gitdir:` conditions are held against; `None` outside a repository.
        home: what `~` stands for.
    """
    found = Configuration()
    for path, where in sources:
        _read_one(found, path, where, git_folder, home, 0)
    return found


def _read_one(
    found: Configuration, path: str, where: str, git_folder: str | None, home: str | None, depth: int
) -> None:
    if depth > MAX_DEPTH or len(found.seen) >= MAX_FILES:
        found.problems.append(Problem(reason="git_config_too_deep", where=where, detail=f"depth {depth}"))
        return
    found.seen.setdefault(path, files.signature(path))
    try:
        data = files.read(path, MAX_FILE)
    except OSError as error:
        detail = type(error).__name__
        found.problems.append(Problem(reason="git_file_unreadable", where=where, detail=detail, permanent=False))
        return
    if data is None:
        return
    entries, problems = gitconfig.parse(data, where)
    found.problems.extend(problems)
    for entry in entries:
        found.entries.append(entry)
        if entry.key == "path" and entry.value and _applies(entry, path, git_folder, home):
            included = _expand(entry.value, os.path.dirname(path), home)
            if included is not None:
                _read_one(found, included, f"{where} include", git_folder, home, depth + 1)


def _applies(entry: Entry, path: str, git_folder: str | None, home: str | None) -> bool:
    """Whether an entry named `path` is an include that holds here."""
    if entry.section == "include" and entry.subsection is None:
        return True
    if entry.section != "includeif" or git_folder is None:
        return False
    kind, _, pattern = (entry.subsection or "").partition(":")
    if kind not in ("gitdir", "gitdir/i") or not pattern or len(pattern) > MAX_PATTERN:
        return False
    whole = _whole_pattern(pattern, os.path.dirname(path), home)
    try:
        matcher = re.compile(_regex(whole), re.IGNORECASE if kind == "gitdir/i" else 0)
    except re.error:  # a set such as [z-a] matches nothing
        return False
    return any(matcher.fullmatch(one.replace(os.sep, "/")) for one in (git_folder, os.path.realpath(git_folder)))


def _expand(value: str, base: str, home: str | None) -> str | None:
    if value == "~" or value.startswith("~/"):
        return None if home is None else os.path.join(home, value[2:])
    return os.path.normpath(os.path.join(base, value))


def _whole_pattern(pattern: str, base: str, home: str | None) -> str:
    """The pattern with the additions of git-config(1): `~/`, `./`, a leading `**/`, a trailing `**`."""
    if pattern.startswith("~/") and home is not None:
        pattern = f"{home.replace(os.sep, '/').rstrip('/')}/{pattern[2:]}"
    elif pattern.startswith("./"):
        pattern = f"{base.replace(os.sep, '/').rstrip('/')}/{pattern[2:]}"
    elif not os.path.isabs(pattern) and not pattern.startswith("/"):
        pattern = f"**/{pattern}"
    return f"{pattern}**" if pattern.endswith("/") else pattern


_TOKEN = re.compile(
    r"(?P<any>(?:\*\*/)+)|(?P<rest>/\*\*$)|(?P<stars>\*+)|(?P<one>\?)|(?P<set>\[!?\]?[^\]]*\])|(?P<text>.)", re.DOTALL
)


def _regex(pattern: str) -> str:
    """A regular expression for git's wildmatch with paths: `*` stays within a folder, `**/` crosses folders."""
    out: list[str] = []
    for token in _TOKEN.finditer(pattern):
        match token.lastgroup:
            case "any":
                out.append("(?:.*/)?")
            case "rest":
                out.append("/.*")
            case "stars":
                out.append("[^/]*")
            case "one":
                out.append("[^/]")
            case "set":
                inner = token[0][1:-1].replace("\\", "\\\\").replace("[", "\\[")
                out.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
            case _:
                out.append(re.escape(token[0]))
    return "".join(out)
