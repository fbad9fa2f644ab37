"""FOCUS 1.3 rows of an allocation: the standard's columns, and the allocation columns beside them.

Source: FOCUS_Spec, Cost and Usage dataset 1.3 (2025-12-04), with AllocatedMethodId, AllocatedMethodDetails,
AllocatedResourceId, AllocatedResourceName and AllocatedTags. What deviates is listed in docs/allocation.md. Columns
of our own carry the prefix `x_`. Token classes have no column in FOCUS: they are properties of SkuPriceDetails.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tollbook.answer import iso_time, moment
from tollbook.money import usd_text
from tollbook_collector.allocate.report import ratio
from tollbook_collector.allocate.result import Allocation, Piece, Posting
from tollbook_collector.allocate.rows import AllocationRow

VERSION = "1.3"
CATEGORIES = {
    "usage": "Usage",
    "purchase": "Purchase",
    "tax": "Tax",
    "credit": "Credit",
    "adjustment": "Adjustment",
}
"""ChargeCategory: five values exactly."""
RATIO_DECIMALS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who provides, hosts and bills a channel's models."""

    service: str
    provider: str
    host: str
    issuer: str


_SELLERS: Mapping[str, Seller] = {
    "anthropic": Seller(service="Claude API", provider="Anthropic", host="Anthropic", issuer="Anthropic"),
    "openai": Seller(service="OpenAI API", provider="OpenAI", host="OpenAI", issuer="OpenAI"),
    "chatgpt": Seller(service="ChatGPT", provider="OpenAI", host="OpenAI", issuer="OpenAI"),
    "bedrock": Seller(service="Amazon Bedrock", provider="Anthropic", host="AWS", issuer="AWS"),
    "aws_marketplace": Seller(service="Claude Platform on AWS", provider="Anthropic", host="AWS", issuer="AWS"),
    "vertex": Seller(service="Vertex AI", provider="Anthropic", host="Google Cloud", issuer="Google Cloud"),
    "azure": Seller(service="Microsoft Foundry", provider="Anthropic", host="Microsoft", issuer="Microsoft"),
    "cursor": Seller(service="Cursor", provider="Cursor", host="Cursor", issuer="Cursor"),
    "github_copilot": Seller(service="GitHub Copilot", provider="GitHub", host="GitHub", issuer="GitHub"),
}

COLUMNS: tuple[str, ...] = (
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "BilledCost",
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "ConsumedQuantity",
    "ConsumedUnit",
    "PricingQuantity",
    "PricingUnit",
    "PricingCategory",
    "HostProviderName",
    "InvoiceId",
    "InvoiceIssuerName",
    "ServiceProviderName",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "RegionId",
    "RegionName",
    "ResourceId",
    "Tags",
    "AllocatedMethodId",
    "AllocatedMethodDetails",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AllocatedTags",
    "x_Untracked",
    "x_Bucket",
    "x_Model",
    "x_TokenClass",
    "x_BillStatus",
)

type FocusRow = dict[str, Any]
"""Costs are decimal strings of dollars with nine places, quantities whole numbers, JSON columns JSON texts."""


def _as_it_is(engineer: str) -> str:
    return engineer


def focus_rows(
    allocation: Allocation,
    period_start: int,
    period_end: int,
    bundle: str,
    shown: Callable[[str], str] = _as_it_is,
) -> Iterator[FocusRow]:
    """One row a piece, in the order of the allocation; the sum of each cost is that of the ledger to the nano-dollar.

    The period's days are UTC days since 1970-01-01, the end exclusive. `bundle` is the id of the rules applied;
    `shown` gives an engineer as whoever asks may see them.
    """
    postings = {(each.row, f"{each.path}/{each.split}:{each.to_value}"): each for each in allocation.postings}
    for piece in allocation.pieces:
        row = allocation.rows[piece.row]
        base = not piece.path
        if not any(piece.amounts) and not (base and (row.tokens or row.calls)):
            continue
        found: FocusRow = dict.fromkeys(COLUMNS)
        found |= _period(row, period_start, period_end) | _charge(row, piece) | _service(row)
        found |= _allocated(allocation, piece, postings.get((piece.row, piece.path)), bundle, shown)
        yield found


def _period(row: AllocationRow, start: int, end: int) -> FocusRow:
    return {
        "BillingPeriodStart": _time(start),
        "BillingPeriodEnd": _time(end),
        "ChargePeriodStart": _time(row.day),
        "ChargePeriodEnd": _time(row.day + 1),
    }


