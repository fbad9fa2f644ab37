"""Cells: bill lines summed by what can be compared with calls: channel, day, scope, model, tier, geo, band, class."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.models import ModelKey
from tollbook_collector.bills.seen import tier_of

_BAND = re.compile(r"(\d+)\s*([kKmM]?)")
_SCALE = {"": 1, "k": 1_000, "m": 1_000_000}
UPPER_BAND = 200_000


class CellKey(NamedTuple):
    """The place of a charge. "" is what the bill does not say."""

    channel: str
    source: str
    day: int
    days: int
    scope: str
    model: str
    service_tier: str
    geo: str
    band: str
    token_class: str
    owner: str
    """Set only where the bill itself has one line a person, so that nobody else's calls can be in it."""
    kind: str

    @property
    def text(self) -> str:
        """A stable text of the key."""
        return "\x1f".join(map(str, self))


def cell_key(text: str) -> CellKey:
    """The key that `CellKey.text` is of."""
    parts = text.split("\x1f")
    return CellKey._make((*parts[:2], int(parts[2]), int(parts[3]), *parts[4:]))


class Charged(NamedTuple):
    """One bill line in nano-dollars, with the document it stands in."""

    channel: str
    source: str
    document: int
    line: int
    day: int
    days: int
    scope: str | None
    model: str | None
    service_tier: str | None
    geo: str | None
    band: str | None
    token_class: str | None
    quantity: int | None
    owner: str | None
    kind: Kind
    nano_usd: int
    sku: str
    mapped: bool = True


@dataclass(slots=True)
class Cell:
    """One cell of a bill, filled line by line."""

    key: CellKey
    nano_usd: int = 0
    quantity: int | None = None
    """Billed tokens; `None` where the bill does not count them."""
    counted: bool = True
    """Every line had a quantity."""
    owners: dict[str, int] = field(default_factory=dict[str, int])
    """Owner -> billed tokens (or money, where only that is known)."""
    lines: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """(document, line)."""
    by_document: dict[int, int] = field(default_factory=dict[int, int])
    """Document -> nano-dollars."""
    mapped: bool = True
    """Every line's SKU is known: what an unknown one charges for cannot be matched with anything."""
    skus: set[str] = field(default_factory=set[str])

    @property
    def upper(self) -> bool | None:
        """Whether the band is the upper one; `None` where the bill names none."""
        match = _BAND.match(self.key.band)
        if match is None:
            return None
        return int(match[1]) * _SCALE[match[2].lower()] >= UPPER_BAND

    def owned(self, owner: str | None, amount: int) -> None:
        """Note whose a part of it is."""
        if amount > 0:
            name = owner or ""
            self.owners[name] = self.owners.get(name, 0) + amount


PERSONAL = frozenset({"cursor_usage_events", "cursor_csv", "codex_credits", "copilot_usage_report", "claude_spend_csv"})
"""Sources with one line a person."""


def cells_of(lines: Iterable[Charged], key: ModelKey) -> dict[CellKey, Cell]:
    """The cells of lines, by key in a stable order."""
    cells: dict[CellKey, Cell] = {}
    for line in sorted(lines, key=lambda one: (one.document, one.line)):
        place = _key(line, key)
        cell = cells.get(place)
        if cell is None:
            cell = cells[place] = Cell(place)
        cell.nano_usd += line.nano_usd
        cell.lines.append((line.document, line.line))
        cell.by_document[line.document] = cell.by_document.get(line.document, 0) + line.nano_usd
        cell.skus.add(line.sku)
        cell.mapped = cell.mapped and line.mapped
        if line.quantity is None:
            cell.counted = False
        else:
            cell.quantity = (cell.quantity or 0) + line.quantity
        cell.owned(line.owner, line.quantity or max(line.nano_usd, 0))
    for cell in cells.values():
        if not cell.counted:
            cell.quantity = None
    return dict(sorted(cells.items()))


def _key(line: Charged, key: ModelKey) -> CellKey:
    personal = line.source in PERSONAL
    return CellKey(
        line.channel,
        line.source,
        line.day,
        line.days,
        line.scope or "",
        key(line.channel, line.model) or "",
        tier_of(line.service_tier) or "",
        line.geo or "",
        line.band or "",
        line.token_class or "",
        (line.owner or "") if personal else "",
        line.kind.value,
    )
