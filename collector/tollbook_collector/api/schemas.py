"""JSON Schemas of the answers, in the dialect of OpenAPI 3.1 (JSON Schema 2020-12).

Every object is closed and lists all its fields: an answer that gains or loses a field fails a test until this module
says so.
"""

from typing import Any

from tollbook.answer import DIMENSIONS
from tollbook.sighting import SCOPE_FIELDS
from tollbook.ticket_months import STATES
from tollbook.usage import FIELDS
from tollbook.vocabulary import Billing, Channel, Provider, Purpose, Quality, Source, Tool
from tollbook.work import WORK_FIELDS
from tollbook_collector.bills.vendor_rows import PARTS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
MONEY: Schema = {"type": "integer", "description": "nano-dollars: 1 USD is 1000000000"}
USD: Schema = {"type": "string", "pattern": r"^-?\d+\.\d{9}$", "description": "the same amount in dollars, exactly"}
DATE: Schema = {"type": ["string", "null"], "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time", "description": "UTC"}
FLAG: Schema = {"type": "boolean"}


def closed(**fields: Schema) -> Schema:
    """An object that has exactly these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def table_of(values: Schema) -> Schema:
    """An object with any keys and values of one kind."""
    return {"type": "object", "additionalProperties": values}


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    """A reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def one_of(values: Any) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values]}


_SUM: dict[str, Schema] = {"calls": COUNT, "usage": ref("Usage"), "list_nano_usd": MONEY, "list_usd": USD}
_RANKED = list_of(closed(key=MAYBE_TEXT, **_SUM))
_FLAGS = list_of(closed(flag=TEXT, calls=COUNT)) | {"description": "what the answer is known to lack, or doubts"}
_PART = closed(calls=COUNT, tokens=COUNT, list_nano_usd=MONEY, owed_nano_usd=MONEY)
_VENDOR = closed(
    channel=TEXT,
    source=TEXT | {"description": "the report, as `bills` names it"},
    documents=list_of(COUNT) | {"description": "numbers of the documents"},
    period=TEXT | {"description": "a day where days are asked for, else a month"},
    engineer=MAYBE_TEXT | {"description": "null: engineers are not asked for, or the report names nobody"},
    model=MAYBE_TEXT,
    calls=COUNT,
    tokens=COUNT,
    seen_tokens=COUNT | {"description": "of these tokens, those that the table has"},
    list_nano_usd=MONEY | {"description": "what the vendor values it at; in no total"},
    list_usd=USD,
    owed_nano_usd=MONEY | {"description": "what of it the vendor says is owed"},
    parts=closed(**dict.fromkeys(PARTS, _PART)),
)
_LINE = closed(
    model=TEXT,
    kind=one_of(name for name in FIELDS if name != "reasoning"),
    quantity=COUNT,
    list_nano_usd={"type": ["integer", "null"], "description": "null: the price book has no price for it"},
    price_row=MAYBE_TEXT,
)

