"""`tollbook today | week | month`: spend since the local midnight, Monday or first of the month."""

import argparse
import os
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from tollbook.answer import DIMENSIONS
from tollbook_agent.cli import forms
from tollbook_agent.cli.reader import dimensions
from tollbook_agent.cli.spend import Asked, show
from tollbook_agent.settings import load
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
    configured = load(os.environ).timezone
    zone: tzinfo | None = ZoneInfo(configured) if configured else None
    now = datetime.now(UTC).astimezone(zone)
    start = begin(name, now)
    asked = Asked(
        nanoseconds(start),
        None,
        start.isoformat(),
        now.isoformat(timespec="seconds"),
        heading=f"{_SPANS[name]}: since {start:%Y-%m-%d %H:%M} {configured or now.tzname()}",
        before=before(name, now),
    )
    return show(asked, arguments.by, arguments.form)
