"""Lines of an invented rollout, as Codex writes them."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

THREAD = "01995001-0000-7000-8000-000000000001"
_BEGIN = datetime(2026, 9, 14, 9, tzinfo=UTC)

type Counts = tuple[int, int, int, int, int]
"""input, cached, cache_write, output, reasoning: inclusive, as Codex writes them."""


def line(seconds: float, kind: str, payload: object, *, ordinal: int | None = None) -> bytes:
    """One line, written some seconds after nine o'clock."""
    written = (_BEGIN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    numbered = {} if ordinal is None else {"ordinal": ordinal}
    row = {"timestamp": written, **numbered, "type": kind, "payload": payload}
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def usage(counts: Counts) -> dict[str, int]:
    names = (
        "input_tokens",
        "cached_input_tokens",
        "cache_write_input_tokens",
        "output_tokens",
        "reasoning_output_tokens",
    )
    return {**dict(zip(names, counts, strict=True)), "total_tokens": counts[0] + counts[3]}


def meta(thread: str = THREAD, *, seconds: float = 0, **more: object) -> bytes:
    payload = {"id": thread, "timestamp": "2026-09-14T09:00:00.000Z", "cwd": "/home/ada/shop", **more}
    return line(seconds, "session_meta", {"model_provider": "openai", **payload})


def count(total: Counts, last: Counts | None = None, *, seconds: float = 1) -> bytes:
    info = {"total_token_usage": usage(total)} | ({"last_token_usage": usage(last)} if last else {})
    return line(seconds, "event_msg", {"type": "token_count", "info": info, "rate_limits": None})


def record(response: str, spent: Counts, total: Counts, *, thread: str = THREAD, seconds: float = 1) -> bytes:
    payload = {"thread_id": thread, "turn_id": "turn-1", "response_id": response, "usage": usage(spent)}
    return line(seconds, "token_usage_record", {**payload, "thread_token_usage": usage(total)})


def plus(left: Counts, right: Counts) -> Counts:
    return (left[0] + right[0], left[1] + right[1], left[2] + right[2], left[3] + right[3], left[4] + right[4])


def running(spent: Iterable[Counts], begin: Counts = (0, 0, 0, 0, 0)) -> list[Counts]:
    """The running totals of some responses."""
    totals: list[Counts] = []
    for one in spent:
        begin = plus(begin, one)
        totals.append(begin)
    return totals


def lines_of(spent: Sequence[Counts], begin: Counts = (0, 0, 0, 0, 0)) -> list[bytes]:
    """A `token_count` for each response."""
    totals = running(spent, begin)
    return [count(total, one, seconds=place + 1) for place, (total, one) in enumerate(zip(totals, spent, strict=True))]
