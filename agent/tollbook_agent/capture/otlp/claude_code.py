"""Claude Code's `claude_code.api_request` events into observations. Pure.

One event is one finished response, as observed of Claude Code 2.1.330: written at its end, with the provider's request
id and the disjoint counters of the response's own model. What it does not tell is unknown, not zero: the response id,
models that worked inside the response (their price is in `cost_usd`), thinking tokens, web searches, folder, branch.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from tollbook.identity import Id, classify
from tollbook.money import NANO_USD_PER_USD, nano_usd
from tollbook.problem import Problem
from tollbook.sighting import NO_SCOPE, NO_WORK, Scope, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, Evidence, IdKind, Provider, Purpose, Quality, Source, Tool
from tollbook.work import Known, Work
from tollbook_agent.capture.anthropic_usage import disjoint, fault_of
from tollbook_agent.capture.logs.claude_meaning import payer_of
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.otlp.event import Event
from tollbook_agent.context.remote import repo_name

READER_EPOCH = 1
"""Raised when the counting of this reader is corrected."""
MAX_COST_USD = Decimal(1_000_000)
"""A client's own price of one call beyond this is damage."""
MAX_DURATION_MS = 24 * 3600 * 1000
"""A response that took longer is damage."""
COUNTED_ONCE_SINCE = (2, 1, 214)
"""Before, streams that report usage in several frames (some gateways) inflated the counts (Claude Code's changelog)."""
WHERE = "claude_code.api_request"

_NS_PER_MS = 1_000_000
_NANO_PER_MICRO = NANO_USD_PER_USD // 1_000_000
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHANNELS: Mapping[str, Channel] = {
    "bedrock": Channel.BEDROCK,
    "vertex": Channel.VERTEX,
    "foundry": Channel.AZURE,
}
"""Claude Code's names of its providers, beside `firstParty`."""
_PURPOSES: tuple[tuple[str, Purpose], ...] = (
    ("repl_main_thread", Purpose.TURN),
    ("sdk", Purpose.TURN),
    ("agent:", Purpose.SUBAGENT),
    ("compact", Purpose.COMPACTION),
    ("generate_session_title", Purpose.TITLE),
)
"""Beginnings of `query_source`."""


def read(event: Event) -> tuple[Observation | None, list[Problem]]:
    """The observation of one event, and what was wrong with it. Without an id or a time there is none."""
    problems: list[Problem] = []
    request = event.text("request_id")
    model = event.text("model")
    channel, channel_basis = _channel(event, request or "", model or "")
    ids = _ids(event, request, channel)
    if not ids:
        return None, [_problem("event_without_id", remedy="update Claude Code: its older events name no request")]
    if event.at_ns <= 0:
        return None, [_problem("event_without_time")]
    cost, usage = _cost(event, problems), _usage(event, problems)
    clouds = (Channel.BEDROCK, Channel.VERTEX)
    query, agent = event.text("query_source"), event.text("agent_id")
    speed = event.text("speed")
    scope = _scope(event, channel, model or "")
    sighting = Sighting(
        source=Source.OTEL,
        tool=Tool.CLAUDE_CODE,
        ids=ids,
        started_at=event.at_ns - _duration_ns(event, problems),
        ended_at=event.at_ns,
        quality=Quality.FINAL if _is_counted_once(event) else Quality.PARTIAL,
        usage=usage,
        channel=channel,
        provider=Provider.ANTHROPIC if channel or "claude" in (model or "") else None,
        billing=Billing.METERED if channel in clouds else None,
        scope=scope,
        model=model,
        speed="standard" if speed == "normal" else speed,
        session_id=event.text("session.id"),
        turn_id=event.text("prompt.id"),
        agent_id=agent,
        purpose=_purpose(query, agent or event.text("agent.name")),
        work=_work(event),
        reported_cost_nano_usd=cost,
        reader_epoch=READER_EPOCH,
        basis={"channel": channel_basis, **_BASIS},
    )
    return Observation(sighting=sighting), problems


_BASIS: Mapping[str, Basis] = {
    "provider": Basis.SHAPE,
    "billing": Basis.SHAPE,
    "model": Basis.CONFIGURED,
    "scope.organization": Basis.CONFIGURED,
    "scope.region": Basis.SHAPE,
    "scope.endpoint_scope": Basis.SHAPE,
}
"""The model of an event is the one Claude Code asked for, with its provider's spelling."""


