"""Settling a cell: its money to what was seen, the rest to `untracked` and its best known owner. One pass, exact.

Weights are tokens plus an explicit weight of what nobody saw, so that a call that was seen is never charged for one
that was not. Where the bill counts no tokens, what was seen is worth its list price; where it does not split the
lifetimes of cache writes, weights are tokens times list price.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from tollbook.money import apportion
from tollbook_collector.bills.cells import Cell
from tollbook_collector.bills.items import NOBODY, Group, Item
from tollbook_collector.bills.match import ANY_WRITE
from tollbook_collector.bills.scopes import Scopes

TRACKED, UNTRACKED = "tracked", "untracked"
TOLERANCE = Fraction(2, 100)
"""A bill without counts may differ by this much from the list price of what was seen and still be all of it."""
ORGANIZATION = "organization"


class Share(NamedTuple):
    """A part of a cell's money, and why it is as much."""

    account: str
    """`tracked`, `untracked`, or the bucket's name."""
    group: Group
    owner: str
    """Of an untracked part: a person, or `account:`, `key:`, `principal:`, `scope:` and an id, or `organization`."""
    tokens: int
    list_nano: int
    nano_usd: int
    rule: str
    weight: int
    """Of `weights`, the sum of all."""
    weights: int
    calls: int = 0
    """Those of its items: each call once over all cells, for each of its tickets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A settled cell. The shares sum to its money."""

    cell: Cell
    seen_tokens: int
    list_nano: int
    shares: tuple[Share, ...]
    method: str
    """`tokens`, `list_price`, `bucket`, `discount`, `seats`: which weights were used."""
    over: int = 0
    """Tokens seen beyond the billed ones."""
    weights: Mapping[tuple[str, str, str], int] = field(default_factory=dict[tuple[str, str, str], int])

    def total(self, account: str) -> int:
        """Money of one account."""
        return sum(share.nano_usd for share in self.shares if share.account == account)


class Part(NamedTuple):
    """One weight: a group's, or an owner's of the unseen part."""

    account: str
    group: Group
    owner: str
    tokens: int
    list_nano: int
    weight: int
    calls: int = 0


def settle(cell: Cell, items: Sequence[Item], scopes: Scopes) -> Settled:
    """The money of a usage cell over the items in it."""
    seen = sum(item.tokens for item in items)
    listed = sum(item.list_nano for item in items)
    if cell.quantity is not None and cell.key.token_class:
        unseen, over = max(cell.quantity - seen, 0), max(seen - cell.quantity, 0)
        if cell.key.token_class == ANY_WRITE:
            weighted, rest = _priced(items, unseen)
            method = "list_price"
        else:
            weighted, rest = [(item, item.tokens) for item in items], unseen
            method = "tokens"
    else:
        weighted, rest = [(item, item.list_nano) for item in items], beyond_list(cell.nano_usd, listed)
        method, unseen, over = "list_price", 0, 0
    by_name = _by_name(items)
    made = _tracked(weighted) + untracked(cell, by_name, rest, unseen, scopes)
    if not any(part.weight for part in made):
        made += untracked(cell, by_name, 1, 0, scopes)
    return _settled(cell, made, seen, listed, method, over)


def _settled(cell: Cell, parts: list[Part], seen: int, listed: int, method: str, over: int) -> Settled:
    by_key = {"\x1e".join((part.account, part.group.key, part.owner)): part for part in parts}
    weights = {key: part.weight for key, part in by_key.items()}
    money = apportion(cell.nano_usd, weights)
    total = sum(weights.values())
    shares = tuple(
        _share(part, money[key], method, total)
        for key, part in sorted(by_key.items())
        if money[key] or part.tokens or part.list_nano or part.calls
    )
    kept = {(part.account, part.group.key, part.owner): part.weight for part in parts}
    return Settled(cell=cell, seen_tokens=seen, list_nano=listed, shares=shares, method=method, over=over, weights=kept)


def _share(part: Part, nano_usd: int, method: str, weights: int) -> Share:
    account, group, owner, tokens, list_nano, weight, calls = part
    return Share(account, group, owner, tokens, list_nano, nano_usd, method, weight, weights, calls)


def _tracked(weighted: Sequence[tuple[Item, int]]) -> list[Part]:
    """One part a group."""
    sums: dict[Group, list[int]] = {}
    for item, weight in weighted:
        mine = sums.setdefault(item.group, [0, 0, 0, 0])
        mine[0] += item.tokens
        mine[1] += item.list_nano
        mine[2] += weight
        mine[3] += item.calls
    return [Part(TRACKED, group, "", *values) for group, values in sums.items()]


def _priced(items: Sequence[Item], unseen: int) -> tuple[list[tuple[Item, int]], int]:
    """Tokens x list price; the unseen tokens at the lowest price that was seen, since no lifetime is known."""
    rates = [Fraction(item.list_nano, item.tokens) for item in items if item.tokens and item.list_nano]
    if not rates:
        return [(item, item.tokens) for item in items], unseen
    lowest = min(rates)
    weighted = [(item, item.list_nano or round(item.tokens * lowest)) for item in items]
    return weighted, round(unseen * lowest)


def beyond_list(nano_usd: int, listed: int) -> int:
    """A bill without counts: what was seen is worth its list price, and only what exceeds that was not seen."""
    rest = nano_usd - listed
    return (0 if rest <= listed * TOLERANCE else max(rest, 0)) if listed else max(nano_usd, 1)


def _by_name(items: Sequence[Item]) -> dict[str, int]:
    """Tokens by the engineer and by the account they were seen of."""
    seen: dict[str, int] = {}
    for item in items:
        for name in {item.group.engineer, item.account or ""}:
            seen[name] = seen.get(name, 0) + item.tokens
    return seen


def untracked(cell: Cell, seen: Mapping[str, int], rest: int, unseen: int, scopes: Scopes) -> list[Part]:
    """What was not seen, to the best known owners: person, then key or account, then scope, then organisation.

    Where the bill counts tokens by owner, each gets what it has beyond what was `seen` of it by name.
    """
    if rest <= 0:
        return []
    key = cell.key
    left: dict[str, int] = {}
    for owner, billed in cell.owners.items():
        person = scopes.person(key.channel, owner, key.day)
        name = person or owner or (f"scope:{key.scope}" if key.scope else ORGANIZATION)
        own = max(seen.get(person or "", 0) if person else 0, seen.get(owner.partition(":")[2], 0) if owner else 0)
        if cell.quantity is None:
            own = 0
        left[name] = left.get(name, 0) + max(billed - own, 0)
    if not any(left.values()):
        left = {f"scope:{key.scope}" if key.scope else ORGANIZATION: 1}
    weights, counts = apportion(rest, left), apportion(unseen, left)
    return [Part(UNTRACKED, NOBODY, name, counts[name], 0, weights[name]) for name in sorted(left) if weights[name]]


def discount(cell: Cell, usage: Settled) -> Settled:
    """A discount, over the same weights as the usage it reduces."""
    parts = [
        Part(account, _group(usage, account, group, owner), owner, 0, 0, weight)
        for (account, group, owner), weight in usage.weights.items()
    ]
    return _settled(cell, parts, 0, 0, "discount", 0)


def _group(usage: Settled, account: str, key: str, owner: str) -> Group:
    return Group(*key.split("\x1f")) if account == TRACKED else NOBODY


def bucket(cell: Cell, name: str) -> Settled:
    """Money that is nobody's use: it stays in a bucket of its own name."""
    return _settled(cell, [Part(name, NOBODY, "", 0, 0, 1)], 0, 0, "bucket", 0)
