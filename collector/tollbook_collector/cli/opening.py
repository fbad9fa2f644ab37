"""What a command needs opened: the settings, the record beside a running server, the answers from it."""

import argparse
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook_collector import exit_codes
from tollbook_collector.ask import Answers
from tollbook_collector.auth.desk import PersonalAnswers
from tollbook_collector.auth.guard import open_directory
from tollbook_collector.auth.principal import DEFAULT_TENANT, Principal
from tollbook_collector.auth.view import EVERYTHING
from tollbook_collector.cli.output import Console
from tollbook_collector.config import Settings, load
from tollbook_collector.home import home_folder
from tollbook_collector.open_store import existing_store
from tollbook_collector.store.reader.opening import reading_beside
from tollbook_collector.store.record.sqlite import Record


def load_settings(arguments: argparse.Namespace, console: Console, home: Path | None = None) -> Settings | int:
    """The settings; what is wrong with them is printed and gives an exit code."""
    loaded = load(home or home_folder(os.environ), arguments.config, os.environ)
    for problem in loaded.problems:
        console.problem(problem)
    return exit_codes.SETTINGS if loaded.settings is None else loaded.settings


@contextmanager
def open_record(arguments: argparse.Namespace, console: Console) -> Generator[Record | int]:
    """The record, which a server may be writing at the same time. Where it cannot be opened, an exit code."""
    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        yield settings
        return
    record = existing_store(settings)
    if isinstance(record, Problem):
        yield console.fail(record, exit_codes.STORE)
        return
    try:
        yield record
    finally:
        record.close()


@contextmanager
def open_answers(arguments: argparse.Namespace, console: Console) -> Generator[Answers | int]:
    """Answers from the record with people named as they may be, or an exit code. Who is looked at is written down."""
    with open_record(arguments, console) as record:
        if isinstance(record, int):
            yield record
            return
        settings = load_settings(arguments, console)
        opened = settings if isinstance(settings, int) else open_directory(settings)
        if isinstance(opened, int):
            yield opened
            return
        if isinstance(opened, Problem):
            yield console.fail(opened, exit_codes.STORE)
            return
        directory, _ = opened
        operator = Principal(tenant=DEFAULT_TENANT, kind=None)
        try:
            with reading_beside(record.path, DEFAULT_TENANT) as reader:
                yield PersonalAnswers(
                    record, operator, EVERYTHING, directory, price_book=default_book().version, reader=reader
                )
        finally:
            directory.access.close()
