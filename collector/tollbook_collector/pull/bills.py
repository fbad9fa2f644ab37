"""Pulling bills: report by report, part by part; each part is taken whole, and only then the watermark moves.

A crash between the two is harmless: the part is pulled again and its documents are known already.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tollbook.answer import day_text
from tollbook.problem import Problem
from tollbook_collector.bills.texts import month_days, month_of
from tollbook_collector.finance import Finance
from tollbook_collector.ledger.periods import settled_after_days
from tollbook_collector.pull.channels.registry import APIS, FOLDERS
from tollbook_collector.pull.client import Client, Timing
from tollbook_collector.pull.fault import PullFault, Restart
from tollbook_collector.pull.folder import pull_folder
from tollbook_collector.pull.keys import Key, read_key
from tollbook_collector.pull.report import Fetched, Report, day_file
from tollbook_collector.pull.result import Pulled
from tollbook_collector.pull.settings import Source
from tollbook_collector.pull.spans import Span, Wish, advanced, parts, window

MOST_RESTARTS = 3
"""Times that a part is read again because it changed while it was read."""
_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600


def now() -> float:
    """Seconds since 1970."""
    return time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a pull needs from outside."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    timing: Timing = field(default_factory=Timing)
    now_seconds: Callable[[], float] = field(default_factory=lambda: now)
    stopped: Callable[[], bool] = lambda: False

    @property
    def pulled_at(self) -> str:
        """Now, as documents say it."""
        return datetime.fromtimestamp(self.now_seconds(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pull_bills(
    finance: Finance, sources: Sequence[Source], wish: Wish, around: Around, *, dry_run: bool = False
) -> list[Pulled]:
    """Pull every report of these sources. What is wrong with one keeps none of the others from being pulled."""
    done: list[Pulled] = []
    for source in sources:
        if source.channel in FOLDERS:
            done.append(pull_folder(finance, source, around.home, around.now_seconds(), dry_run=dry_run))
            continue
        key = read_key(source.key, around.home, around.environment) if source.key is not None else None
        if not isinstance(key, Key):
            done.append(Pulled(source=source.name, report="", problems=[] if key is None else [key]))
            continue
        api = APIS[source.channel]
        client = Client(
            source.base_url,
            api.headers(key),
            per_minute=source.per_minute,
            timing=around.timing,
            stopped=around.stopped,
        )
        try:
            for report in api.reports:
                if not source.reports or report.source in source.reports:
                    done.append(_Reporter(finance, source, report, client, around, dry_run).pull(wish))
        finally:
            client.close()
    return done


class _Reporter:
    """Pulls one report of one source."""

    def __init__(
        self, finance: Finance, source: Source, report: Report, client: Client, around: Around, dry_run: bool
    ) -> None:
        self._finance, self._source, self._report = finance, source, report
        self._client, self._around, self._dry_run = client, around, dry_run
        self._done = Pulled(source=source.name, report=report.source)

    def pull(self, wish: Wish) -> Pulled:
        done, report = self._done, self._report
        done.until = self._finance.file.watermark(self._source.name, report.source)
        complete = int(self._around.now_seconds() - report.lag_hours * _HOUR_SECONDS) // _DAY_SECONDS
        first_look = self._source.since
        if first_look is None:
            first_look = month_days(month_of(month_days(month_of(complete))[0] - 1))[0]
        span = window(
            until=done.until,
            complete=complete,
            wish=wish,
            first_look=first_look,
            restated=settled_after_days(report.source),
            floor=self._source.since,
        )
        done.asked = span
        before, tried = self._client.requests, self._client.retries
        try:
            for part in parts(span, report.span_days):
                if not self._part(part):
                    break
        except PullFault as fault:
            done.problems.append(fault.problem)
        done.requests, done.retries = self._client.requests - before, self._client.retries - tried
        return done

    def _part(self, part: Span) -> bool:
        """Pull and take one part; whether it was taken whole."""
        fetched = self._fetched(part)
        end = part.end_day if fetched.complete is None else max(part.first_day, min(part.end_day, fetched.complete))
        whole = Span(part.first_day, end)
        files = {day: day_file(self._report, day, fetched.rows[day]) for day in whole.days() if fetched.rows.get(day)}
        gone = self._finance.billed_days(self._report.source, self._source.scope, whole) - files.keys()
        if gone:
            self._done.problems.append(self._vanished(min(gone)))
            return False
        taken = self._finance.import_files(
            list(files.values()),
            pulled_at=self._around.pulled_at,
            scope=self._source.scope,
            dry_run=self._dry_run,
            pulled=True,
        )
        self._done.admissions += taken.admissions
        self._done.problems += taken.problems
        if taken.problems:
            return False
        until = advanced(self._done.until, whole)
        if not self._dry_run and until != self._done.until and until is not None:
            self._finance.file.put_watermark(self._source.name, self._report.source, until, self._around.pulled_at)
            self._done.until = until
        return end == part.end_day

    def _fetched(self, part: Span) -> Fetched:
        for _ in range(MOST_RESTARTS):
            try:
                return self._report.fetch(self._report, self._client, self._source, part)
            except Restart:
                continue
            except PullFault as fault:
                if fault.problem.reason != "page_expired":
                    raise
        what = f"it changed {MOST_RESTARTS} times while it was read"
        where = f"{self._source.name} {self._report.source}"
        remedy = "Nothing of it was taken: pull again later, it goes on where it stopped."
        raise PullFault(Problem(reason="unsteady", where=where, detail=what, remedy=remedy, permanent=False))

    def _vanished(self, day: int) -> Problem:
        return Problem(
            reason="day_vanished",
            where=f"{self._source.name} {self._report.source}",
            detail=f"{day_text(day)} was billed and now has no line",
            remedy="What is booked stays. If the provider took it all back, import its own export of a longer span.",
        )
