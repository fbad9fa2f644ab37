"""A price list simple enough to check by hand: one price a kind, whatever the model; "claude-unpriced" has none."""

from tollbook.call import Call, Charge, Line
from tollbook.usage import FIELDS, Usage

NANO_USD = {kind: 1_001 + place for place, kind in enumerate(FIELDS) if kind != "reasoning"}
"""Nano-dollars for one of each kind: distinct and odd, so that a swapped kind or a lost remainder shows."""
UNPRICED_MODEL = "claude-unpriced"


def charge_of(call: Call) -> Charge:
    """The charge of a call by that list."""
    lines: list[Line] = []
    if call.usage is not None:
        lines += _lines(call.model or call.model_requested or "unknown", call.usage)
    for model, usage in call.extra.items():
        lines += _lines(model, usage)
    unpriced = call.usage is None or any(line.list_nano_usd is None for line in lines)
    return Charge(
        lines=tuple(lines),
        list_nano_usd=sum(line.list_nano_usd or 0 for line in lines),
        unpriced=unpriced,
        flags=("unpriced_model",) if unpriced else (),
        price_book="by-hand",
    )


def _lines(model: str, usage: Usage) -> list[Line]:
    counts = usage.as_dict()
    priced = model != UNPRICED_MODEL
    return [
        Line(
            model=model,
            kind=kind,
            quantity=counts[kind],
            row=None,
            list_nano_usd=counts[kind] * each if priced else None,
        )
        for kind, each in NANO_USD.items()
        if counts[kind]
    ]
