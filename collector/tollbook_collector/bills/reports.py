"""Every report that is read here: what tells it from the others, and its reader. A new one is a row more."""

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from tollbook_collector.bills.readers import (
    anthropic_cost,
    anthropic_usage,
    claude_code_analytics,
    claude_enterprise,
    claude_spend_csv,
    codex_credits,
    copilot,
    copilot_api,
    cur,
    cursor_csv,
    cursor_events,
    invoices,
    openai,
    vertex,
)
from tollbook_collector.bills.statement import Statement
from tollbook_collector.bills.units import ListRate

type Read = Callable[[bytes, str, ListRate], list[Statement]]
"""Of a file's bytes and its name without folders."""


class Shape(Enum):
    """Where a report has the names that tell it."""

    HEADER = auto()
    """The first line of a CSV."""
    LINE = auto()
    """The first of its JSON lines."""
    DOCUMENT = auto()
    """Its one JSON document."""
    RECORD = auto()
    """The members of `data` in that document."""
    ROW = auto()
    """The `results` of those."""


class Report(NamedTuple):
    """One kind of file."""

    source: str
    shape: Shape
    names: frozenset[str]
    """It has all of these."""
    read: Read


def _alone(read: Callable[[bytes], Statement]) -> Read:
    """A reader of one statement that needs nothing but the bytes."""
    return lambda raw, _name, _rate: [read(raw)]


def _priced(read: Callable[[bytes, ListRate], list[Statement]]) -> Read:
    """A reader that tells what a quantity is worth by the price book."""
    return lambda raw, _name, rate: read(raw, rate)


_INVOICE = (
    "InvoiceId InvoiceIssuerName BillingPeriodStart BillingPeriodEnd ChargeCategory InvoiceDetailDescription BilledCost"
    " BillingCurrency"
)
_CUR = (
    "bill_billing_period_start_date bill_payer_account_id line_item_line_item_type line_item_usage_type"
    " line_item_product_code line_item_usage_account_id line_item_usage_amount line_item_usage_start_date"
    " line_item_unblended_cost line_item_currency_code"
)
_COPILOT = "date username sku unit_type gross_amount discount_amount"


def _report(source: str, shape: Shape, names: str, read: Read) -> Report:
    return Report(source, shape, frozenset(names.split()), read)


REPORTS: tuple[Report, ...] = (
    _report(cur.SOURCE, Shape.HEADER, _CUR, _priced(cur.read)),
    _report(copilot.SOURCE, Shape.HEADER, _COPILOT, _alone(copilot.read)),
    _report(cursor_csv.SOURCE, Shape.HEADER, "Date Model Cost", _alone(cursor_csv.read)),
    _report(
        claude_spend_csv.SOURCE,
        Shape.HEADER,
        "total_net_spend_usd total_gross_spend_usd",
        lambda raw, name, _rate: [claude_spend_csv.read(raw, name)],
    ),
    _report(invoices.SOURCE, Shape.HEADER, _INVOICE, lambda raw, _name, _rate: invoices.read(raw)),
    _report(vertex.SOURCE, Shape.LINE, "billing_account_id sku invoice cost", _priced(vertex.read)),
    _report(cursor_events.SOURCE, Shape.DOCUMENT, "usageEvents", _alone(cursor_events.read)),
    _report(copilot_api.SOURCE, Shape.DOCUMENT, "usageItems timePeriod", _alone(copilot_api.read)),
    _report(claude_code_analytics.SOURCE, Shape.RECORD, "actor model_breakdown", _alone(claude_code_analytics.read)),
    _report(claude_enterprise.USERS, Shape.RECORD, "actor amount list_amount", _alone(claude_enterprise.read_users)),
    _report(codex_credits.SOURCE, Shape.RECORD, "totals start_time", _alone(codex_credits.read)),
    _report(anthropic_usage.SOURCE, Shape.ROW, "uncached_input_tokens output_tokens", _alone(anthropic_usage.read)),
    _report(
        claude_enterprise.ORGANIZATION, Shape.ROW, "amount list_amount", _alone(claude_enterprise.read_organization)
    ),
    _report(anthropic_cost.SOURCE, Shape.ROW, "amount cost_type description", _alone(anthropic_cost.read)),
    _report(openai.USAGE, Shape.ROW, "input_tokens output_tokens num_model_requests", _alone(openai.read_usage)),
    _report(openai.COSTS, Shape.ROW, "amount line_item", _alone(openai.read_costs)),
)
"""In the order in which they are tried."""
