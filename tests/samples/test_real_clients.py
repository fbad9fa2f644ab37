"""What real clients were billed for, against what `tollbook` says after reading their logs: call by call, side by side.

`pytest -s` prints how many of them are right.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.samples.client_cases import Truth, has_log, lay_out, truth_of
from tests.samples.sample_laptop import Laptop, environment
from tests.support.samples import needs_samples

CLIENTS = {"claude-2.1.330": "claude-code", "codex-0.169.0": "codex"}
"""Client -> our name of the tool."""
KINDS = {
    "input": "input",
    "cache_read": "cache_read",
    "cache_write_5m": "cache_write_5m",
    "cache_write_1h": "cache_write_1h",
    "cache_write": "cache_write",
    "output": "output",
    "reasoning": "reasoning",
    "web_searches": "web_search_requests",
}
"""Our name of a count -> the bill's; all other counts must be 0."""
UNKNOWABLE = frozenset({"output", "reasoning"})
"""What no log can hold of an answer that never came whole."""


@dataclass(slots=True)
class Score:
    """How a client's calls fared."""

    right: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    """Case, id, field, ours, theirs."""
    unknowable: list[str] = field(default_factory=list[str])
    """Counts of broken streams that are below the bill's, and said to be."""
    missing: list[Truth] = field(default_factory=list[Truth])
    """Billed, and not in the log of their session."""
    no_log: Counter[str] = field(default_factory=Counter[str])
    """Billed calls of sessions whose log is not among the samples, by case."""
    calls: int = 0

    def compare(self, row: Truth, name: str, mine: object, theirs: object) -> None:
        if mine == theirs:
            self.right[name] += 1
        else:
            self.wrong.append(f"{row.case} {row.id} {name}: ours {mine!r}, theirs {theirs!r}")

    def lines(self, client: str) -> Iterator[str]:
        """The score for people."""
        yield f"{client}: {self.calls} calls in logs, {sum(self.right.values())} fields right, {len(self.wrong)} wrong"
        yield "  right: " + ", ".join(f"{name} {count}" for name, count in self.right.items())
        yield from (f"  WRONG {each}" for each in self.wrong)
        yield from (f"  cannot be known: {each}" for each in self.unknowable)
        yield from (
            f"  in no log: {row.case} {row.id} ({row.row['scenario']}, {row.row['outcome']})" for row in self.missing
        )
        yield from (f"  no log kept of {case}: {count} billed calls" for case, count in self.no_log.items())


def usage_of(score: Score, row: Truth, call: dict[str, Any]) -> None:
    """The call's own model, count by count, and the other models that answered in it."""
    billed = {line["model"]: line["tokens"] for line in row.row["lines"]}
    own = billed.pop(row.row["model"])
    assert own == row.row["tokens"]
    for kind, mine in call["usage"].items():
        theirs = own[KINDS[kind]] if kind in KINDS else 0
        if kind == "reasoning" and row.row["client"] == "claude":
            # Anthropic's bill does not tell it: the log alone has it.
            score.compare(row, "reasoning within output", 0 <= mine <= call["usage"]["output"], True)
        elif row.broken and kind in UNKNOWABLE and mine < theirs and call["quality"] != "final":
            score.unknowable.append(f"{row.case} {row.id} {kind}: at least {mine}, billed {theirs}")
        else:
            score.compare(row, kind, mine, theirs)
    score.compare(row, "other models", sorted(call["extra"]), sorted(billed))
    for model, tokens in billed.items():
        mine = {KINDS[kind]: count for kind, count in call["extra"].get(model, {}).items() if kind in KINDS}
        theirs = {name: tokens[name] for name in KINDS.values()}
        score.compare(row, "counts of other models", mine, theirs)


def place_of(score: Score, row: Truth, call: dict[str, Any]) -> None:
    """What the call was made for."""
    expect = row.row["expect"]
    score.compare(row, "repo", call["repo"], expect["repo"])
    score.compare(row, "branch", call["branch"], expect["branch"])
    score.compare(row, "tickets", call["tickets"], [expect["ticket"]] if expect["ticket"] else [])
    score.compare(row, "session", call["session_id"], row.row["session_id"])
    score.compare(row, "model", call["model"], row.row["model"])


def score_case(score: Score, laptop: Laptop, rows: list[Truth]) -> None:
    """Every billed call of a case that is in its log, and every call of ours."""
    laptop.run("scan")
    ours = {call["ids"]["response"]: call for call in laptop.calls()}
    billed = {row.id: row for row in rows if row.billed}
    for stranger in ours.keys() - billed.keys():
        score.wrong.append(f"{rows[0].case} {stranger}: is in no bill")
    for value, row in billed.items():
        if value is None or value not in ours:
            score.missing.append(row)
            continue
        score.calls += 1
        usage_of(score, row, ours[value])
        place_of(score, row, ours[value])
    assert laptop.json("status")["discarded"] == []


@pytest.fixture(scope="module", params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def score(client: str, tmp_path_factory: pytest.TempPathFactory) -> Score:
    """All cases of a client, each on a laptop of its own."""
    found, rows = Score(), truth_of(client)
    for case in sorted({row.case for row in rows}):
        logged = [row for row in rows if row.case == case and has_log(client, row)]
        if logged:
            score_case(found, lay_out(tmp_path_factory.mktemp(case), client, case, logged), logged)
    found.no_log.update(row.case for row in rows if row.billed and not has_log(client, row))
    return found


@needs_samples
def test_every_logged_call_is_what_was_billed(client: str, score: Score) -> None:
    print("", *score.lines(client), sep="\n")
    assert score.wrong == []
    billed = sum(row.billed for row in truth_of(client))
    assert score.calls + len(score.missing) + score.no_log.total() == billed
    assert score.calls > billed // 2


@needs_samples
def test_what_is_in_no_log_is_named_by_status(client: str, score: Score, tmp_path: Path) -> None:
    status = Laptop(environment=environment(tmp_path)).json("status")
    spots = " ".join(status["blind_spots"][CLIENTS[client]])
    assert score.missing
    for row in score.missing:
        assert ("broke off" if row.broken else row.row["scenario"]) in spots
