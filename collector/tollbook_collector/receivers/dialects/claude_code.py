"""Claude Code: what its events and its spans of one call share.

Input: exclusive. Counters are Anthropic's own, disjoint, of the response's own model; thinking is inside the output.
Older versions have no lifetimes of cache writes. `gen_ai.response.id` of a span holds the request's id.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from tollbook.problem import Problem
from tollbook.sighting import NO_SCOPE, Scope, Sighting
from tollbook.vocabulary import Basis, Evidence, Purpose, Quality, Source, Tool
from tollbook.work import Known, Work
from tollbook_collector.receivers.dialects.business import email_of, tags_of, work_of
from tollbook_collector.receivers.dialects.call import Told, sighting_of
from tollbook_collector.receivers.dialects.counting import Counting, Reported, usage_of
from tollbook_collector.receivers.plain import Record, Signal

MAX_DURATION_MS = 24 * 3600 * 1000
"""A response that took longer is damage."""
COUNTED_ONCE_SINCE = (2, 1, 214)
"""Before, streams that report usage in several frames (some gateways) inflated the counts (Claude Code's changelog)."""
SCOPE = "com.anthropic.claude_code"
ADMINISTRATED: tuple[str, ...] = ("team.id", "team", "department", "cost_center", "cost.center", "project", "customer")
"""What administrators put into OTEL_RESOURCE_ATTRIBUTES (Claude Code's documentation, and what its users write)."""
NAMES: frozenset[str] = frozenset(
    {
        *ADMINISTRATED,
        *("event.name", "event.timestamp", "app.version", "session.id", "prompt.id", "organization.id", "user.email"),
        *("anthropic.provider", "anthropic.custom_base_url", "model", "gen_ai.request.model", "gen_ai.response.id"),
        *("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens"),
        *("cache_creation_5m_tokens", "cache_creation_1h_tokens", "cost_usd", "cost_usd_micros", "duration_ms"),
        *("request_id", "client_request_id", "speed", "query_source", "query_source_safe", "agent_id", "agent.name"),
        *(
            "vcs.owner.name",
            "vcs.repository.name",
            "status_code",
            "service.version",
            "ticket",
            "ticket.id",
            "enduser.id",
        ),
    }
)
_NS_PER_MS = 1_000_000
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PROVIDERS: Mapping[str, str] = {"bedrock": "aws.bedrock", "vertex": "gcp.vertex_ai", "foundry": "azure"}
"""Claude Code's names of its providers, beside `firstParty`."""
_PURPOSES: tuple[tuple[str, Purpose], ...] = (
    ("repl_main_thread", Purpose.TURN),
    ("sdk", Purpose.TURN),
    ("agent:", Purpose.SUBAGENT),
    ("compact", Purpose.COMPACTION),
    ("generate_session_title", Purpose.TITLE),
)
"""Beginnings of `query_source`."""


def call(record: Record) -> Sighting | Problem:
    """The call an `api_request`, an `api_error` or an `llm_request` tells of."""
    text, count = record.text, record.count
    request = text("request_id", "gen_ai.response.id")
    reported = Reported(
        input=count("input_tokens"),
        output=count("output_tokens"),
        cache_read=count("cache_read_tokens"),
        cache_write=count("cache_creation_tokens"),
        cache_write_5m=count("cache_creation_5m_tokens"),
        cache_write_1h=count("cache_creation_1h_tokens"),
    )
    usage = usage_of(reported, Counting.EXCLUSIVE)
    if isinstance(usage, Problem):
        return usage
    model = text("model", "gen_ai.request.model")
    organization, speed = text("organization.id"), text("speed")
    provider = _provider(record, request or "", model or "")
    query = text("query_source", "query_source_safe")
    return sighting_of(
        record,
        Told(
            source=Source.OTEL,
            usage=usage,
            provider=provider,
            provider_basis=Basis.CONFIGURED if text("anthropic.provider") else Basis.SHAPE,
            request_id=request,
            client_request_id=text("client_request_id"),
            anonymous=True,
            model_requested=model,
            tool=Tool.CLAUDE_CODE,
            quality=Quality.FINAL if _is_counted_once(record) else Quality.PARTIAL,
            speed="standard" if speed == "normal" else speed,
            session_id=text("session.id"),
            turn_id=text("prompt.id"),
            agent_id=text("agent_id"),
            purpose=_purpose(query, text("agent_id", "agent.name")),
            status=_status(record),
            cost_usd=_cost(record),
            scope=Scope(organization=organization) if organization and provider == "anthropic" else NO_SCOPE,
            work=_work(record),
            lasted_ns=_lasted_ns(record) if record.signal is Signal.LOGS else 0,
        ),
    )


def _provider(record: Record, request: str, model: str) -> str | None:
    """Who bills: from Claude Code's own setting; else from the shapes of request id and model name. Without any of
    them the company that made the program is the likeliest."""
    named = record.text("anthropic.provider") or ""
    if named in _PROVIDERS:
        return _PROVIDERS[named]
    if named == "firstParty" and record.truth("anthropic.custom_base_url") is False:
        return "anthropic"
    if request.startswith("req_0"):
        return "anthropic"
    if request.startswith("req_vrtx_"):
        return "gcp.vertex_ai"
    if _UUID.fullmatch(request) and "claude" in model and not named:
        return "aws.bedrock"  # x-amzn-requestid
    return None


def _purpose(query: str | None, agent: str | None) -> Purpose:
    """Why Claude Code asked. Before 2.1.330 `query_source` of a subagent was its bare name, beside `agent.name`."""
    for start, purpose in _PURPOSES:
        if query and query.startswith(start):
            return purpose
    return Purpose.SUBAGENT if agent else Purpose.OTHER


def _status(record: Record) -> str | None:
    """Of an error the HTTP status, where there was an answer."""
    if not record.name.endswith("api_error"):
        return None
    code = record.count("status_code")
    return f"error:{code}" if code is not None and 100 <= code <= 999 else "error"


def _cost(record: Record) -> Decimal | None:
    usd, micros = record.decimal("cost_usd"), record.count("cost_usd_micros")
    return Decimal(micros) / 1_000_000 if usd is None and micros is not None else usd


def _lasted_ns(record: Record) -> int:
    """How long the response took; the event is written at its end."""
    duration = record.count("duration_ms")
    return duration * _NS_PER_MS if duration is not None and 0 <= duration <= MAX_DURATION_MS else 0


def _is_counted_once(record: Record) -> bool:
    match = _VERSION.match(record.shared_text("app.version", "service.version") or "")
    return match is None or tuple(map(int, match.groups())) >= COUNTED_ONCE_SINCE


def _work(record: Record) -> Work:
    """The developer who is signed in, the repository where Claude Code names it, and what administrators set."""
    set_by_admin = tags_of((name, record.shared_text(name)) for name in (*ADMINISTRATED, "ticket", "ticket.id"))
    team = set_by_admin.pop("team.id", None) or set_by_admin.pop("team", None)
    given = work_of(Evidence.EXPLICIT, set_by_admin, team=team)
    mail = email_of(record.text("user.email"), record.shared_text("enduser.id"))
    owner, name = record.text("vcs.owner.name"), record.text("vcs.repository.name")
    return Work(
        engineer=Known(mail, Evidence.METADATA) if mail else None,
        repo=Known(f"{owner}/{name}", Evidence.METADATA) if owner and name else None,
        team=given.team,
        customer=given.customer,
        tickets=given.tickets,
        tags=given.tags,
    )
