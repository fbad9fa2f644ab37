"""Telemetry in the form of the bill samples, as the JSON lines that `calls import` reads."""

import json
from collections.abc import Iterator
from typing import Any

from tollbook.call import Call
from tollbook.claim import claim_of
from tollbook.conclude import conclude
from tollbook.document import document
from tollbook.group import group
from tollbook.prices import default_book, price
from tollbook.ticket import TicketRule
from tollbook_collector.calls_file import OBSERVER, sighting_of

_KINDS = {
    "uncached_input_tokens": "input",
    "uncached": "input",
    "cache_read_input_tokens": "cache_read",
    "cached": "cache_read",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write_5m",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
    "cache_write": "cache_write",
    "output_tokens": "output",
    "output": "output",
}
_SCOPES = {"anthropic": "workspace", "openai": "project", "bedrock": "principal", "vertex": "project"}


def import_line(call: dict[str, Any]) -> dict[str, Any]:
    """One line of telemetry as the document of a call."""
    scope: dict[str, Any] = {_SCOPES[call["channel"]]: call["scope"]}
    account = call.get("account_id") or call.get("user_id")
    if account:
        scope["account"] = account
    if call["channel"] == "vertex":
        scope["region"] = call["region"]
    return {
        "ids": {"response": call["call_id"]},
        "tool": call["tool"],
        "channel": call["channel"],
        "provider": "openai" if call["channel"] == "openai" else "anthropic",
        "model": call["model"],
        "started_at": call["ts"],
        "ended_at": call["ts"],
        "usage": {_KINDS[name]: tokens for name, tokens in call["tokens"].items()},
        "quality": "final",
        "billing": "metered",
        "scope": scope,
        "service_tier": "standard",
        "purpose": "turn",
        "engineer": call["engineer"],
        "repo": call["repo"],
        "branch": call["branch"],
        "evidence": {"engineer": "explicit", "repo": "worktree", "branch": "head"},
    }


def converted(raw: bytes) -> Iterator[dict[str, Any]]:
    """All lines of a telemetry file."""
    for line in raw.splitlines():
        if line.strip():
            yield import_line(json.loads(line))


def documents(raw: bytes, rule: TicketRule) -> list[dict[str, Any]]:
    """The calls as they are booked and documented: each once, priced."""
    claims = {}
    for line in converted(raw):
        claim = claim_of(sighting_of(line), OBSERVER)
        assert claim is not None
        claims[claim.key] = claim
    calls: list[Call] = [conclude(members, rule) for members in group(list(claims.values())).groups]
    return [document(call, price(call, default_book())) for call in calls]
