"""The attributes Tollbook recommends to agents of others: GenAI conventions, `vcs.*` and a few of `tollbook.*`.

Tollbook's own agent sends whole claims instead (`tollbook.schema`), which are no dialect. Recognised by
`tollbook.call.key` or `tollbook.request.id`. Input: inclusive, as the recommendation says; the lifetimes of cache
writes travel under `tollbook.usage`.
"""

from dataclasses import replace

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Billing, Evidence, Source, Tool
from tollbook.work import Known, Work
from tollbook_collector.receivers.dialects.business import email_of
from tollbook_collector.receivers.dialects.counting import Counting, semconv
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.plain import Record

_SOURCES = (("proxy", Source.PROXY), ("transcript", Source.LOG), ("log", Source.LOG), ("gateway", Source.GATEWAY))
_TOOLS = {tool.value: tool for tool in Tool}
_EVIDENCE = {one.value: one for one in Evidence}
NAMES = GENAI | {
    "tollbook.call.key",
    "tollbook.request.id",
    "tollbook.client_request.id",
    "tollbook.source",
    "tollbook.usage.cache_write_5m",
    "tollbook.usage.cache_write_1h",
    "tollbook.usage.web_search_requests",
    "tollbook.service_tier",
    "tollbook.speed",
    "tollbook.billing.route",
    "tollbook.ticket.id",
    "tollbook.ticket.source",
    "tollbook.prompt.id",
    "tollbook.subagent.id",
    "vcs.owner.name",
    "vcs.repository.name",
    "vcs.ref.head.name",
    "vcs.ref.head.revision",
}


def recognise(record: Record) -> bool:
    return "tollbook.call.key" in record.attributes or "tollbook.request.id" in record.attributes


def read(record: Record) -> Sighting | Problem | None:
    text = record.text
    told = text("tollbook.source") or ""
    reported = replace(
        semconv(record),
        cache_write_5m=record.count("tollbook.usage.cache_write_5m"),
        cache_write_1h=record.count("tollbook.usage.cache_write_1h"),
        web_searches=record.count("tollbook.usage.web_search_requests"),
    )
    return told_by(
        record,
        next((source for word, source in _SOURCES if word in told), Source.OTEL),
        Counting.INCLUSIVE,
        reported,
        request_id=text("tollbook.request.id"),
        client_request_id=text("tollbook.client_request.id"),
        tool=_TOOLS.get(text("gen_ai.agent.name") or "", Tool.OTHER),
        billing=_billing(text("tollbook.billing.route")),
        service_tier=text("tollbook.service_tier"),
        speed=text("tollbook.speed"),
        turn_id=text("tollbook.prompt.id"),
        agent_id=text("tollbook.subagent.id"),
        work=_work(record),
    )


def _billing(route: str | None) -> Billing | None:
    if route == "subscription":
        return Billing.SUBSCRIPTION
    return Billing.METERED if route in ("api_key", "bedrock", "vertex") else None


def _work(record: Record) -> Work:
    text = record.text
    name, owner = text("vcs.repository.name"), text("vcs.owner.name")
    ticket = _EVIDENCE.get(text("tollbook.ticket.source") or "", Evidence.METADATA)
    return Work(
        engineer=_known(email_of(text("user.email"))),
        repo=_known(f"{owner}/{name}" if owner and name else name),
        branch=_known(text("vcs.ref.head.name")),
        commit=_known(text("vcs.ref.head.revision")),
        tickets=_known(text("tollbook.ticket.id"), ticket),
    )


def _known(value: str | None, evidence: Evidence = Evidence.METADATA) -> Known | None:
    return Known(value, evidence) if value else None


DIALECT = Dialect("tollbook_plain", recognise, read, NAMES)
