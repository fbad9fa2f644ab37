"""What finance reads: a row a cell and totals a channel, and what each row is made of. The documented JSON."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tollbook.answer import day_text
from tollbook.money import usd_text
from tollbook_collector.bills.findings import Finding
from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.reconcile import Reconciled
from tollbook_collector.bills.settle import TRACKED, UNTRACKED, Settled

_MONEY = (
    "billed_nano_usd",
    "tracked_nano_usd",
    "untracked_nano_usd",
    "bucket_nano_usd",
    "list_nano_usd",
    "rate_variance_nano_usd",
    "volume_variance_nano_usd",
)
_SUMMED = ("billed_tokens", "seen_tokens", *_MONEY)
_COVERAGE = Decimal("0.0001")


def row(settled: Settled, *, explain: bool = False) -> dict[str, Any]:
    """One cell. billed = tracked + untracked + bucket, and billed = list + rate + volume variance + bucket."""
    key = settled.cell.key
    billed, tracked = settled.cell.nano_usd, settled.total(TRACKED)
    untracked = settled.total(UNTRACKED)
    made: dict[str, Any] = {
        "channel": key.channel,
        "source": key.source,
        "day": day_text(key.day),
        "days": key.days,
        "scope": key.scope or None,
        "model": key.model or None,
        "service_tier": key.service_tier or None,
        "geo": key.geo or None,
        "band": key.band or None,
        "token_class": key.token_class or None,
        "owner": key.owner or None,
        "kind": key.kind,
        "billed_tokens": settled.cell.quantity if key.kind == Kind.USAGE else None,
        "seen_tokens": settled.seen_tokens,
        "billed_nano_usd": billed,
        "tracked_nano_usd": tracked,
        "untracked_nano_usd": untracked,
        "bucket_nano_usd": billed - tracked - untracked,
        "list_nano_usd": settled.list_nano,
        "rate_variance_nano_usd": tracked - settled.list_nano,
        "volume_variance_nano_usd": untracked,
        "method": settled.method,
        "documents": sorted(settled.cell.by_document),
    }
    if explain:
        made["skus"] = sorted(settled.cell.skus)
        made["bill_lines"] = [{"document": document, "line": line} for document, line in settled.cell.lines]
        made["shares"] = [_share(share) for share in settled.shares]
    return made


def _share(share: Any) -> dict[str, Any]:
    return {
        "account": share.account,
        **{name: value or None for name, value in share.group._asdict().items()},
        "owner": share.owner or None,
        "tokens": share.tokens,
        "list_nano_usd": share.list_nano,
        "nano_usd": share.nano_usd,
        "rule": share.rule,
        "weight": share.weight,
        "weights": share.weights,
    }


def totals(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a channel, and what part of its use was seen. Ratios are of sums, never averages."""
    sums: dict[str, dict[str, int]] = {}
    for one in rows:
        mine = sums.setdefault(one["channel"], _zeros())
        for name in _SUMMED:
            mine[name] += one[name] or 0
    return [{"channel": channel, **mine, **_coverage(mine)} for channel, mine in sorted(sums.items())]


def total(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The sum of all rows, in the same names."""
    mine = _zeros()
    for one in rows:
        for name in _SUMMED:
            mine[name] += one[name] or 0
    return {**mine, **_coverage(mine)}


def _zeros() -> dict[str, int]:
    return dict.fromkeys(_SUMMED, 0)


def _coverage(sums: dict[str, int]) -> dict[str, Any]:
    use = sums["tracked_nano_usd"] + sums["untracked_nano_usd"]
    coverage = None if use <= 0 else str((Decimal(sums["tracked_nano_usd"]) / use).quantize(_COVERAGE))
    return {"coverage": coverage, "billed_usd": usd_text(sums["billed_nano_usd"])}


def finding_json(finding: Finding) -> dict[str, Any]:
    return finding._asdict()


def report(reconciled: Reconciled, state: str, *, explain: bool = False) -> dict[str, Any]:
    """The whole answer of `reconcile --json`."""
    rows = [row(settled, explain=explain) for settled in reconciled.cells]
    return {
        "period": reconciled.period,
        "state": state,
        "rows": rows,
        "totals": totals(rows),
        "total": total(rows),
        "unbilled": _unbilled(reconciled),
        "findings": [finding_json(one) for one in reconciled.findings],
    }


def _unbilled(reconciled: Reconciled) -> list[dict[str, Any]]:
    """Tokens and list value that no bill has, by channel and model: never money that is owed."""
    sums: dict[tuple[str, str], list[int]] = {}
    for item in reconciled.unbilled:
        mine = sums.setdefault((item.channel, item.model or ""), [0, 0])
        mine[0] += item.tokens
        mine[1] += item.list_nano
    return [
        {"channel": channel, "model": model or None, "tokens": tokens, "list_nano_usd": listed}
        for (channel, model), (tokens, listed) in sorted(sums.items())
    ]