def _time(day: int) -> str:
    return iso_time(moment(day))[:19] + "Z"


def _charge(row: AllocationRow, piece: Piece) -> FocusRow:
    listed, billed, effective = piece.amounts
    usage = row.kind == "usage" and not piece.path
    return {
        "ChargeCategory": CATEGORIES[row.kind],
        "ChargeDescription": f"{row.model} {row.token_class}",
        "ChargeFrequency": "Usage-Based" if row.kind == "usage" else "One-Time",
        "BillingCurrency": "USD",
        # An estimate has no invoice money: its cost columns say zero, and x_BillStatus why.
        "BilledCost": usd_text(billed or 0),
        "EffectiveCost": usd_text(effective or 0),
        "ListCost": usd_text(listed or 0),
        "ContractedCost": usd_text(billed if billed is not None else listed or 0),
        "ConsumedQuantity": row.tokens if usage else None,
        "ConsumedUnit": "Tokens" if usage else None,
        "PricingQuantity": row.tokens if usage else None,
        "PricingUnit": "Tokens" if usage else None,
        "PricingCategory": "Standard" if row.kind in ("usage", "purchase") else None,
        "InvoiceId": row.document,
        "x_Untracked": "true" if row.untracked else "false",
        "x_Bucket": row.bucket,
        "x_BillStatus": "Estimated" if row.billed_nano_usd is None else "Billed",
    }


def _service(row: AllocationRow) -> FocusRow:
    name = row.channel or "unknown"
    seller = _SELLERS.get(row.channel, Seller(service=name, provider=name, host=name, issuer=name))
    account = row.workspace or row.project or row.account
    kind = "Workspace" if row.workspace else "Project" if row.project else "Account" if row.account else None
    billing = row.organization or row.channel
    details = {"ModelId": row.model, "TokenType": row.token_class, "ServiceTier": row.service_tier}
    sku = f"{row.channel}/{row.model}/{row.token_class}" if row.kind in ("usage", "purchase") else None
    return {
        "BillingAccountId": billing,
        "BillingAccountName": billing,
        "BillingAccountType": "Organization" if row.organization else "Channel",
        "HostProviderName": seller.host,
        "InvoiceIssuerName": seller.issuer,
        "ServiceProviderName": seller.provider,
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": seller.service,
        "SkuId": sku,
        "SkuPriceId": sku and f"{sku}/{row.service_tier or 'standard'}",
        "SkuMeter": row.token_class.replace("_", " ").title() if row.kind == "usage" else None,
        "SkuPriceDetails": _json({f"x_{key}": value for key, value in details.items() if value})
        if row.kind == "usage"
        else None,
        "SubAccountId": account,
        "SubAccountName": account,
        "SubAccountType": kind,
        "RegionId": row.region,
        "RegionName": row.region,
        "Tags": _json(dict(row.tags)) if row.tags else None,
        "x_Model": row.model,
        "x_TokenClass": row.token_class,
    }


def _allocated(
    allocation: Allocation, piece: Piece, posting: Posting | None, bundle: str, shown: Callable[[str], str]
) -> FocusRow:
    values = {
        name: placed.value
        for name, placed in zip(allocation.dimensions, piece.places, strict=True)
        if placed.value is not None
    }
    if "engineer" in values:
        values["engineer"] = shown(values["engineer"])
    rules = {
        name: placed.rule
        for name, placed in zip(allocation.dimensions, piece.places, strict=True)
        if placed.rule is not None
    }
    resource = values.get("ticket")
    method: str | None = f"tollbook/{bundle}" if rules else None
    element: dict[str, Any] = {"x_Rules": rules}
    if posting is not None:
        method = f"tollbook/{bundle}/{posting.split}"
        share = ratio(posting.weight, posting.total, RATIO_DECIMALS)
        element |= {
            "AllocatedRatio": share,
            "UsageUnit": "Weight",
            "UsageQuantity": posting.weight,
            "x_Total": posting.total,
        }
    return {
        "AllocatedMethodId": method,
        "AllocatedMethodDetails": _json({"Elements": [element]}) if method else None,
        "AllocatedResourceId": resource,
        "AllocatedResourceName": resource,
        "AllocatedTags": _json(values) if values else None,
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
