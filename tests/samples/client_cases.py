"""What real clients wrote and what their providers billed for it, laid out on a laptop case by case.

The folders that the clients worked in are made anew: small repositories whose reflogs put a checkout between two calls
wherever the branch of the truth changes between them.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.samples.sample_laptop import Laptop, environment, samples
from tests.support.repos import make_repo

WORK = b"/home/dev/work"
"""Where the clients worked."""
CLONED_BEFORE_SECONDS = 86_400.0
NO_REPO = "plain"
"""The folder of the cases outside of any repository."""
BROKEN = frozenset({"aborted_by_server", "client_disconnected", "sse_error"})
"""How calls ended whose answer never came whole."""


@dataclass(frozen=True)
class Truth:
    """One call as the provider saw it."""

    row: dict[str, Any]

    @property
    def id(self) -> str | None:
        """The response's id; `None` where there was no response."""
        found: str | None = self.row["message_id"]
        return found

    @property
    def case(self) -> str:
        return str(self.row["case"])

    @property
    def billed(self) -> bool:
        return bool(self.row["billed"])

    @property
    def broken(self) -> bool:
        return self.row["outcome"] in BROKEN

    @cached_property
    def begins(self) -> float:
        """Seconds since the epoch."""
        return datetime.fromisoformat(self.row["t_start"]).timestamp()

    @cached_property
    def ends(self) -> float:
        """Seconds since the epoch."""
        return datetime.fromisoformat(self.row["t_end"]).timestamp()

    @property
    def repo(self) -> str | None:
        found: str | None = self.row["expect"]["repo"]
        return found

    @property
    def branch(self) -> str | None:
        found: str | None = self.row["expect"]["branch"]
        return found


def truth_of(client: str) -> list[Truth]:
    """All calls of a client, in order of time."""
    lines = samples("clients", client, "truth.jsonl").read_bytes().splitlines()
    return sorted((Truth(json.loads(line)) for line in lines), key=lambda each: each.begins)


def has_log(client: str, row: Truth) -> bool:
    """Whether the log of a call's session was kept."""
    return any(samples("clients", client, "logs", row.case).glob(f"*{row.row['session_id']}.jsonl"))


def lay_out(folder: Path, client: str, case: str, rows: Iterable[Truth]) -> Laptop:
    """A laptop with the logs of one case, and the repository that `rows` were made in."""
    work = folder / "work"
    work.mkdir(parents=True)
    tool = client.partition("-")[0]
    inside = json.dumps(str(work))[1:-1].encode()
    for source in sorted(samples("clients", client, "logs", case).iterdir()):
        if ".stdout." not in source.name:
            data = source.read_bytes().replace(WORK, inside)
            target = folder / tool / (_claude_place(source, work, data) if tool == "claude" else _codex_place(source))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    _work_in(work, list(rows))
    return Laptop(environment=environment(folder, **{tool: folder / tool}))


def _claude_place(source: Path, work: Path, data: bytes) -> Path:
    """Where Claude Code keeps a transcript; those of subagents are in a folder of their session."""
    project = Path("projects", re.sub("[^A-Za-z0-9]", "-", str(work)))
    if not source.name.startswith("agent-"):
        return project / source.name
    if source.suffix == ".json":
        data = source.with_name(source.name.replace(".meta.json", ".jsonl")).read_bytes()
    session = json.loads(data.partition(b"\n")[0])["sessionId"]
    return project / session / "subagents" / source.name


def _codex_place(source: Path) -> Path:
    """Where Codex keeps a rollout: in a folder of its day."""
    day = source.name.removeprefix("rollout-").partition("T")[0]
    return Path("sessions", *day.split("-"), source.name)


def _work_in(work: Path, rows: list[Truth]) -> None:
    """The folder of a case as it was left."""
    (work / NO_REPO).mkdir()
    repos = {row.repo for row in rows}
    assert len(repos) == 1, "a case works in one place"
    (repo,) = repos
    if repo is not None:
        make_repo(work / repo.rpartition("/")[2], f"git@github.com:{repo}.git", checkouts(rows))


def checkouts(rows: list[Truth]) -> list[tuple[float, str]]:
    """(seconds since the epoch, branch): the clone, and a checkout half-way between two calls of different branches."""
    found = [(rows[0].begins - CLONED_BEFORE_SECONDS, str(rows[0].branch))]
    for before, row in pairwise(rows):
        if row.branch != before.branch:
            found.append(((before.ends + row.begins) / 2, str(row.branch)))
    return found
