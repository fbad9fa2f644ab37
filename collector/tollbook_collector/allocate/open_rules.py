"""A rules file on disk, with the tables it names, and the id of all of it together."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tollbook.problem import Problem
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.rules import Lookup, RuleSet
from tollbook_collector.allocate.standard import STANDARD

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes of the rules file or a table."""
FILE_NAME = "rules.yaml"
"""The rules in force, in the collector's home."""
NO_RULES = "no rules file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Rules that can be applied. `id` changes exactly when the text of the file or of a table does."""

    rules: RuleSet
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What opening gave: a bundle exactly when there is no problem."""

    bundle: Bundle | None
    problems: tuple[Problem, ...]


def open_rules(path: Path, outside: Mapping[str, Lookup] | None = None) -> Opened:
    """The rules of a file. Reads it and the tables it names, which lie in its folder or below."""
    digest = hashlib.sha256()
    folder = path.parent

    def table(name: str) -> str | Problem:
        below = folder / name
        if not below.resolve().is_relative_to(folder.resolve()):
            remedy = "Put the table beside the rules file."
            return Problem(
                reason="file_outside", where=name, detail="it is not in the folder of the rules", remedy=remedy
            )
        text = _read(below)
        if isinstance(text, str):
            digest.update(f"{name}\0{len(text)}\0{text}".encode())
        return text

    text = _read(path)
    if isinstance(text, Problem):
        return Opened(bundle=None, problems=(text,))
    digest.update(text.encode())
    rules, problems = read_rules(text, path.name, table, outside)
    bundle = None if rules is None else Bundle(rules=rules, id=digest.hexdigest()[:16])
    return Opened(bundle=bundle, problems=problems)


def rules_in_force(home: Path, outside: Mapping[str, Lookup] | None = None) -> Opened:
    """The rules of a collector's home; where it has none, the standard dimensions alone."""
    path = home / FILE_NAME
    if path.exists():
        return open_rules(path, outside)
    rules, problems = read_rules("version: 1\n", NO_RULES, _nothing, outside)
    bundle = None if rules is None else Bundle(rules=rules, id="standard-" + str(len(STANDARD)))
    return Opened(bundle=bundle, problems=problems)


def _nothing(name: str) -> Problem:
    return Problem(reason="file_absent", where=name, detail="there is no rules file")


def _read(path: Path) -> str | Problem:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
        if len(raw) > LARGEST_FILE:
            return _problem("file_too_large", path, f"it is larger than {LARGEST_FILE} bytes")
        return raw.decode()
    except FileNotFoundError:
        return _problem("file_absent", path, "there is no such file")
    except UnicodeDecodeError:
        return _problem("not_text", path, "it is not UTF-8 text")
    except OSError as error:
        return _problem("file_unreadable", path, type(error).__name__)


def _problem(reason: str, path: Path, detail: str) -> Problem:
    remedy = "Names of tables are relative to the folder of the rules file."
    return Problem(reason=reason, where=path.name, detail=detail, remedy=remedy)
