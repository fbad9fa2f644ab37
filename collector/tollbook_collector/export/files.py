"""FOCUS rows as bytes: CSV, JSON, and Parquet with exact decimals where Arrow is installed."""

import io
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tollbook.csv_safe import Cell, Figure, csv_text
from tollbook.problem import Problem
from tollbook_collector.allocate.set_based.connect import MISSING, arrow, available
from tollbook_collector.export.focus import COLUMNS, FocusRow

COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
QUANTITIES = ("ConsumedQuantity", "PricingQuantity")
FORMATS = ("csv", "json", "parquet")
_DIGITS, _PLACES = 28, 9
"""Of a cost in Parquet: DECIMAL(28, 9)."""


def focus_csv(rows: Iterable[FocusRow]) -> str:
    """All columns, in the order of `COLUMNS`; null is an empty cell."""
    return csv_text(COLUMNS, ([_cell(name, row[name]) for name in COLUMNS] for row in rows))


def _cell(name: str, value: str | int | None) -> Cell:
    return Figure(value) if name in COSTS and isinstance(value, str) else value


def focus_json(rows: Iterable[FocusRow]) -> str:
    """A JSON list of objects; costs stay decimal strings."""
    return json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n"


def focus_parquet(rows: Sequence[FocusRow]) -> bytes | Problem:
    """Parquet with costs as DECIMAL(28,9): no float, no loss."""
    if not available():
        return MISSING
    pa = arrow()
    import importlib

    money, whole, text = pa.decimal128(_DIGITS, _PLACES), pa.int64(), pa.string()
    columns = {
        name: pa.array([None if row[name] is None else Decimal(row[name]) for row in rows], money)
        if name in COSTS
        else pa.array([row[name] for row in rows], whole if name in QUANTITIES else text)
        for name in COLUMNS
    }
    out = io.BytesIO()
    importlib.import_module("pyarrow.parquet").write_table(pa.table(columns), out)
    return out.getvalue()
