"""A running collector with the calls of the demo, a bill for some of them, a team and allocation rules; and a strange
one, whose branches, tickets and people have names that somebody chose to do harm."""

import io
import json
import os
import signal
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from tests.collector.serve_bench import Command
from tests.support.commands import scanned_demo
from tests.support.demo_story import ENGINEER
from tollbook.money import NANO_USD_PER_USD
from tollbook_agent.cli.main import main as tollbook
from tollbook_collector.cli.main import main as collector

MARKUP = '"><img src=x onerror=document.title=1>'
STRANGE: tuple[Mapping[str, str], ...] = (
    {"branch": f"feature/PAY-9-{MARKUP}", "repo": "acme/<script>alert(1)</script>", "model": "<b>m</b>"},
    {"branch": "</table><script>document.title='x'</script>", "engineer": "<i>eve</i>@example.com"},
    {"branch": "javascript:alert(1)", "repo": "../../etc", "session_id": "{{ 7 * 7 }}"},
    {"branch": "=HYPERLINK(1)\u202e\u0000x", "engineer": "=cmd@example.com", "repo": "acme/{% raw %}"},
)
_TOKEN_TYPES = {
    "input": "uncached_input_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write_5m": "cache_creation.ephemeral_5m_input_tokens",
    "cache_write_1h": "cache_creation.ephemeral_1h_input_tokens",
    "output": "output_tokens",
}
_RULES = """\
version: 1
dimensions:
  product:
    rules:
      - {id: product-payments, when: {ticket.project: PAY}, value: payments}
      - {id: product-web, when: {repo: acme/web}, value: website}
"""


class Serving(NamedTuple):
    """Where a collector is."""

    api: str
    otlp_grpc: str


def demo_calls(folder: Path) -> list[dict[str, Any]]:
    """The calls of the demo as `tollbook calls --json` has them."""
    out = io.StringIO()
    with _environment(scanned_demo(folder)), redirect_stdout(out):
        assert tollbook(["calls", "--json", "--limit", "1000"]) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def bill_of(calls: Iterable[Mapping[str, Any]]) -> str:
    """A cost report for what the calls cost through Anthropic, a tenth more than list."""
    days: dict[str, dict[tuple[str, str], int]] = {}
    for call in calls:
        for line in call["lines"] if call["channel"] == "anthropic" else ():
            if line["kind"] in _TOKEN_TYPES:
                mine = days.setdefault(call["started_at"][:10], {})
                key = line["model"], _TOKEN_TYPES[line["kind"]]
                mine[key] = mine.get(key, 0) + line["list_nano_usd"]
    data = [
        {"starting_at": f"{day}T00:00:00Z", "ending_at": f"{_next(day)}T00:00:00Z", "results": _results(sums)}
        for day, sums in sorted(days.items())
    ]
    return json.dumps({"data": data, "has_more": False, "next_page": None})


def _next(day: str) -> str:
    from tollbook.answer import day_number, day_text

    return day_text(day_number(day) + 1)


def _results(sums: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [
        {
            "amount": str(Decimal(nano * 110) / NANO_USD_PER_USD),  # cents, a tenth more
            "currency": "USD",
            "cost_type": "tokens",
            "model": model,
            "token_type": token_type,
            "service_tier": "standard",
            "context_window": "0-200k",
            "inference_geo": "global",
            "workspace_id": "wrkspc_01ACME",
            "description": f"{model} usage",
        }
        for (model, token_type), nano in sums.items()
    ]


def strange_calls(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many calls as there are strange names, with ids of their own."""
    return [
        call | {"ids": {"response": f"msg_strange_{number}"}, "tickets": []} | dict(names)
        for number, (call, names) in enumerate(zip(calls, STRANGE, strict=False))
    ]


def run(home: Path, *words: str) -> None:
    """A command of the collector, in this process."""
    with _environment({"TOLLBOOK_COLLECTOR_HOME": str(home)}), redirect_stdout(io.StringIO()):
        assert collector(words) == 0, words


@contextmanager
def _environment(more: Mapping[str, str]) -> Generator[None]:
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def serving(home: Path) -> Generator[Serving]:
    """A collector over a home; says where it is."""
    server = Command(home)
    try:
        yield Serving(server.first_line["api"], server.first_line["otlp_grpc"])
        server.stop(signal.SIGTERM)
    finally:
        server.end()


@contextmanager
def demo_site(folder: Path) -> Generator[str]:
    """The demo with everything that pages can show."""
    calls = demo_calls(folder)
    home = folder / "served"
    home.mkdir()
    _import(home, calls)
    (folder / "cost.json").write_text(bill_of(calls), encoding="utf-8")
    run(home, "bills", "import", "--pulled-at", "2026-12-20T00:00:00Z", str(folder / "cost.json"))
    run(home, "people", "set", ENGINEER, "--team", "payments")
    (home / "rules.yaml").write_text(_RULES, encoding="utf-8")
    with serving(home) as site:
        yield site.api


@contextmanager
def strange_site(folder: Path) -> Generator[str]:
    """Calls with names that somebody chose to do harm."""
    home = folder / "served"
    home.mkdir()
    _import(home, strange_calls(demo_calls(folder)))
    with serving(home) as site:
        yield site.api


def _import(home: Path, calls: Iterable[Mapping[str, Any]]) -> None:
    lines = home / "calls.jsonl"
    lines.write_text("".join(f"{json.dumps(call)}\n" for call in calls), encoding="utf-8")
    run(home, "calls", "import", str(lines))
