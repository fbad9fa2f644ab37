"""The imports of outcomes on disk: a folder of JSON files in the collector's home, each written once.

An import of the same content for the same day is there already and writes nothing. When there are many files, they are
put together into one; nothing of them is left out, and their order stays.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tollbook.problem import Problem
from tollbook_collector.outcomes.hierarchy import Import, Outcomes
from tollbook_collector.outcomes.records import Issue, Pull, issue_json, pull_json

FOLDER = "outcomes"
FORMAT = 1
MOST_FILES = 10_000
"""Files of a shelf. There are never as many, unless somebody puts them there."""
COMPACT_AT = 500
"""Files from which on all are put together."""
ATTEMPTS = 3
"""To read a shelf whose files are being put together meanwhile."""
_NUMBER = 6
"""Digits of the number that says in which order files were written."""
_TOGETHER = "-together"
"""Ends the name of a file that holds many imports."""


def keep(home: Path, day: int, issues: Sequence[Issue], pulls: Sequence[Pull], projects: Sequence[str] = ()) -> bool:
    """Keep an import; whether it was new. Whole or not at all."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "day": day,
        "issues": [issue_json(each) for each in sorted(issues, key=lambda each: each.id)],
        "pulls": [pull_json(each) for each in sorted(pulls, key=lambda each: (each.repo, each.number))],
    }
    if projects:
        document["projects"] = sorted(projects)
    content = json.dumps(document, sort_keys=True, ensure_ascii=False)
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(content.encode()).hexdigest()[:16]
    if name in _names(folder):
        return False
    paths = sorted(folder.glob("*.json"))
    _write(folder / f"{_next_number(paths):0{_NUMBER}d}-{name}.json", content)
    if len(paths) + 1 >= COMPACT_AT:
        _compact(folder)
    return True


def _next_number(paths: Sequence[Path]) -> int:
    return max((int(path.name[:_NUMBER]) for path in paths if path.name[:_NUMBER].isdigit()), default=-1) + 1


def _write(path: Path, content: str) -> None:
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _names(folder: Path) -> set[str]:
    """The names of all contents that are on the shelf."""
    found: set[str] = set()
    for path in folder.glob("*.json"):
        if path.stem.endswith(_TOGETHER):
            found.update(one["name"] for one in json.loads(path.read_text(encoding="utf-8"))["imports"])
        else:
            found.add(path.stem[_NUMBER + 1 :])
    return found


def _compact(folder: Path) -> None:
    """Put all files into one, then take them away. Killed in between, both are there, and each import counts once.

    A shelf that holds a file which cannot be read is left as it is: reading it says so.
    """
    paths = sorted(folder.glob("*.json"))
    try:
        imports = [one for path in paths for one in _documents(path)]
    except (OSError, ValueError, KeyError, TypeError):
        return
    last = _next_number(paths) - 1
    content = json.dumps({"format": FORMAT, "imports": imports}, sort_keys=True, ensure_ascii=False)
    whole = folder / f"{last:0{_NUMBER}d}-{hashlib.sha256(content.encode()).hexdigest()[:16]}{_TOGETHER}.json"
    _write(whole, content)
    for path in paths:
        if path != whole:
            path.unlink(missing_ok=True)


def _documents(path: Path) -> list[dict[str, Any]]:
    """The imports of a file, each with the name of its content."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if document["format"] != FORMAT:
        raise ValueError("format")
    return document["imports"] if "imports" in document else [{"name": path.stem[_NUMBER + 1 :], "import": document}]


def read_shelf(home: Path) -> tuple[Outcomes, tuple[Problem, ...]]:
    """All imports of a home; one that cannot be read is a Problem, and so are more files than a shelf holds."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _read_all(home)
        except FileNotFoundError:
            continue  # they were put together
    return _read_all(home)


def _read_all(home: Path) -> tuple[Outcomes, tuple[Problem, ...]]:
    """As `read_shelf`.

    Raises:
        FileNotFoundError: a file went while they were read.
    """
    paths = sorted((home / FOLDER).glob("*.json"))
    if len(paths) > MOST_FILES:
        detail = f"there are {len(paths)} files, and a shelf holds {MOST_FILES}: none was read"
        remedy = "Move those away that no import wrote; an import puts the others together."
        return Outcomes(), (Problem(reason="outcomes_many", where=FOLDER, detail=detail, remedy=remedy),)
    imports: dict[str, Import] = {}
    problems: list[Problem] = []
    for path in sorted(paths, key=lambda each: (not each.stem.endswith(_TOGETHER), each.name)):
        try:
            for one in _documents(path):
                if one["name"] not in imports:
                    imports[one["name"]] = _read(one["import"])
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError, TypeError) as error:
            remedy = "Import the export again; the file may then be deleted."
            problem = Problem(
                reason="outcomes_damaged", where=path.name, detail=type(error).__name__, remedy=remedy
            )  # fmt: skip
            problems.append(problem)
    return Outcomes.of(imports.values()), tuple(problems)


def _read(document: Any) -> Import:
    return Import(
        day=int(document["day"]),
        issues=tuple(Issue(**each) for each in document["issues"]),
        pulls=tuple(_pull(each) for each in document["pulls"]),
        projects=tuple(str(each) for each in document.get("projects", ())),
    )


def _pull(document: Any) -> Pull:
    words = tuple(tuple(each) for each in document.pop("words"))
    return Pull(words=words, **document)