def _ids(event: Event, request: str | None, channel: Channel | None) -> tuple[Id, ...]:
    """The ids of a response. On Bedrock and Vertex the request id has another shape: it is kept as it is."""
    ids = (classify(IdKind.REQUEST, request),) if request else ()
    client = event.text("client_request_id")
    if client and channel is Channel.ANTHROPIC:
        ids += (Id(IdKind.CLIENT_REQUEST, client),)
    return ids


def _channel(event: Event, request: str, model: str) -> tuple[Channel | None, Basis]:
    """Who bills: from Claude Code's own setting; else from the shapes of request id and model name."""
    name = event.text("anthropic.provider") or ""
    if name in _CHANNELS:
        return _CHANNELS[name], Basis.CONFIGURED
    if name == "firstParty" and event.truth("anthropic.custom_base_url") is False:
        return Channel.ANTHROPIC, Basis.CONFIGURED
    if request.startswith("req_0"):
        return Channel.ANTHROPIC, Basis.SHAPE
    told = payer_of("", request, model, "").channel
    if told is None and not name and "claude" in model and _UUID.fullmatch(request):
        return Channel.BEDROCK, Basis.SHAPE  # x-amzn-requestid
    return told, Basis.SHAPE


def _scope(event: Event, channel: Channel | None, model: str) -> Scope:
    """The organization Claude Code is signed in to; of a Bedrock model the endpoint its name is for."""
    if channel is Channel.BEDROCK:
        return payer_of("msg_bdrk_", "", model, "").scope
    organization = event.text("organization.id")
    return Scope(organization=organization) if organization and channel is Channel.ANTHROPIC else NO_SCOPE


def _purpose(query: str | None, agent: str | None) -> Purpose:
    """Why Claude Code asked. Before 2.1.330 `query_source` of a subagent was its bare name, beside `agent.name`."""
    for start, purpose in _PURPOSES:
        if query and query.startswith(start):
            return purpose
    return Purpose.SUBAGENT if agent else Purpose.OTHER


def _usage(event: Event, problems: list[Problem]) -> Usage | None:
    """The counters; `None` where there are none, or none that can be believed.

    The total of the cache writes is at least the sum of its lifetimes; versions without those give the total alone.
    """
    names = ("input_tokens", "cache_read_tokens", "cache_creation_tokens", "output_tokens")
    counts = [event.count(name) for name in names]
    if all(count is None for count in counts):
        problems.append(_problem("event_without_counts"))
        return None
    fresh, read, written, output = (count or 0 for count in counts)
    five = event.count("cache_creation_5m_tokens") or 0
    one = event.count("cache_creation_1h_tokens") or 0
    fault = fault_of(fresh, read, written, output, five, one)
    if fault is not None:
        problems.append(_problem(fault.reason))
        return None
    return disjoint(fresh, read, max(written, five + one), five, one, output, 0, 0)


def _cost(event: Event, problems: list[Problem]) -> int | None:
    """What Claude Code believes the call cost, in nano-dollars."""
    micros = event.count("cost_usd_micros")
    usd = event.decimal("cost_usd") if micros is None else Decimal(micros) / 1_000_000
    if usd is None:
        return None
    if not 0 <= usd <= MAX_COST_USD:
        problems.append(_problem("cost_out_of_range"))
        return None
    return nano_usd(usd) if micros is None else micros * _NANO_PER_MICRO


def _duration_ns(event: Event, problems: list[Problem]) -> int:
    """How long the response took; the event is written at its end."""
    duration = event.count("duration_ms")
    if duration is None:
        return 0
    if not 0 <= duration <= MAX_DURATION_MS or duration * _NS_PER_MS > event.at_ns:
        problems.append(_problem("duration_out_of_range"))
        return 0
    return duration * _NS_PER_MS


def _is_counted_once(event: Event) -> bool:
    match = _VERSION.match(event.text("app.version") or "")
    return match is None or tuple(map(int, match.groups())) >= COUNTED_ONCE_SINCE


def _work(event: Event) -> Work:
    """The repository, where Claude Code was told to name it (OTEL_METRICS_INCLUDE_REPOSITORY)."""
    url = event.text("vcs.repository.url.full")
    repo = None if url is None else repo_name(url)
    owner, name = event.text("vcs.owner.name"), event.text("vcs.repository.name")
    if repo is None and owner and name:
        repo = repo_name(f"https://named.invalid/{owner}/{name}")
    return NO_WORK if repo is None else Work(repo=Known(repo, Evidence.METADATA))


def _problem(reason: str, *, remedy: str = "") -> Problem:
    return Problem(reason=reason, where=WHERE, remedy=remedy)
