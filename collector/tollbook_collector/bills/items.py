"""Items: what was seen of calls, summed by bill cell and by who and what it was for. The weights of a true-up."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tollbook_collector.bills.models import ModelKey
from tollbook_collector.bills.scopes import Scopes
from tollbook_collector.bills.seen import Seen, seen_of


class Group(NamedTuple):
    """Who and what a share of money is for; "" is unknown. Postings are kept at this grain, never by call."""

    engineer: str = ""
    repo: str = ""
    branch: str = ""
    ticket: str = ""
    tool: str = ""

    @property
    def key(self) -> str:
        """A stable text: the order of keys breaks ties, so that no order of rows ever does."""
        return "\x1f".join(self)


NOBODY = Group()


class Item(NamedTuple):
    """Tokens of one kind, on one day, under one scope, for one group. `None` is what no observer knew.

    A tuple, since a month of a large company has a million of them.
    """

    channel: str
    day: int
    model: str | None
    """The shared name of the model (`models.model_keys`)."""
    token_class: str
    """A name of `usage.FIELDS`."""
    scope: str | None = None
    """Workspace, project or principal, by the channel's own grain (`CUT_BY`)."""
    account: str | None = None
    """The person's or the key's id at the provider."""
    service_tier: str | None = None
    geo: str | None = None
    long: bool = False
    """The prompt was in the upper context band."""
    group: Group = NOBODY
    tokens: int = 0
    list_nano: int = 0
    calls: int = 0


_KEY = Item._fields.index("tokens")
"""How many fields say what an item is; the others are figures."""


CUT_BY: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("workspace",),
    "openai": ("project",),
    "vertex": ("project",),
    "bedrock": ("principal",),
    "aws_marketplace": ("workspace",),
}
"""The part of a call's scope that a channel's bill is cut by, the first that is known."""
OTHER_SCOPES = ("workspace", "project")
"""As above, of all other channels: the first that is known."""


def scope_of(seen: Seen, scopes: Scopes) -> tuple[str | None, str | None]:
    """(what the channel's bill is cut by, whose id at the provider) of a line, by what the scopes say of its hints."""
    found = {name: getattr(seen, name) for name in ("workspace", "project", "principal")}
    account = seen.account or seen.api_key
    for hint in (seen.api_key, seen.account):
        owner = scopes.at(seen.channel, hint, seen.day) if hint else None
        if owner is not None:
            for name in found:
                found[name] = found[name] or getattr(owner, name)
            account = hint
    names = CUT_BY.get(seen.channel, OTHER_SCOPES)
    return next((str(found[name]) for name in names if found[name]), None), account


def items_of(call: Mapping[str, Any], key: ModelKey, scopes: Scopes) -> Iterator[Item]:
    """The items of one call's document: one a priced line and ticket."""
    return (item_of(seen, key, scopes) for seen in seen_of(call))


def item_of(seen: Seen, key: ModelKey, scopes: Scopes) -> Item:
    """A line under the names that bills use."""
    scope, account = scope_of(seen, scopes)
    group = Group(seen.engineer or "", seen.repo or "", seen.branch or "", seen.ticket or "", seen.tool or "")
    model = key(seen.channel, seen.model)
    head = (seen.channel, seen.day, model, seen.token_class, scope, account, seen.service_tier, seen.geo, seen.long)
    return Item._make((*head, group, seen.tokens, seen.list_nano, seen.calls))


def summed(items: Iterable[Item]) -> list[Item]:
    """Items of equal keys made one, in a stable order: the order they come in does not count."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    for item in items:
        mine = sums.get(item[:_KEY])
        if mine is None:
            sums[item[:_KEY]] = [item.tokens, item.list_nano, item.calls]
        else:
            mine[0] += item.tokens
            mine[1] += item.list_nano
            mine[2] += item.calls
    return [Item._make((*key, *figures)) for key, figures in sorted(sums.items(), key=_order)]


def _order(entry: tuple[tuple[Any, ...], list[int]]) -> tuple[Any, ...]:
    """What is unknown stands first."""
    return tuple(["" if part is None else part for part in entry[0]])
