"""`calls export` and `calls import`: calls as JSON lines, out of one record and into another."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import batched
from pathlib import Path

from tollbook.answer import day_number
from tollbook.claim import Claim, claim_of
from tollbook.problem import Problem
from tollbook_collector import exit_codes
from tollbook_collector.calls_file import OBSERVER, read_calls
from tollbook_collector.cli.opening import open_record, open_tenant
from tollbook_collector.cli.output import Console
from tollbook_collector.finance import calls_of
from tollbook_collector.store.record.errors import Retryable

_BATCH = 1_000
"""Calls of one transaction."""
_SHOWN = 20
"""Lines whose problem is printed; the others are counted."""


def export(arguments: argparse.Namespace, console: Console) -> int:
    """Every call of a span of days to stdout, or to the file that is named."""
    try:
        start = day_number(arguments.start) if arguments.start else None
        end = day_number(arguments.end) if arguments.end else None
    except ValueError:
        console.note("calls export: --from and --to are dates such as 2026-10-01")
        return exit_codes.USAGE
    with open_record(arguments, console) as record:
        if isinstance(record, int):
            return record
        found = calls_of(record)(start, end)
        if not arguments.file:
            for call in found:
                console.json_line(call)
            return exit_codes.OK
        try:
            with Path(arguments.file).open("w", encoding="utf-8") as file:
                written = Console(file, console.err, {})
                for call in found:
                    written.json_line(call)
        except OSError as fault:
            problem = Problem(reason="file_unwritable", where=arguments.file, detail=str(fault.strerror))
            return console.fail(problem, exit_codes.WRONG)
    return exit_codes.OK


def take(arguments: argparse.Namespace, console: Console) -> int:
    """Book the calls of files, with the lowest rank of all sources; a second time changes nothing."""
    problems: list[Problem] = []
    new = changed = 0
    with open_tenant(arguments, console, make_store=True) as opened:
        if isinstance(opened, int):
            return opened
        try:
            for some in batched(_claims(arguments.files, problems), _BATCH):
                booking = opened.record.book(some, now_ns=time.time_ns())
                new, changed = new + booking.new_calls, changed + booking.changed_calls
        except Retryable as fault:
            remedy = "Import the file again: what was booked stays booked once."
            problem = Problem(reason="store", where=str(opened.settings.store), detail=str(fault), remedy=remedy)
            return console.fail(problem, exit_codes.STORE)
    for problem in problems[:_SHOWN]:
        console.problem(problem)
    if len(problems) > _SHOWN:
        console.note(f"and {len(problems) - _SHOWN} lines more")
    console.line(f"{new} calls are new, {changed} say something else than before, {len(problems)} lines were refused.")
    return exit_codes.WRONG if problems else exit_codes.OK


def _claims(names: list[str], problems: list[Problem]) -> Iterator[Claim]:
    for name in names or ["-"]:
        try:
            if name == "-":
                yield from _of_lines(sys.stdin.buffer, "stdin", problems)
            else:
                with Path(name).open("rb") as file:
                    yield from _of_lines(file, Path(name).name, problems)
        except OSError as fault:
            problems.append(Problem(reason="file_unreadable", where=name, detail=str(fault.strerror)))


def _of_lines(lines: Iterable[bytes], name: str, problems: list[Problem]) -> Iterator[Claim]:
    for read in read_calls(lines, name):
        if isinstance(read, Problem):
            problems.append(read)
            continue
        claim = claim_of(read, OBSERVER)
        if claim is not None:
            yield claim
