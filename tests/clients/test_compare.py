"""The comparison finds each way in which a count can differ from a bill."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.provider.compare import compare
from tests.support.provider.counts import anthropic_usage, openai_usage, until
from tests.support.provider.ledger import Entry, Outcome
from tests.support.provider.place import Place

HERE = Place(repo="acme/shop", branch="feature/PAY-1-x", ticket="PAY-1")


def entry_of(number: int, *, channel: str = "anthropic", broken: bool = False) -> Entry:
    entry = Entry(
        channel=channel, host="h", path="/p", transport="sse", http_version="1.1", model_requested="m", model="m",
        response_id=f"msg_{number}", request_id=f"req_{number}", session_id="s",
        outcome=Outcome.BROKEN if broken else Outcome.COMPLETE,
    )  # fmt: skip
    usage = anthropic_usage(number) if channel == "anthropic" else openai_usage(number)
    entry.bill(until(usage, 40) if broken and channel == "anthropic" else None if broken else usage)
    return entry


def call_of(entry: Entry, **changed: Any) -> dict[str, Any]:
    """The call that counts an entry rightly, but for what is changed."""
    broken = entry.outcome is Outcome.BROKEN
    right = {
        "ids": {"response": entry.response_id},
        "tool": "claude-code",
        "channel": entry.channel,
        "model": entry.model,
        "session_id": entry.session_id,
        "usage": entry.usage,
        "extra": entry.extra,
        "quality": "partial" if broken else "final",
        "unpriced": entry.usage is None,
        "list_nano_usd": 0 if entry.usage is None else 5,
        "sources": ["proxy"],
        "repo": HERE.repo,
        "branch": HERE.branch,
        "tickets": [HERE.ticket],
    }
    return {**right, **changed}


def less(entry: Entry, name: str) -> dict[str, int]:
    assert entry.usage is not None
    return {**entry.usage, name: entry.usage[name] - 1}


WHOLE, BROKEN = entry_of(1), entry_of(2, broken=True)
UNKNOWN = entry_of(3, channel="openai", broken=True)
LEDGER = (WHOLE, BROKEN, UNKNOWN)


def test_nothing_to_say_when_all_is_right() -> None:
    assert compare(LEDGER, [call_of(entry) for entry in LEDGER], lambda _: HERE) == []


def test_a_lower_output_of_a_broken_stream_is_right() -> None:
    usage = {**less(BROKEN, "output"), "reasoning": 0}
    assert compare([BROKEN], [call_of(BROKEN, usage=usage)]) == []


def test_a_refused_call_may_be_shown_without_a_price() -> None:
    refused = entry_of(4)
    refused.billed, refused.usage, refused.outcome = False, None, Outcome.ERROR
    assert compare([refused], []) == []
    assert compare([refused], [call_of(refused, list_nano_usd=0)]) == []
    assert compare([refused], [call_of(refused, list_nano_usd=1)]) != []


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        (list, "missing"),
        (lambda: [call_of(WHOLE), call_of(WHOLE)], "2 times"),
        (lambda: [call_of(WHOLE), call_of(WHOLE, ids={"derived": "x"})], "never billed"),
        (lambda: [call_of(WHOLE, model="n")], "model"),
        (lambda: [call_of(WHOLE, channel="bedrock")], "channel"),
        (lambda: [call_of(WHOLE, session_id="t")], "session_id"),
        (lambda: [call_of(WHOLE, quality="partial")], "quality"),
        (lambda: [call_of(WHOLE, extra={"other": {}})], "extra"),
        (lambda: [call_of(WHOLE, branch="main")], "branch"),
        (lambda: [call_of(WHOLE, tickets=[])], "tickets"),
        (lambda: [call_of(WHOLE, repo=None)], "repo"),
    ],
)
def test_finds(calls: Callable[[], list[dict[str, Any]]], words: str) -> None:
    (fault,) = compare([WHOLE], calls(), lambda _: HERE)
    assert words in fault


@pytest.mark.parametrize("name", sorted(anthropic_usage(1).as_dict()))
def test_finds_one_token_of_any_kind(name: str) -> None:
    (fault,) = compare([WHOLE], [call_of(WHOLE, usage=less(WHOLE, name))])
    assert name in fault


def test_finds_what_a_broken_stream_may_not_be() -> None:
    for changed in ({"usage": less(BROKEN, "input")}, {"usage": None}, {"quality": "final"}):
        assert len(compare([BROKEN], [call_of(BROKEN, **changed)])) == 1
    too_much = {**(BROKEN.usage or {}), "output": 41}
    assert len(compare([BROKEN], [call_of(BROKEN, usage=too_much)])) == 1
    for changed in ({"unpriced": False}, {"usage": openai_usage(3).as_dict()}):
        assert len(compare([UNKNOWN], [call_of(UNKNOWN, **changed)])) == 1


def test_lifetimes_may_be_left_open() -> None:
    entry = entry_of(5, channel="openai")
    assert entry.usage is not None
    written = entry.usage["cache_write_30m"]
    call = call_of(entry, usage={**entry.usage, "cache_write_30m": 0, "cache_write": written})
    assert len(compare([entry], [call])) == 1
    assert compare([entry], [call], lifetimes=False) == []
