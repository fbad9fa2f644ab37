"""Cloudflare's AI Gateway.

Recognised by `gen_ai.model.provider`, which nobody else writes. Input: it has no counts of the cache, so what it calls
input may or may not hold them; its counts yield to those of any observer that knows more. Metadata of the request are
bare attributes: only the usual names of a user, a team, a customer and a ticket are read.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Quality, Source
from tollbook_collector.receivers.dialects.business import CUSTOMER_NAMES, TEAM_NAMES, TICKET_NAMES, tags_of, work_of
from tollbook_collector.receivers.dialects.counting import Counting
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.plain import Record

_PROVIDER = "gen_ai.model.provider"
_BARE = (*TEAM_NAMES, *CUSTOMER_NAMES, *sorted(TICKET_NAMES), "project", "environment", "cost_center")
_USERS = ("user_email", "user_id", "user", "email")
NAMES = GENAI | {_PROVIDER, "gen_ai.usage.cost", *_BARE, *_USERS}


def recognise(record: Record) -> bool:
    return _PROVIDER in record.attributes


def read(record: Record) -> Sighting | Problem | None:
    return told_by(
        record,
        Source.GATEWAY,
        Counting.UNSAID,
        provider=record.text(_PROVIDER),
        quality=Quality.PARTIAL,
        cost_usd=record.decimal("gen_ai.usage.cost"),
        work=work_of(
            Evidence.METADATA, tags_of((name, record.attributes.get(name)) for name in _BARE), user=record.text(*_USERS)
        ),
    )


DIALECT = Dialect("cloudflare", recognise, read, NAMES)
