"""The imports of outcomes on disk: a folder of JSON files in the collector's home, each written once.

An import of the same content for the same day is there already and writes nothing.
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
    if any(path.name.endswith(f"-{name}.json") for path in folder.glob("*.json")):
        return False
    number = sum(1 for _ in folder.glob("*.json"))
    path = folder / f"{number:06d}-{name}.json"
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return True


def read_shelf(home: Path) -> tuple[Outcomes, tuple[Problem, ...]]:
    """All imports of a home; one that cannot be read is a Problem."""
    imports: list[Import] = []
    problems: list[Problem] = []
    for path in sorted((home / FOLDER).glob("*.json"))[:MOST_FILES]:
        try:
            imports.append(_read(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError) as error:
            remedy = "Import the export again; the file may then be deleted."
            problem = Problem(
                reason="outcomes_damaged", where=path.name, detail=type(error).__name__, remedy=remedy
            )  # fmt: skip
            problems.append(problem)
    return Outcomes.of(imports), tuple(problems)


def _read(document: Any) -> Import:
    if document["format"] != FORMAT:
        raise ValueError("format")
    return Import(
        day=int(document["day"]),
        issues=tuple(Issue(**each) for each in document["issues"]),
        pulls=tuple(_pull(each) for each in document["pulls"]),
        projects=tuple(str(each) for each in document.get("projects", ())),
    )


def _pull(document: Any) -> Pull:
    words = tuple(tuple(each) for each in document.pop("words"))
    return Pull(words=words, **document)