SCHEMAS: dict[str, Schema] = {
    "Usage": closed(**dict.fromkeys(FIELDS, COUNT)),
    "Spend": closed(
        **{"from": DATE, "to": DATE},
        by=list_of(one_of(DIMENSIONS)),
        rows=list_of(closed(key=list_of(MAYBE_TEXT) | {"description": "null: unallocated"}, **_SUM)),
        total=closed(**_SUM),
        flags=_FLAGS,
        vendor=list_of(_VENDOR) | {"description": "what only vendors' usage reports know; never a part of the total"},
    ),
    "Ticket": closed(
        ticket=TEXT,
        source=one_of(("laptop", "collector")),
        status=one_of(STATES),
        **_SUM,
        billed_nano_usd={"type": ["integer", "null"]},
        billed_usd=MAYBE_TEXT,
        effective_nano_usd={"type": ["integer", "null"]},
        months=list_of(
            closed(
                month=TEXT,
                status=one_of(STATES),
                calls=COUNT,
                list_nano_usd=MONEY,
                billed_nano_usd={"type": ["integer", "null"], "description": "null: no bill was reconciled"},
            )
        ),
        by=closed(**dict.fromkeys(("engineer", "model", "tool", "repo", "branch", "day"), _RANKED)),
        evidence=table_of(COUNT) | {"description": "calls by how their ticket is known"},
        unpriced_calls=COUNT,
        price_book=TEXT,
        flags=_FLAGS,
    ),
    "WorkCost": closed(
        ticket=MAYBE_TEXT,
        repo=MAYBE_TEXT,
        branch=MAYBE_TEXT,
        status=one_of(STATES) | {"description": "of the least advanced month"},
        **_SUM,
        billed_nano_usd={"type": ["integer", "null"], "description": "null: no bill has come"},
        billed_usd=maybe(USD),
        reconciled_list_nano_usd=MONEY | {"description": "list value of the part that a bill has come for"},
        coverage=maybe({"type": "string"}) | {"description": "seen part of all billed use of the same channels"},
        models=list_of(closed(model=MAYBE_TEXT, **_SUM)),
        months=list_of(
            closed(
                month=TEXT,
                status=one_of(STATES),
                calls=COUNT,
                list_nano_usd=MONEY,
                billed_nano_usd={"type": ["integer", "null"]},
            )
        ),
        unpriced_calls={"type": ["integer", "null"], "description": "null: not known of a branch"},
        price_book=TEXT,
        flags=_FLAGS,
    ),
    "Call": closed(
        call_id={"type": "string", "pattern": "^[0-9a-f]{32}$"},
        ids=table_of({"oneOf": [TEXT, list_of(TEXT)]}),
        tool=one_of(Tool),
        channel=one_of(Channel),
        provider=one_of(Provider),
        model=MAYBE_TEXT,
        started_at=MOMENT,
        ended_at=MOMENT,
        usage=maybe(ref("Usage")),
        extra=table_of(ref("Usage")) | {"description": "usage of other models inside the response"},
        quality=one_of(quality.name.lower() for quality in Quality),
        status=MAYBE_TEXT,
        billing=one_of(Billing),
        scope=closed(**dict.fromkeys(SCOPE_FIELDS, MAYBE_TEXT)),
        service_tier=MAYBE_TEXT,
        speed=MAYBE_TEXT,
        inference_geo=MAYBE_TEXT,
        purpose=one_of(Purpose),
        session_id=MAYBE_TEXT,
        turn_id=MAYBE_TEXT,
        agent_id=MAYBE_TEXT,
        engineer=MAYBE_TEXT,
        device=MAYBE_TEXT,
        repo=MAYBE_TEXT,
        branch=MAYBE_TEXT,
        commit=MAYBE_TEXT,
        tickets=list_of(TEXT),
        evidence={"type": "object", "properties": dict.fromkeys(WORK_FIELDS, TEXT), "additionalProperties": False},
        sources=list_of(one_of(Source)),
        list_nano_usd=MONEY,
        list_usd=USD,
        unpriced=FLAG,
        price_book=TEXT,
        lines=list_of(_LINE),
        flags=list_of(TEXT),
    ),
    "Calls": closed(calls=list_of(ref("Call")), next=MAYBE_TEXT | {"description": "the cursor of the next page"}),
    "Status": closed(
        version=TEXT,
        record=closed(
            calls=COUNT,
            claims=COUNT,
            aliases=COUNT,
            orphans=COUNT | {"description": "claims that open no call: all their ids are void"},
            discarded=table_of(COUNT) | {"description": "spans that could never be accepted, by reason"},
            last_booked_at=maybe(MOMENT),
            schema=COUNT,
            price_book=TEXT,
        ),
        receivers=maybe(
            table_of(
                closed(
                    requests=COUNT,
                    spans=COUNT,
                    discarded=table_of(COUNT),
                    refused=table_of(COUNT),
                    ignored=table_of(COUNT),
                )
            )
        ),
    ),
    "Devices": closed(
        devices=list_of(
            closed(
                device=TEXT,
                engineer=MAYBE_TEXT,
                version=MAYBE_TEXT,
                last_beat_at=maybe(MOMENT),
                silent_seconds=COUNT,
                made=COUNT | {"description": "claims in the agent's store"},
                sent=COUNT | {"description": "of those, acknowledged"},
                waiting=COUNT,
                held=COUNT | {"description": "claims of the device that are here"},
                missing=COUNT | {"description": "acknowledged, and not here: a restored backup, another collector"},
                dropped=table_of(COUNT),
                incomplete=list_of(one_of(("missing", "dropped", "waiting", "silent"))),
            )
        )
    ),
    "ProjectKeys": closed(
        project_keys=maybe(list_of(TEXT)) | {"description": "null: there is no list, every key but a deny-list counts"},
        source=MAYBE_TEXT | {"description": "settings, outcomes, or null"},
    ),
    "Audit": closed(
        entries=list_of(
            closed(sequence=COUNT, at=MOMENT, actor=TEXT, action=TEXT, object=TEXT, detail=TEXT, chain=TEXT)
        ),
        next={"type": ["integer", "null"], "description": "`after` of the next page"},
        faults=list_of(TEXT) | {"description": "what was changed or taken out since it was written"},
    ),
    "Enrolled": closed(
        credential=TEXT | {"description": "its public id"},
        token=TEXT | {"description": "shown this once"},
        state=one_of(("active", "pending")),
        device=TEXT,
        engineer=MAYBE_TEXT,
        tenant=TEXT,
        expires_at=MOMENT,
        ports=table_of(COUNT),
    ),
    "Health": closed(status=TEXT),
    "Error": closed(error=closed(code=TEXT, message=TEXT, remedy=TEXT)),
}
