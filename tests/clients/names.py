"""The names a client uses on the wire and in its logs, never values: what changes between versions shows in them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.provider.message import as_list, as_object, parsed

FOLDER = Path(__file__).parent / "names"
"""One file a client, of the pinned version."""
VARIABLE = re.compile(
    r"sdk-\w+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+\.\d+\.\d+|claude-[a-z]+-[\w.@-]+|(?<=/)[\w.%:-]*anthropic[\w.%:-]+"
)
"""Parts of paths that differ from run to run: ids, keys, versions, models."""
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,60}")
"""A field's name; other keys are data, such as folders and models."""
DEPTH = 4
CONTENT = frozenset(
    {"content", "input", "output", "toolUseResult", "arguments", "replacement_history", "tools", "base_instructions",
     "snapshot", "attachment", "text", "message_text", "world_state"}
)  # fmt: skip
"""Fields of logs whose inside is the conversation or the tools' own."""
KEYED = frozenset({"modelUsage", "workspaces", "metadata", "state", "trackedFileBackups", "models", "byModel"})
"""Fields whose keys are data."""


def wire_names(seen: Path) -> set[str]:
    """From the file that the mock provider keeps."""
    found: set[str] = set()
    for line in seen.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        place = f"{row['kind']} {row['method']} {row['host']} {VARIABLE.sub('*', row['path'])}"
        found.add(place)
        found |= {f"{place} header {name}" for name in row["headers"]}
        found |= {f"{place} field {name}" for name in row["fields"] if PLAIN.fullmatch(name)}
    return found


def log_names(folder: Path) -> set[str]:
    """From every JSONL file below a folder: the type of each line, and the fields of such lines."""
    found: set[str] = set()
    for file in folder.rglob("*.jsonl"):
        for line in file.read_bytes().splitlines():
            row = parsed(line)
            inner = as_object(row.get("payload")).get("type")
            kind = f"log {row.get('type')}" + (f"/{inner}" if isinstance(inner, str) else "")
            found |= {f"{kind} field {name}" for name in _fields(row, DEPTH)}
    return found


def _fields(value: Any, depth: int) -> Iterator[str]:
    for name, inner in as_object(value).items():
        if not PLAIN.fullmatch(name):
            continue
        yield name
        if depth > 1 and name not in CONTENT | KEYED:
            for nested in (inner, *as_list(inner)):
                yield from (f"{name}.{further}" for further in _fields(nested, depth - 1))


def known_names(tool: str) -> set[str]:
    """Those of the pinned version."""
    return set((FOLDER / f"{tool}.txt").read_text(encoding="utf-8").splitlines())


def write_names(tool: str, names: set[str]) -> None:
    """Make these the known ones."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{tool}.txt").write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
