"""Which cell an item was billed in. What the item or the bill does not know fits anything; the rest must be equal.

An item that fits several cells is spread over them by what is still unseen in each, and counted as unresolved: it
matches at the next coarser cell, and the report says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tollbook.money import apportion
from tollbook_collector.bills.cells import Cell, CellKey
from tollbook_collector.bills.items import Item
from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.scopes import Scopes

_WRITES = ("cache_write_5m", "cache_write_30m", "cache_write_1h", "cache_write_12h")
ANY_WRITE = "cache_write"
SEARCHES = "web_searches"
"""Billed by workspace, without a model."""


@dataclass(slots=True)
class Matched:
    """Items by cell, and what fitted none."""

    by_cell: dict[CellKey, list[Item]] = field(default_factory=lambda: defaultdict[CellKey, list[Item]](list))
    unbilled: list[Item] = field(default_factory=list[Item])
    unresolved_tokens: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    """Channel -> tokens spread over several cells."""


def match(cells: Mapping[CellKey, Cell], items: Iterable[Item], scopes: Scopes) -> Matched:
    """Every item in the cells it was billed in."""
    index = index_of(cells)
    matched = Matched()
    several: list[tuple[Item, list[Cell]]] = []
    for item in items:
        found = fitting(index, item)
        if len(found) > 1 and item.scope is None:
            found = owned(found, item, scopes)
        if len(found) == 1:
            matched.by_cell[found[0].key].append(item)
        elif found:
            several.append((item, found))
        else:
            matched.unbilled.append(item)
    _spread(several, matched)
    return matched


Index = Mapping[tuple[str, int, str, str], Sequence[Cell]]
"""(channel, day, model, token class) -> the cells of it."""


def index_of(cells: Mapping[CellKey, Cell]) -> Index:
    """The cells that items are looked up in: those of bills that count tokens, and not by person."""
    index: dict[tuple[str, int, str, str], list[Cell]] = defaultdict(list)
    for key, cell in cells.items():
        if key.kind == Kind.USAGE and key.token_class and not key.owner:
            for day in range(key.day, key.day + key.days):
                index[key.channel, day, key.model, key.token_class].append(cell)
    return index


def fitting(index: Index, item: Item) -> list[Cell]:
    """The cells an item may be in, narrowed by its tier. Neither its group nor its account has a say."""
    found: list[Cell] = []
    model = "" if item.token_class == SEARCHES else item.model or ""
    for name in _classes(item.token_class):
        wanted = (item.channel, item.day, model, name)
        found = [cell for cell in index.get(wanted, ()) if _fits(cell, item)]
        if found:
            break
    if item.token_class == ANY_WRITE and not found:
        for name in _WRITES:
            wanted = (item.channel, item.day, model, name)
            found += [cell for cell in index.get(wanted, ()) if _fits(cell, item)]
    if len(found) > 1 and item.service_tier is None:
        found = [cell for cell in found if cell.key.service_tier in ("", "standard")] or found
    return found


def owned(found: list[Cell], item: Item, scopes: Scopes) -> list[Cell]:
    """Of the cells that an item of unknown scope may be in, those that the bill says its account or person is in."""
    return [cell for cell in found if _theirs(cell, item, scopes)] or found


def _classes(token_class: str) -> tuple[str, ...]:
    """The item's own class first, then the class of a bill that does not split lifetimes."""
    return (token_class, ANY_WRITE) if token_class in _WRITES else (token_class,)


def _fits(cell: Cell, item: Item) -> bool:
    key = cell.key
    if item.scope is not None and item.scope != key.scope:
        return False
    if item.service_tier is not None and key.service_tier and item.service_tier != key.service_tier:
        return False
    if item.geo is not None and key.geo and item.geo != key.geo:
        return False
    upper = cell.upper
    return upper is None or upper == item.long


def _theirs(cell: Cell, item: Item, scopes: Scopes) -> bool:
    """Whether the bill names the item's account or person in this cell."""
    key = cell.key
    owners = (*cell.owners, f"principal:{key.scope}")
    if item.account and any(owner.partition(":")[2] == item.account for owner in owners):
        return True
    engineer = item.group.engineer
    return bool(engineer) and any(scopes.person(key.channel, owner, key.day) == engineer for owner in owners)


def _spread(several: list[tuple[Item, list[Cell]]], matched: Matched) -> None:
    """Split items over their cells by what is left in each: the same for all of them, so that no order counts."""
    left: dict[CellKey, int] = {}
    for _, cells in several:
        for cell in cells:
            if cell.key not in left:
                seen = sum(item.tokens for item in matched.by_cell.get(cell.key, ()))
                left[cell.key] = max((cell.quantity or 0) - seen, 0)
    for item, cells in several:
        by_text = {cell.key.text: cell for cell in cells}
        weights = {text: left[cell.key] for text, cell in by_text.items()}
        if not any(weights.values()):
            weights = {text: max(cell.quantity or 0, 1) for text, cell in by_text.items()}
        matched.unresolved_tokens[item.channel] += item.tokens
        tokens = apportion(item.tokens, weights)
        money = apportion(item.list_nano, tokens) if item.tokens else dict.fromkeys(tokens, 0)
        calls = item.calls
        for text in sorted(weights):
            if tokens[text] or calls:
                part = item._replace(tokens=tokens[text], list_nano=money[text], calls=calls)
                matched.by_cell[by_text[text].key].append(part)
                calls = 0
