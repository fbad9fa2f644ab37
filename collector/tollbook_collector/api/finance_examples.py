"""Example answers of the pages of finance: one bill of one line, and the call behind most of it."""

from collections.abc import Mapping
from typing import Any

from tollbook.money import usd_text

_BILLED, _TRACKED = 1_250_000_000, 1_000_000_000
_CELL: dict[str, Any] = {
    "billed_tokens": 50_000,
    "seen_tokens": 40_000,
    "billed_nano_usd": _BILLED,
    "tracked_nano_usd": _TRACKED,
    "untracked_nano_usd": _BILLED - _TRACKED,
    "bucket_nano_usd": 0,
    "list_nano_usd": _TRACKED,
    "rate_variance_nano_usd": 0,
    "volume_variance_nano_usd": _BILLED - _TRACKED,
}
_TOTAL = _CELL | {"coverage": "0.8000", "billed_usd": usd_text(_BILLED)}
_MEASURES = ("list", "billed", "effective")
_AMOUNTS: dict[str, Any] = {f"{name}_nano_usd": _TRACKED for name in _MEASURES}
_SUM: dict[str, Any] = {
    "calls": 1,
    "tokens": 40_000,
    **_AMOUNTS,
    **{f"{part}_{name}_nano_usd": 0 for part in ("shared", "untracked", "defaulted") for name in _MEASURES},
    **{f"{name}_usd": usd_text(_TRACKED) for name in _MEASURES},
}
_BUNDLE = "6f2c1b0d9a8e7f35"


_DOCUMENT: dict[str, Any] = {
    "channel": "anthropic",
    "source": "anthropic_cost_report",
    "scope": "acme",
    "lines": 1,
    "ignored": 0,
    "currency": "USD",
    "total_nano": _BILLED,
    "unmapped": [],
}
_ROW: dict[str, Any] = {
    "channel": "anthropic",
    "source": "anthropic_cost_report",
    "day": "2026-10-14",
    "kind": "usage",
    "method": "tokens",
    "scope": "wrkspc_01",
    "model": "claude-opus-5",
    "service_tier": "standard",
    "geo": None,
    "band": None,
    "token_class": "output",
    "owner": None,
    "days": 1,
    **_CELL,
    "documents": [1],
}
_RECONCILED: dict[str, Any] = {
    "period": "2026-10",
    "state": "provisional",
    "rows": [_ROW],
    "totals": [{"channel": "anthropic", **_TOTAL}],
    "total": _TOTAL,
    "unbilled": [],
    "findings": [],
    "balances": [
        {"channel": "anthropic", "kind": "prepaid", "document": 3, "bought_nano_usd": 0}
        | {"drawn_nano_usd": _BILLED, "unused_nano_usd": 0, "left_nano_usd": 4 * _BILLED}
    ],
    "booked_in": "2026-10",
    "entries_written": 0,
    "posted": False,
}


def finance_examples() -> Mapping[str, Any]:
    """By operation id."""
    return {**_books(), **_allocation()}


def _books() -> Mapping[str, Any]:
    kept = {
        "number": 1,
        "period": "2026-10-01/2026-10-31",
        "role": "bill",
        "pulled_at": "2026-11-02T08:00:00Z",
        "watermark": None,
        "total_nano_usd": _BILLED,
        "list_nano": None,
        "sha256": "5c" * 32,
        "state": "provisional",
        "supersedes": None,
    }
    taken = {"mapped_nano": _BILLED, "unmapped_nano": 0, "taken": True, "note": "is new"}
    return {
        "bills": {"documents": [_DOCUMENT | kept]},
        "bill_import": {"documents": [_DOCUMENT | taken]},
        "reconciliation": _RECONCILED,
        "reconcile": _RECONCILED | {"posted": True, "entries_written": 1},
        "ledger": {"faults": []},
        "period_close": {"period": "2026-10", "state": "closed", "ledger_hash": "5c" * 16},
    }


def _allocation() -> Mapping[str, Any]:
    reason = {"rule": "team.people", "from": None, "line": 12, **_SUM, "documents": [{"document": "1", **_AMOUNTS}]}
    return {
        "allocation": {
            "period": "2026-10",
            "bundle": _BUNDLE,
            "by": ["team"],
            "rows": [{"key": ["payments"], **_SUM, "rules": ["team.people"]}],
            "remainders": [],
            "total": _SUM,
            "coverage": "1.0000",
        },
        "explanation": {
            "period": "2026-10",
            "bundle": _BUNDLE,
            "dimension": "team",
            "value": "payments",
            "total": _SUM,
            "reasons": [reason],
            "given_away": [],
        },
        "unit_cost": {
            "per": "epic",
            "period": "2026-10",
            "team": None,
            "measure": "effective",
            "rows": [{"key": "PAY-1", "cost_nano_usd": _TRACKED, "cost_usd": usd_text(_TRACKED)}],
            "total_nano_usd": _TRACKED,
            "coverage": "1.0000",
        },
        "focus": "BillingAccountId,BilledCost\nanthropic,1.250000000\n",
    }
