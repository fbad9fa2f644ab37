"""Bills for tests: the recordings, and a company whose calls are a list."""

import json
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tollbook.answer import day_number
from tollbook.prices import default_book
from tollbook_collector.bills.lines import BillDocument
from tollbook_collector.bills.read import BillFile, read_files
from tollbook_collector.bills.units import list_rates
from tollbook_collector.finance import Finance
from tollbook_collector.store.finance.sqlite import FinanceFile

RECORDINGS = Path(__file__).parents[1] / "recordings" / "bills"
RATES = list_rates(default_book())
NOON_NS = 1_790_000_000 * 10**9
TOLD_CALL: dict[str, Any] = {
    "ids": {"response": "msg_1"},
    "tool": "claude-code",
    "channel": "anthropic",
    "provider": "anthropic",
    "model": "claude-opus-5",
    "started_at": "2026-09-14T10:00:00Z",
    "usage": {"output": 6_000},
    "scope": {"workspace": "wrkspc_01ACME"},
    "service_tier": "standard",
    "engineer": "grace@acme.example",
    "branch": "feature/PAY-7-x",
    "evidence": {"engineer": "explicit", "branch": "head"},
}
"""A line of `calls import` that the recorded bills of its day charge."""


def recorded(*names: str) -> list[BillFile]:
    """Recordings as files."""
    return [BillFile(name, (RECORDINGS / name).read_bytes()) for name in names]


def one_document(*names: str) -> BillDocument:
    """The only document of some recordings."""
    documents, problems = read_files(recorded(*names), RATES)
    assert problems == []
    (document,) = documents
    return document


@contextmanager
def finance(folder: Path, calls: Iterable[Mapping[str, Any]] = ()) -> Generator[Finance]:
    """A company with these calls."""
    kept = list(calls)

    def of_days(start: int | None, end: int | None) -> list[Mapping[str, Any]]:
        days = ((one, day_number(one["started_at"][:10])) for one in kept)
        return [one for one, day in days if (start is None or day >= start) and (end is None or day < end)]

    file = FinanceFile(folder / "finance.sqlite")
    try:
        yield Finance(file, calls=of_days, book=default_book(), clock=lambda: NOON_NS)
    finally:
        file.close()


def call(
    number: int,
    *,
    output: int,
    engineer: str = "grace@acme.example",
    model: str = "claude-opus-5",
    day: str = "2026-09-14",
    list_nano_usd: int = 25_000,
    tickets: tuple[str, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """A call's document with output only. `list_nano_usd` is the price of one token."""
    plain: dict[str, Any] = {
        "call_id": f"{number:032x}",
        "channel": "anthropic",
        "tool": "claude-code",
        "started_at": f"{day}T12:00:00.000Z",
        "usage": {"output": output},
        "scope": {"workspace": "wrkspc_01ACME"},
        "service_tier": "standard",
        "inference_geo": "global",
        "engineer": engineer,
        "repo": "acme/shop",
        "branch": "main",
        "tickets": list(tickets),
        "lines": [{"model": model, "kind": "output", "quantity": output, "list_nano_usd": output * list_nano_usd}],
    }
    return plain | more


def cost_report(amounts: Mapping[str, str], days: tuple[str, str] = ("2026-09-14", "2026-09-15")) -> BillFile:
    """A console cost report of one day: workspace -> cents of output of claude-opus-5."""
    results = [
        {
            "amount": cents,
            "currency": "USD",
            "cost_type": "tokens",
            "model": "claude-opus-5",
            "token_type": "output_tokens",
            "service_tier": "standard",
            "context_window": "0-200k",
            "inference_geo": "global",
            "workspace_id": workspace,
            "description": "output",
        }
        for workspace, cents in amounts.items()
    ]
    return _file("cost.json", days, results)


def usage_report(
    tokens: Mapping[str, Mapping[str, int]], days: tuple[str, str] = ("2026-09-14", "2026-09-15")
) -> BillFile:
    """A console usage report of one day: workspace -> account -> tokens of output of claude-opus-5."""
    results = [
        {
            "account_id": account or None,
            "api_key_id": None,
            "service_account_id": None,
            "workspace_id": workspace,
            "model": "claude-opus-5",
            "service_tier": "standard",
            "context_window": "0-200k",
            "inference_geo": "global",
            "uncached_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
            "output_tokens": count,
            "server_tool_use": {"web_search_requests": 0},
        }
        for workspace, accounts in tokens.items()
        for account, count in accounts.items()
    ]
    return _file("usage.json", days, results)


def _file(name: str, days: tuple[str, str], results: list[dict[str, Any]]) -> BillFile:
    start, end = (f"{day}T00:00:00Z" for day in days)
    bucket = {"starting_at": start, "ending_at": end, "results": results}
    return BillFile(name, json.dumps({"data": [bucket], "has_more": False, "next_page": None}).encode())
