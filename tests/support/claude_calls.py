"""Reading transcripts in tests: joined to claims, as a store would hold them."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tollbook.claim import Claim, ClaimKey, claim_of, merge
from tollbook.problem import Problem
from tollbook.usage import Usage
from tollbook_agent.capture.logs.claude_code import EMPTY, ClaudeState, read
from tollbook_agent.capture.observation import Observation, Place

MTIME = 1_795_219_200 * 10**9
"""When the files of all recordings were last written: 2026-11-21T00:00:00Z."""
OBSERVER = "laptop"


class Result(NamedTuple):
    """What one file holds."""

    observations: list[Observation]
    problems: list[Problem]
    state: ClaudeState


def read_pieces(pieces: Iterable[bytes], name: str = "session.jsonl") -> Result:
    """Read a file piece by piece, with the state written to JSON between them."""
    observations, problems, state = list[Observation](), list[Problem](), EMPTY
    for piece in pieces:
        found, wrong, state = read(piece, state, name=name, fallback_time=MTIME)
        observations += found
        problems += wrong
        state = ClaudeState.from_json(json.loads(json.dumps(state.to_json())))
    return Result(observations, problems, state)


def read_file(file: Path) -> Result:
    return read_pieces([file.read_bytes()], file.name)


def claims_of(observations: Iterable[Observation]) -> dict[ClaimKey, Claim]:
    """The claims the sightings join to."""
    claims = [claim_of(each.sighting, OBSERVER) for each in observations]
    return merge(claim for claim in claims if claim is not None)


def usage_of(claim: Claim) -> Usage | None:
    return None if claim.totals is None else claim.totals.usage()


def place_of(observations: Sequence[Observation], key: ClaimKey) -> Place:
    """Where the first line of a call stood."""
    lines = [each for each in observations if each.sighting.ids and min_key(each) == key]
    return min(lines, key=lambda each: each.sighting.started_at).place


def min_key(observation: Observation) -> ClaimKey:
    claim = claim_of(observation.sighting, OBSERVER)
    assert claim is not None
    return claim.key


def counts_of(problems: Iterable[Problem]) -> Counter[str]:
    """Problems by reason, each as often as its detail says."""
    counts: Counter[str] = Counter()
    for problem in problems:
        counts[problem.reason] += int(problem.detail.rpartition("x")[2])
    return counts


def nanoseconds(text: str) -> int:
    """An independent reading of a recording's times."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0") or "0")


def full(usage: dict[str, Any] | None) -> Usage | None:
    return None if usage is None else Usage(**usage)
