"""Opening what finance commands need: the finance file, and the record beside it where there is one."""

import argparse
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook_collector import exit_codes
from tollbook_collector.bills.read import MAX_FILE_BYTES, BillFile
from tollbook_collector.cli.opening import load_settings
from tollbook_collector.cli.output import Console
from tollbook_collector.engines import Engine, missing
from tollbook_collector.finance import Finance, calls_of
from tollbook_collector.open_store import existing_store
from tollbook_collector.store.finance.sqlite import FILE_NAME, FinanceFile
from tollbook_collector.store.record.errors import RecordError


@contextmanager
def open_finance(arguments: argparse.Namespace, console: Console) -> Generator[Finance | int]:
    """The finance file, made where there is none, or an exit code."""
    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        yield settings
        return
    engine: Engine = getattr(arguments, "engine", Engine.AUTO)
    lacking = missing(engine)
    if lacking is not None:
        yield console.fail(lacking, exit_codes.USAGE)
        return
    path = settings.home / FILE_NAME
    record = existing_store(settings) if settings.store.exists() else None
    if isinstance(record, Problem):
        yield console.fail(record, exit_codes.STORE)
        return
    try:
        file = FinanceFile(path)
    except (RecordError, OSError) as fault:
        yield console.fail(_cannot_open(path, str(fault)), exit_codes.STORE)
        return
    try:
        yield Finance(file, calls=calls_of(record), book=default_book(), engine=engine)
    finally:
        file.close()
        if record is not None:
            record.close()


@contextmanager
def open_ledger(arguments: argparse.Namespace, console: Console) -> Generator[Finance | int | None]:
    """As `open_finance`, and `None` where no bill was ever imported."""
    settings = load_settings(arguments, console)
    if isinstance(settings, int) or not (settings.home / FILE_NAME).exists():
        yield settings if isinstance(settings, int) else None
        return
    with open_finance(arguments, console) as finance:
        yield finance


def _cannot_open(path: Path, detail: str) -> Problem:
    return Problem(reason="finance_file", where=str(path), detail=detail, remedy="It holds the bills: keep it.")


def read_named(paths: Iterable[Path], console: Console) -> tuple[list[BillFile], bool]:
    """Files from the disk; False where one cannot be read, which is said."""
    files: list[BillFile] = []
    whole = True
    for path in paths:
        try:
            with path.open("rb") as file:
                files.append(BillFile(path.name, file.read(MAX_FILE_BYTES + 1)))
        except OSError as fault:
            problem = Problem(reason="file_unreadable", where=str(path), detail=str(fault.strerror))
            console.problem(problem)
            whole = False
    return files, whole
