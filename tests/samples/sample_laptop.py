"""A laptop in a folder whose logs are samples, and `tollbook` on it: the real commands, run in this process."""

import contextlib
import io
import json
import os
import sqlite3
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.support.samples import samples_dir
from tollbook_agent.cli.main import main

COUNTS = ("input", "cache_read", "cache_write", "output")
"""Token classes as others publish them: cache writes without their lifetimes."""
NOWHERE = "nowhere"
"""A folder of the laptop that is not there."""

type Counts = dict[str, int]


def samples(*parts: str) -> Path:
    """A place in the samples; below a folder that is not there, where this machine has none."""
    return (samples_dir() or Path("samples")).joinpath(*parts)


def environment(folder: Path, *, claude: Path | None = None, codex: Path | None = None) -> dict[str, str]:
    """A laptop that lives in a folder and whose tools keep their logs in these places."""
    (folder / "home").mkdir(exist_ok=True)
    nowhere = folder / NOWHERE
    return {
        "HOME": str(folder / "home"),
        "TOLLBOOK_HOME": str(folder / "tollbook"),
        "CLAUDE_CONFIG_DIR": str(claude or nowhere),
        "CODEX_HOME": str(codex or nowhere),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Laptop:
    """Runs commands with an environment of its own."""

    environment: Mapping[str, str]

    def run(self, *arguments: str) -> str:
        """What `tollbook` prints; it must end well."""
        printed = io.StringIO()
        with mock.patch.dict(os.environ, self.environment), contextlib.redirect_stdout(printed), _connections_closed():
            code = main(list(arguments))
        if code:
            pytest.fail(f"tollbook {' '.join(arguments)} ended with {code}")
        return printed.getvalue()

    def json(self, *arguments: str) -> Any:
        """The one document a command prints with --json."""
        return json.loads(self.run(*arguments, "--json"))

    def calls(self) -> list[dict[str, Any]]:
        """`tollbook calls --json`."""
        return [json.loads(line) for line in self.run("calls", "--json").splitlines()]

    def spend(self, *by: str) -> dict[tuple[str | None, ...], Counts]:
        """`tollbook spend`: key -> counts, `calls` among them."""
        answer = self.json("spend", "--by", ",".join(by))
        rows = {tuple(row["key"]): counts(row) for row in answer["rows"]}
        total = counts(answer["total"])
        assert total == {name: sum(row[name] for row in rows.values()) for name in total}
        return rows

    def total(self) -> Counts:
        """The last line of `tollbook spend`."""
        return counts(self.json("spend")["total"])


@contextlib.contextmanager
def _connections_closed() -> Generator[None]:
    """Close what a command leaves to the end of its process."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remember(*arguments: Any, **named: Any) -> sqlite3.Connection:
        opened.append(connect(*arguments, **named))
        return opened[-1]

    try:
        with mock.patch("sqlite3.connect", remember):
            yield
    finally:
        for connection in opened:
            connection.close()


def counts(row: Mapping[str, Any]) -> Counts:
    """A row of spend in classes that others publish too."""
    usage = row["usage"]
    written = sum(count for kind, count in usage.items() if kind.startswith("cache_write"))
    own = {name: usage[name] for name in ("input", "cache_read", "output", "reasoning", "cache_write_1h")}
    return {"calls": row["calls"], "cache_write": written, **own}
