"""Items: what was seen of calls, summed by bill cell and by who and what it was for. The weights of a true-up."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tollbook.answer import day_number
from tollbook.money import apportion, split_even
from tollbook.prices.resolve import PLAIN_GEOS, PLAIN_TIERS
from tollbook_collector.bills.models import ModelKey
from tollbook_collector.bills.scopes import Scopes

LONG_PROMPT = 200_000
"""Tokens of prompt above which providers put a call into their upper context band."""


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
    """Workspace, project or principal, by the channel's own grain (`scope_of`)."""
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


def scope_of(channel: str, scope: Mapping[str, Any]) -> str | None:
    """The part of a call's scope that the channel's bill is cut by."""
    names = {
        "anthropic": ("workspace",),
        "openai": ("project",),
        "vertex": ("project",),
        "bedrock": ("principal",),
        "aws_marketplace": ("workspace",),
    }.get(channel, ("workspace", "project"))
    return next((str(scope[name]) for name in names if scope.get(name)), None)


def _geo(channel: str, call: Mapping[str, Any], scope: Mapping[str, Any]) -> str | None:
    if channel == "vertex":
        return scope.get("region")
    if channel == "bedrock":
        endpoint = scope.get("endpoint_scope")
        return None if endpoint is None else "global" if endpoint == "global" else "regional"
    geo = call.get("inference_geo")
    return None if geo is None else "global" if str(geo).lower() in PLAIN_GEOS else str(geo)


def tier_of(tier: str | None) -> str | None:
    """The tier, all names of the standard one made equal; `None` stays unknown."""
    return None if tier is None else "standard" if tier.lower() in PLAIN_TIERS else tier.lower()


def items_of(call: Mapping[str, Any], key: ModelKey, scopes: Scopes) -> Iterator[Item]:
    """The items of one call's document (`core/tollbook/document.py`): one a priced line and ticket."""
    channel, day = str(call["channel"]), day_number(str(call["started_at"])[:10])
    scope: dict[str, Any] = dict(call["scope"])
    account = scope.get("account") or scope.get("api_key")
    for hint in (scope.get("api_key"), scope.get("account")):
        owner = scopes.at(channel, hint, day) if hint else None
        if owner is not None:
            for name in ("workspace", "project", "principal"):
                scope[name] = scope.get(name) or getattr(owner, name)
            account = hint
    usage: Mapping[str, int] = call["usage"] or {}
    prompt = sum(count for name, count in usage.items() if name == "input" or name.startswith("cache_"))
    engineer, repo, branch = (str(call.get(name) or "") for name in ("engineer", "repo", "branch"))
    tickets: list[str] = call["tickets"] or [""]
    groups = [Group(engineer, repo, branch, ticket, str(call["tool"])) for ticket in tickets]
    around = (
        scope_of(channel, scope),
        account,
        tier_of(call.get("service_tier")),
        _geo(channel, call, scope),
        prompt > LONG_PROMPT,
    )
    for place, line in enumerate(call["lines"]):
        tokens, money = int(line["quantity"]), int(line["list_nano_usd"] or 0)
        head = (channel, day, key(channel, line["model"]), str(line["kind"]), *around)
        if len(groups) == 1:
            yield Item._make((*head, groups[0], tokens, money, int(place == 0)))
            continue
        shares = split_even(tokens, tuple(tickets))
        amounts = apportion(money, shares) if tokens else dict.fromkeys(shares, 0)
        for group in groups:
            figures = (shares[group.ticket], amounts[group.ticket], int(place == 0))
            yield Item._make((*head, group, *figures))


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
