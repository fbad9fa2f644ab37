"""`tollbook today | week | month`: spend since the local midnight, Monday or first of the month."""

import argparse
import os
from datetime import UTC, datetime, tzinfo

from tollbook.answer import DIMENSIONS
from tollbook_agent.cli import forms
from tollbook_agent.cli.reader import dimensions
from tollbook_agent.cli.spend import Asked, show
from tollbook_agent.settings import Settings, load
from tollbook_agent.spans import before, begin, nanoseconds


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """--by, and the forms."""
    parser.description = f"Spend of {_SPANS[name]}, in the time zone that is printed."
    parser.epilog = f"example: tollbook {name} --by repo"
    parser.add_argument("--by", type=dimensions, default=["ticket"], metavar="KEY[,KEY]", help=", ".join(DIMENSIONS))
    forms.add_arguments(parser)


_SPANS = {"today": "today", "week": "this week, from Monday", "month": "this month"}


def run(arguments: argparse.Namespace, name: str) -> int:
    """Answer from the laptop's store."""
    return show(asked_of(name, load(os.environ), datetime.now(UTC)), arguments.by, arguments.form)


def asked_of(name: str, settings: Settings, now_utc: datetime) -> Asked:
    """The period that is under way, in the zone of the settings."""
    zone = _zone(settings.timezone)
    now = now_utc.astimezone(zone)
    start = begin(name, now)
    return Asked(
        nanoseconds(start),
        None,
        start.isoformat(),
        now.isoformat(timespec="seconds"),
        heading=f"{_SPANS[name]}: since {start:%Y-%m-%d %H:%M} {settings.timezone or now.tzname()}",
        before=before(name, now),
    )


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None  # the machine's
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)
