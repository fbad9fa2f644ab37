"""What a command needs opened: the settings, the record beside a running server, the answers from it."""

import argparse
import os
from collections.abc import Generator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook_collector import exit_codes
from tollbook_collector.ask import Answers
from tollbook_collector.auth.desk import PersonalAnswers
from tollbook_collector.auth.guard import open_directory
from tollbook_collector.auth.principal import DEFAULT_TENANT, Principal
from tollbook_collector.auth.view import EVERYTHING
from tollbook_collector.cli.command import DEFAULT_NAME
from tollbook_collector.cli.output import Console
from tollbook_collector.cli.tenant import tenant_named
from tollbook_collector.config import Loaded, Settings, load
from tollbook_collector.home import home_folder
from tollbook_collector.open_store import existing_store, open_store
from tollbook_collector.store.finance.sqlite import FILE_NAME
from tollbook_collector.store.finance.tickets import PostedTickets
from tollbook_collector.store.reader.opening import reading_beside
from tollbook_collector.store.record.errors import EngineError, RecordError
from tollbook_collector.store.record.sqlite import Record


def load_settings(arguments: argparse.Namespace, console: Console, home: Path | None = None) -> Settings | int:
    """The settings; what is wrong with them is printed and gives an exit code."""
    loaded = load_all(arguments, console, home)
    return exit_codes.SETTINGS if loaded.settings is None else loaded.settings


def load_all(arguments: argparse.Namespace, console: Console, home: Path | None = None) -> Loaded:
    """The settings and where each comes from; what is wrong with them is printed."""
    loaded = load(home or home_folder(os.environ), arguments.config, os.environ)
    for problem in loaded.problems:
        console.problem(problem)
    return loaded


class Opened(NamedTuple):
    """The record of one organisation, open for one command."""

    record: Record
    tenant: int
    settings: Settings


@contextmanager
def open_record(arguments: argparse.Namespace, console: Console) -> Generator[Record | int]:
    """The record of the organisation that `--tenant` names, the default one where a command has no such option; a
    server may be writing it at the same time. Where it cannot be opened, an exit code."""
    with open_tenant(arguments, console) as opened:
        yield opened if isinstance(opened, int) else opened.record


@contextmanager
def open_tenant(
    arguments: argparse.Namespace, console: Console, *, make_store: bool = False
) -> Generator[Opened | int]:
    """As `open_record`; with `make_store` a store is made where there is none."""
    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        yield settings
        return
    opening = open_store if make_store else existing_store
    record = opening(settings)  # brings the file to the newest schema
    if isinstance(record, Problem):
        yield console.fail(record, exit_codes.STORE)
        return
    tenant = tenant_named(settings, getattr(arguments, "tenant", DEFAULT_NAME))
    if isinstance(tenant, int) and tenant != DEFAULT_TENANT:
        record.close()
        record = opening(settings, tenant)
        if isinstance(record, Problem):
            yield console.fail(record, exit_codes.STORE)
            return
    try:
        if isinstance(tenant, Problem):
            code = exit_codes.USAGE if tenant.reason == "tenant_unknown" else exit_codes.STORE
            yield console.fail(tenant, code)
        else:
            yield Opened(record, tenant, settings)
    finally:
        record.close()


@contextmanager
def open_answers(arguments: argparse.Namespace, console: Console) -> Generator[Answers | int]:
    """Answers from the record with people named as they may be, or an exit code. Who is looked at is written down."""
    with open_tenant(arguments, console) as opened:
        if isinstance(opened, int):
            yield opened
            return
        found = open_directory(opened.settings)
        if isinstance(found, Problem):
            yield console.fail(found, exit_codes.STORE)
            return
        directory, _ = found
        operator = Principal(tenant=opened.tenant, kind=None)
        try:
            posted = _posted(opened, console)
            with (
                closing(posted) if posted else nullcontext(),
                reading_beside(opened.record.path, opened.tenant) as reader,
            ):
                yield PersonalAnswers(
                    opened.record,
                    operator,
                    EVERYTHING,
                    directory,
                    price_book=default_book().version,
                    reader=reader,
                    home=opened.settings.home,
                    posted=posted,
                )
        finally:
            directory.access.close()


def _posted(opened: Opened, console: Console) -> PostedTickets | None:
    """What bills say of work; a finance file that cannot be read is said, and takes nothing else from an answer."""
    path = opened.settings.home / FILE_NAME
    posted = PostedTickets(path)
    try:
        posted.of(opened.tenant, "")
    except (RecordError, EngineError) as fault:
        posted.close()
        remedy = "The answer is without it. It holds the bills: keep the file."
        console.problem(Problem(reason="finance_file", where=str(path), detail=str(fault), remedy=remedy))
        return None
    return posted
