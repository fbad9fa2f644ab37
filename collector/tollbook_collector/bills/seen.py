"""Seen: the priced lines of calls, flat, as they are before bills name models and scopes. Kept by day in files."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tollbook.answer import day_number
from tollbook.money import apportion, split_even
from tollbook.prices.resolve import PLAIN_GEOS, PLAIN_TIERS

LONG_PROMPT = 200_000
"""Tokens of prompt above which providers put a call into their upper context band."""
_SCOPES = ("workspace", "project", "principal", "account", "api_key")


class Seen(NamedTuple):
    """Tokens of one kind of one call, for one ticket. `None` is what no observer knew; texts are never empty."""

    channel: str
    day: int
    model: str | None
    """As it is spelt."""
    token_class: str
    workspace: str | None
    project: str | None
    principal: str | None
    account: str | None
    api_key: str | None
    """The provider's own public hint."""
    service_tier: str | None
    geo: str | None
    long: bool
    """The prompt was in the upper context band."""
    engineer: str | None
    repo: str | None
    branch: str | None
    ticket: str | None
    tool: str | None
    tokens: int
    list_nano: int
    calls: int
    """1 in one line of the call for each of its tickets."""


FIGURES = ("tokens", "list_nano", "calls")
KEYS: tuple[str, ...] = Seen._fields[: -len(FIGURES)]


def tier_of(tier: str | None) -> str | None:
    """The tier, all names of the standard one made equal; `None` stays unknown."""
    return None if tier is None else "standard" if tier.lower() in PLAIN_TIERS else tier.lower()


def _geo(channel: str, call: Mapping[str, Any], scope: Mapping[str, Any]) -> str | None:
    if channel == "vertex":
        return scope.get("region")
    if channel == "bedrock":
        endpoint = scope.get("endpoint_scope")
        return None if endpoint is None else "global" if endpoint == "global" else "regional"
    geo = call.get("inference_geo")
    return None if geo is None else "global" if str(geo).lower() in PLAIN_GEOS else str(geo)


def seen_of(call: Mapping[str, Any]) -> Iterator[Seen]:
    """The lines of one call's document (`core/tollbook/document.py`): one a priced line and ticket."""
    channel, day = str(call["channel"]), day_number(str(call["started_at"])[:10])
    scope: Mapping[str, Any] = call["scope"]
    usage: Mapping[str, int] = call["usage"] or {}
    prompt = sum(count for name, count in usage.items() if name == "input" or name.startswith("cache_"))
    engineer, repo, branch, tool = (_text(call.get(name)) for name in ("engineer", "repo", "branch", "tool"))
    tickets: list[str] = call["tickets"] or [""]
    around = (
        *(_text(scope.get(name)) for name in _SCOPES),
        tier_of(call.get("service_tier")),
        _geo(channel, call, scope),
        prompt > LONG_PROMPT,
        engineer,
        repo,
        branch,
    )
    for place, line in enumerate(call["lines"]):
        tokens, money = int(line["quantity"]), int(line["list_nano_usd"] or 0)
        head = (channel, day, line["model"], str(line["kind"]), *around)
        if len(tickets) == 1:
            yield Seen._make((*head, tickets[0] or None, tool, tokens, money, int(place == 0)))
            continue
        shares = split_even(tokens, tuple(tickets))
        amounts = apportion(money, shares) if tokens else dict.fromkeys(shares, 0)
        for ticket in tickets:
            yield Seen._make((*head, ticket, tool, shares[ticket], amounts[ticket], int(place == 0)))


def _text(value: object) -> str | None:
    return str(value) if value else None
