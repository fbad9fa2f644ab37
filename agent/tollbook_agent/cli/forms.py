"""The forms an answer can have, as options every asking command shares; and printing it in the one that fits."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from tollbook_agent.cli import output
from tollbook_agent.cli.sheet import Page

JSON, CSV, MARKDOWN, PRETTY = "json", "csv", "md", "pretty"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--json, --csv, --md, --pretty: at most one of them."""
    group = parser.add_mutually_exclusive_group()
    for name, about in (
        (JSON, "one JSON document"),
        (CSV, "comma-separated values, safe to open in a spreadsheet"),
        (MARKDOWN, "Markdown tables"),
        (PRETTY, "as on a terminal, where there is none"),
    ):
        group.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=about)


def show(form: str | None, document: Callable[[], Any], page: Callable[[], Page]) -> None:
    """Print an answer in the form that was asked for; else as a person can read it here."""
    if form == JSON:
        output.print_json(document())
    elif form == CSV:
        from tollbook_agent.cli.sheet_file import as_csv

        sys.stdout.write(as_csv(page()))
    elif form == MARKDOWN:
        from tollbook_agent.cli.sheet_file import as_markdown

        print(as_markdown(page()))
    elif form == PRETTY or sys.stdout.isatty():
        from tollbook_agent.cli import sheet_terminal

        sheet_terminal.show(page(), colour=output.colour())
    else:
        from tollbook_agent.cli.sheet_text import as_text

        print(as_text(page()))
