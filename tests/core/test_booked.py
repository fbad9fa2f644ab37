"""The booked row and the document of a call: nothing is lost between the conclusion and what is stored and shown."""

import json
from typing import Any

from hypothesis import given

from tests.support.charges import UNPRICED_MODEL, charge_of
from tests.support.claims import claims
from tests.support.domain import DAY, NOON, SECOND, claim, derived, made_for, request, response
from tests.support.law import law
from tollbook.booked import COLUMNS, Booked, book_row, other_models
from tollbook.booking import day_of
from tollbook.call import Call
from tollbook.claim import Claim, merge
from tollbook.conclude import conclude
from tollbook.document import document
from tollbook.group import group
from tollbook.sighting import Scope
from tollbook.ticket import NO_LIST
from tollbook.usage import FIELDS, Usage
from tollbook.vocabulary import Billing, Channel, Evidence, Provider, Purpose, Source

MSG = response("msg_1")


def calls_of(*members: Claim) -> list[Call]:
    return [conclude(each, NO_LIST) for each in group(merge(members).values()).groups]


def row_of(*members: Claim) -> Booked:
    (call,) = calls_of(*members)
    return book_row(call, charge_of(call))


def document_of(*members: Claim) -> dict[str, Any]:
    (call,) = calls_of(*members)
    return document(call, charge_of(call))


@law
@given(claims())
def test_a_row_holds_all_money_and_all_tokens_of_its_call(arriving: list[Claim]) -> None:
    for call in calls_of(*arriving):
        charge = charge_of(call)
        row = book_row(call, charge)
        parts = other_models(row)
        assert row.list_nano_usd + sum(money for _, _, money in parts) == charge.list_nano_usd
        assert {model: usage for model, usage, _ in parts} == call.extra
        counts = tuple(getattr(row, name) for name in FIELDS)
        assert counts == ((None,) * 10 if call.usage is None else call.usage.parts())
        assert bool(row.unpriced) == charge.unpriced
        assert row.day == day_of(row.started_at)


@law
@given(claims())
def test_a_document_is_json_and_agrees_with_the_row(arriving: list[Claim]) -> None:
    for call in calls_of(*arriving):
        charge = charge_of(call)
        shown = json.loads(json.dumps(document(call, charge)))
        row = book_row(call, charge)
        assert shown["call_id"] == row.call_id.hex()
        assert shown["list_nano_usd"] == sum(line["list_nano_usd"] or 0 for line in shown["lines"])
        assert shown["tickets"] == (row.tickets or "").split()
        assert shown["flags"] == row.flags.split()
        assert "+".join(shown["sources"]) == row.sources
        assert (shown["engineer"], shown["repo"], shown["branch"]) == (row.engineer, row.repo, row.branch)


def test_columns_are_the_fields_and_the_counts_are_in_their_order() -> None:
    assert Booked._fields == COLUMNS
    first = COLUMNS.index("input")
    assert COLUMNS[first : first + len(FIELDS)] == FIELDS
    assert len(row_of(claim(Source.LOG, MSG))) == len(COLUMNS)


def test_the_model_is_the_answering_then_the_requested_then_unknown() -> None:
    assert row_of(claim(Source.LOG, MSG, model="opus-5-5", model_requested="opus")).model == "opus-5-5"
    assert row_of(claim(Source.LOG, MSG, model_requested="opus")).model == "opus"
    assert row_of(claim(Source.LOG, MSG)).model == "unknown"


def test_an_unpriced_call_is_marked_and_costs_nothing() -> None:
    row = row_of(claim(Source.LOG, MSG, model=UNPRICED_MODEL, usage=Usage(output=9)))
    assert (row.unpriced, row.list_nano_usd, row.output) == (1, 0, 9)
    assert row.flags == "unpriced_model"


def test_the_document_of_a_call() -> None:
    wire = claim(
        Source.PROXY,
        MSG,
        request("req_1"),
        derived("d-1"),
        derived("d-2"),
        channel=Channel.ANTHROPIC,
        provider=Provider.ANTHROPIC,
        billing=Billing.METERED,
        scope=Scope(organization="org-1", api_key="sk-...abcd"),
        model="opus-5-5",
        service_tier="standard",
        speed="fast",
        inference_geo="us",
        session_id="s-1",
        purpose=Purpose.TURN,
        usage=Usage(output=2),
    )
    log = claim(
        Source.LOG,
        MSG,
        started_at=NOON - DAY,
        ended_at=NOON + 3 * SECOND,
        work=made_for(
            engineer=("ada@example.com", Evidence.HEAD),
            repo=("shop/api", Evidence.WORKTREE),
            branch=("PAY-1-retry", Evidence.REFLOG),
            commit=("a" * 40, Evidence.REFLOG),
        ),
    )
    shown = document_of(wire, log)
    (line,) = shown.pop("lines")
    assert line == {"model": "opus-5-5", "kind": "output", "quantity": 2, "list_nano_usd": 2_016, "price_row": None}
    assert shown.pop("ids") == {"response": "msg_1", "request": "req_1", "derived": ["d-1", "d-2"]}
    assert shown.pop("usage") == {**dict.fromkeys(FIELDS, 0), "output": 2}
    assert shown.pop("scope") == {
        **dict.fromkeys(("account", "workspace", "project", "principal", "region", "endpoint_scope", "key_class")),
        "organization": "org-1",
        "api_key": "sk-...abcd",
    }
    assert shown.pop("evidence") == {
        "engineer": "head",
        "repo": "worktree",
        "branch": "reflog",
        "commit": "reflog",
        "tickets": "branch",
    }
    assert len(shown.pop("call_id")) == 32
    assert shown == {
        "tool": "claude-code",
        "channel": "anthropic",
        "provider": "anthropic",
        "model": "opus-5-5",
        "started_at": "2026-09-20T12:00:00.000Z",
        "ended_at": "2026-09-21T12:00:03.000Z",
        "extra": {},
        "quality": "final",
        "status": None,
        "billing": "metered",
        "purpose": "turn",
        "service_tier": "standard",
        "speed": "fast",
        "inference_geo": "us",
        "session_id": "s-1",
        "turn_id": None,
        "agent_id": None,
        "engineer": "ada@example.com",
        "device": None,
        "repo": "shop/api",
        "branch": "PAY-1-retry",
        "commit": "a" * 40,
        "tickets": ["PAY-1"],
        "sources": ["proxy", "log"],
        "list_nano_usd": 2_016,
        "list_usd": "0.000002016",
        "unpriced": False,
        "price_book": "by-hand",
        "flags": [],
    }
