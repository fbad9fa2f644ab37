"""Pulls for tests: a company, a recorded provider, and a clock that nobody waits for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.recorded_provider import KEY, Provider
from tollbook.answer import day_number
from tollbook_collector.finance import Finance
from tollbook_collector.pull.bills import Around, pull_bills
from tollbook_collector.pull.client import Timing
from tollbook_collector.pull.keys import KeyReference
from tollbook_collector.pull.result import Pulled
from tollbook_collector.pull.settings import CHANNELS, Source
from tollbook_collector.pull.spans import Wish

FIRST = day_number("2026-10-05")
END = day_number("2026-10-08")
"""The days of the recordings; END is the day after the last one."""
DAY_SECONDS = 86_400
NOW = (END + 1) * DAY_SECONDS + 1_800
"""A day and half an hour after their end, so that every report calls them whole."""
_ACCOUNTS = {"codex": "ws-4411", "copilot": "acme"}


class Waits:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.at = 0.0
        self.waited: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.at += seconds

    def timing(self) -> Timing:
        return Timing(now=lambda: self.at, sleep=self.sleep, wall=lambda: NOW + self.at)


def source_of(channel: str, provider: Provider, **more: Any) -> Source:
    """The settings of a channel, as its table would give them."""
    plain = Source(
        name=channel,
        channel=channel,
        base_url=provider.base_url,
        key=KeyReference("env", "RECORDED_KEY"),
        account=_ACCOUNTS.get(channel, ""),
        since=FIRST,
        per_minute=CHANNELS[channel].per_minute,
    )
    return replace(plain, **more)


def around(home: Path, waits: Waits | None = None, now: float = NOW) -> Around:
    """What is outside."""
    return Around(
        home=home,
        environment={"RECORDED_KEY": KEY},
        timing=(waits or Waits()).timing(),
        now_seconds=lambda: now,
    )


def pull(
    company: Finance, source: Source, waits: Waits | None = None, *, now: float = NOW, wish: Wish | None = None,
    dry_run: bool = False,
) -> list[Pulled]:  # fmt: skip
    """Pull one source."""
    outside = around(company.file.path.parent, waits, now)
    return pull_bills(company, [source], wish or Wish(), outside, dry_run=dry_run)


def problems(done: list[Pulled]) -> list[str]:
    """The reasons of what was wrong."""
    return [problem.reason for one in done for problem in one.problems]


def totals(company: Finance) -> dict[str, int]:
    """Report -> nano-units of what stands of it now."""
    found: dict[str, int] = {}
    for row in company.documents():
        if row["state"] != "superseded":
            found[row["source"]] = found.get(row["source"], 0) + row["total_nano"]
    return found
