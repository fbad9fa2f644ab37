"""Example answers: computed from one example call by the code that answers, so that they cannot go stale."""

from collections.abc import Mapping
from typing import Any

from tollbook import answer
from tollbook.answer import day_number
from tollbook.booked import book_row
from tollbook.claim import claim_of
from tollbook.conclude import conclude
from tollbook.document import document
from tollbook.group import group
from tollbook.identity import Id
from tollbook.prices import default_book, price
from tollbook.sighting import Scope, Sighting
from tollbook.ticket import TicketRule
from tollbook.usage import Usage
from tollbook.vocabulary import Billing, Channel, Evidence, IdKind, Provider, Purpose, Source, Tool
from tollbook.work import Known, Work
from tollbook_collector.bills.vendor_rows import NONE, Figures, VendorKey, VendorRow
from tollbook_collector.ledger.periods import State
from tollbook_collector.store.record.schema import NEWEST
from tollbook_collector.vendor_table import vendor_table
from tollbook_collector.work_cost import MonthBill, WorkQuestion, of_ticket, with_bills

_STARTED = 1_791_968_400_000_000_000
"""2026-10-14 09:00 UTC."""


def example_sighting() -> Sighting:
    """A call of Claude Code as the proxy saw it."""
    return Sighting(
        source=Source.PROXY,
        tool=Tool.CLAUDE_CODE,
        ids=(Id(IdKind.RESPONSE, "msg_01XFDUDYJgAACzvnptvVoYEL"), Id(IdKind.REQUEST, "req_011CSHoEeqs5C35K2UUqR7Fy")),
        started_at=_STARTED,
        ended_at=_STARTED + 4_200_000_000,
        usage=Usage(input=12, cache_read=48_210, cache_write_5m=1_905, output=731),
        channel=Channel.ANTHROPIC,
        provider=Provider.ANTHROPIC,
        billing=Billing.METERED,
        scope=Scope(organization="org-example"),
        model="claude-sonnet-4-5-20250929",
        session_id="5f0c9f4e-8a9f-4d0c-9f7e-0d1a2b3c4d5e",
        purpose=Purpose.TURN,
        work=Work(
            engineer=Known("ada@example.com", Evidence.EXPLICIT),
            device=Known("laptop-7f3a", Evidence.EXPLICIT),
            repo=Known("acme/payments", Evidence.WORKTREE),
            branch=Known("feature/PAY-123-retries", Evidence.REFLOG),
        ),
    )


def examples() -> Mapping[str, Mapping[str, Any]]:
    """An example answer for every operation of the API, by operation id."""
    claim = claim_of(example_sighting(), "laptop-7f3a")
    assert claim is not None
    call = conclude(group([claim]).groups[0], TicketRule(project_keys=frozenset({"PAY"})))
    charge = price(call, default_book())
    row, shown = book_row(call, charge), document(call, charge)
    book = charge.price_book
    ticket = answer.ticket([row], "PAY-123", source="collector", price_book=book)
    return {
        "ticket": ticket,
        "work_cost": _billed(of_ticket(ticket, WorkQuestion(ticket="PAY-123"))),
        "spend": answer.spend([row], ("ticket", "repo"), "2026-10-01", "2026-11-01") | {"vendor": _vendor()},
        "calls": {"calls": [shown], "next": None},
        "call": shown,
        "status": {
            "version": "0.1.0",
            "record": {
                "calls": 1,
                "claims": 1,
                "aliases": 2,
                "orphans": 0,
                "discarded": {},
                "last_booked_at": answer.iso_time(call.ended_at),
                "schema": NEWEST,
                "price_book": book,
            },
            "receivers": {"otlp_grpc": {"requests": 1, "spans": 1, "discarded": {}, "refused": {}, "ignored": {}}},
        },
        **_administration(answer.iso_time(call.ended_at)),
        "livez": {"status": "alive"},
        "readyz": {"status": "ready"},
    }


def _vendor() -> list[dict[str, Any]]:
    """A month of Cursor that nothing but its own report tells of."""
    figures = (Figures(12, 96_000, 410_000_000, 410_000_000), Figures(30, 210_000, 900_000_000), NONE)
    key = VendorKey("cursor", "cursor_usage_events", 4, day_number("2026-10-14"), None, "composer-2")
    row = VendorRow(key, (*figures, Figures(0, 0, 20_000_000, 20_000_000)))
    return vendor_table(
        [row], {}, by_day=False, person=lambda one: one, model=lambda _, name: name, shown=lambda one: one
    )[0]


def _billed(cost: dict[str, Any]) -> dict[str, Any]:
    """As when a bill has come that is a little lower than the list price."""
    amount = cost["list_nano_usd"]
    return with_bills(
        cost,
        lambda months: [MonthBill(months[0], State.PROVISIONAL, amount - 1_000_000, amount, 97 * amount, 3 * amount)],
    )


def _administration(at: str) -> Mapping[str, Mapping[str, Any]]:
    """Devices, the audit log, an enrolment."""
    return {
        "devices": {
            "devices": [
                {
                    "device": "7f3a91c20be4d655",
                    "engineer": "ada@example.com",
                    "version": "0.1.0",
                    "last_beat_at": at,
                    "silent_seconds": 40,
                    "made": 1_204,
                    "sent": 1_201,
                    "waiting": 3,
                    "held": 1_201,
                    "missing": 0,
                    "dropped": {"line_not_json": 1},
                    "incomplete": ["dropped", "waiting"],
                }
            ]
        },
        "project_keys": {"project_keys": ["OPS", "PAY"], "source": "outcomes"},
        "audit": {
            "entries": [
                {
                    "sequence": 1,
                    "at": at,
                    "actor": "operator",
                    "action": "token_create",
                    "object": "4f0c2a9b71de",
                    "detail": "device",
                    "chain": "5c" * 32,
                }
            ],
            "next": None,
            "faults": [],
        },
        "enrolled": {
            "credential": "4f0c2a9b71de",
            "token": "tbd_1_4f0c2a9b71de_" + "x" * 43,
            "state": "active",
            "device": "7f3a91c20be4d655",
            "engineer": "ada@example.com",
            "tenant": "default",
            "expires_at": at,
            "ports": {"otlp_grpc": 4317, "otlp_http": 4318},
        },
    }
