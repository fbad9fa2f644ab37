"""JSON Schemas of what finance is told. As in `schemas`, every object is closed."""

from tollbook_collector.api.schemas import COUNT, FLAG, MAYBE_TEXT, MONEY, TEXT, Schema, closed, list_of, one_of
from tollbook_collector.outcomes.unit_answer import UNITS

_WHOLE: Schema = {"type": "integer"}
_MAYBE_MONEY: Schema = {"type": ["integer", "null"], "description": "nano-dollars; null: no bill has come"}
_MAYBE_COUNT: Schema = {"type": ["integer", "null"]}
_RATIO: Schema = MAYBE_TEXT | {"description": "a decimal; null where nothing can be divided by"}
_STATE = one_of(("estimated", "provisional", "final", "closed", "superseded"))
_CELL_SUMS: dict[str, Schema] = {
    "billed_tokens": _MAYBE_COUNT,
    "seen_tokens": _MAYBE_COUNT,
    **dict.fromkeys(("billed_nano_usd", "tracked_nano_usd", "untracked_nano_usd", "bucket_nano_usd"), MONEY),
    **dict.fromkeys(("list_nano_usd", "rate_variance_nano_usd", "volume_variance_nano_usd"), MONEY),
}
_CELL: dict[str, Schema] = {
    **dict.fromkeys(("channel", "source", "day", "kind", "method"), TEXT),
    **dict.fromkeys(("scope", "model", "service_tier", "geo", "band", "token_class", "owner"), MAYBE_TEXT),
    "days": COUNT,
    **_CELL_SUMS,
    "documents": list_of(COUNT),
}
_SHARE = closed(
    account=TEXT,
    **dict.fromkeys(("engineer", "repo", "branch", "ticket", "tool", "owner"), MAYBE_TEXT),
    tokens=_WHOLE,
    list_nano_usd=MONEY,
    nano_usd=MONEY,
    rule=TEXT,
    weight=_WHOLE,
    weights=_WHOLE,
)
_EXPLAINED: dict[str, Schema] = {
    "skus": list_of(TEXT),
    "bill_lines": list_of(closed(document=COUNT, line=COUNT)),
    "shares": list_of(_SHARE),
}
_ROW: Schema = {
    "type": "object",
    "properties": _CELL | _EXPLAINED,
    "required": list(_CELL),
    "additionalProperties": False,
    "description": "skus, bill_lines and shares where they were asked for",
}
_COVERED: dict[str, Schema] = _CELL_SUMS | {"coverage": _RATIO, "billed_usd": TEXT}
_MEASURES = ("list", "billed", "effective")
_AMOUNTS: dict[str, Schema] = {f"{name}_nano_usd": _MAYBE_MONEY for name in _MEASURES}
_SUM: dict[str, Schema] = {
    "calls": COUNT,
    "tokens": _WHOLE,
    **_AMOUNTS,
    **{f"{part}_{name}_nano_usd": MONEY for part in ("shared", "untracked", "defaulted") for name in _MEASURES},
    **{f"{name}_usd": MAYBE_TEXT for name in _MEASURES},
}
_UNIT: dict[str, Schema] = {
    "cost_nano_usd": MONEY,
    "units": COUNT,
    "each_nano_usd": _MAYBE_MONEY,
    "each_usd": MAYBE_TEXT,
}

FINANCE_SCHEMAS: dict[str, Schema] = {
    "Bills": closed(
        documents=list_of(
            closed(
                **dict.fromkeys(("channel", "source", "period", "role", "pulled_at", "currency", "sha256"), TEXT),
                **dict.fromkeys(("scope", "watermark"), MAYBE_TEXT),
                **dict.fromkeys(("number", "lines", "ignored"), COUNT),
                total_nano_usd={"type": ["integer", "null"], "description": "null: its currency has no rate yet"},
                total_nano=_WHOLE | {"description": "billionths of its own currency"},
                list_nano={"type": ["integer", "null"]},
                unmapped=list_of(TEXT),
                state=_STATE,
                supersedes=_MAYBE_COUNT,
            )
        )
    ),
    "Imported": closed(
        documents=list_of(
            closed(
                **dict.fromkeys(("channel", "source", "currency", "note"), TEXT),
                scope=MAYBE_TEXT,
                **dict.fromkeys(("lines", "ignored"), COUNT),
                **dict.fromkeys(("total_nano", "mapped_nano", "unmapped_nano"), _WHOLE),
                unmapped=list_of(TEXT),
                taken=FLAG,
            )
        )
    ),
    "Reconciliation": closed(
        period=TEXT,
        state=_STATE,
        rows=list_of(_ROW),
        totals=list_of(closed(channel=TEXT, **_COVERED)),
        total=closed(**_COVERED),
        unbilled=list_of(closed(channel=TEXT, model=MAYBE_TEXT, tokens=_WHOLE, list_nano_usd=MONEY)),
        findings=list_of(closed(**dict.fromkeys(("reason", "channel", "detail", "remedy"), TEXT), blocks=FLAG)),
        balances=list_of(
            closed(
                channel=TEXT,
                kind=one_of(("prepaid", "commitment")),
                document=COUNT,
                **dict.fromkeys((f"{name}_nano_usd" for name in ("bought", "drawn", "unused", "left")), MONEY),
            )
        ),
        booked_in=TEXT,
        entries_written=COUNT,
        posted=FLAG,
    ),
    "Ledger": closed(faults=list_of(TEXT)),
    "Closed": closed(period=TEXT, state=one_of(("closed",)), ledger_hash=TEXT),
    "Allocation": closed(
        period=TEXT,
        bundle=TEXT | {"description": "the id of the rules applied"},
        by=list_of(TEXT),
        rows=list_of(closed(key=list_of(MAYBE_TEXT), **_SUM, rules=list_of(TEXT))),
        remainders=list_of(closed(name=TEXT, **_SUM)),
        total=closed(**_SUM),
        coverage=_RATIO,
    ),
    "Explanation": closed(
        period=TEXT,
        bundle=TEXT,
        dimension=TEXT,
        value=MAYBE_TEXT,
        total=closed(**_SUM),
        reasons=list_of(
            closed(
                **{"rule": MAYBE_TEXT, "from": MAYBE_TEXT, "line": _MAYBE_COUNT},
                **_SUM,
                documents=list_of(closed(document=TEXT, **_AMOUNTS)),
            )
        ),
        given_away=list_of(closed(split=TEXT, to=TEXT, **_AMOUNTS)),
    ),
    "UnitCost": {
        "type": "object",
        "description": "beside these: what docs/commands.md says of `unit-cost --json`",
        "properties": {
            "per": one_of(UNITS),
            "period": TEXT,
            "team": MAYBE_TEXT,
            "measure": one_of(_MEASURES),
            "coverage": _RATIO,
            "lifetime": closed(**_UNIT),
            "attributed": closed(**_UNIT),
            "loaded": closed(**_UNIT),
        },
        "required": ["per", "period", "team", "measure", "coverage"],
    },
    "Focus": {"type": "string", "description": "FOCUS 1.3 rows: text/csv, or a JSON list"},
}
