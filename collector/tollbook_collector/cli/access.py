"""What the commands about credentials and people share: the directory of the settings' record, and a tenant by name."""

import argparse
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

from tollbook.problem import Problem
from tollbook_collector import exit_codes
from tollbook_collector.auth.directory import Directory
from tollbook_collector.auth.guard import open_directory
from tollbook_collector.cli.opening import load_settings
from tollbook_collector.cli.output import Console
from tollbook_collector.cli.tenant import no_such_tenant
from tollbook_collector.open_store import open_store


class Opened(NamedTuple):
    """Open for one command."""

    directory: Directory
    pepper: bytes
    tenant: int


@contextmanager
def open_access(
    arguments: argparse.Namespace, console: Console, *, make_tenant: bool = False
) -> Generator[Opened | int]:
    """The directory, beside a server or without one; where it cannot be opened, an exit code."""
    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        yield settings
        return
    record = open_store(settings)  # makes the file, or brings it to the newest schema
    if isinstance(record, Problem):
        yield console.fail(record, exit_codes.STORE)
        return
    record.close()
    opened = open_directory(settings)
    if isinstance(opened, Problem):
        yield console.fail(opened, exit_codes.STORE)
        return
    directory, pepper = opened
    try:
        tenant = _tenant(directory, arguments.tenant, make=make_tenant)
        if tenant is None:
            name = arguments.tenant
            problem = _cannot_make(name) if make_tenant else no_such_tenant(name, directory.access.tenants())
            yield console.fail(problem, exit_codes.USAGE)
        else:
            yield Opened(directory, pepper, tenant)
    finally:
        directory.access.close()


def _tenant(directory: Directory, name: str, *, make: bool) -> int | None:
    known = directory.access.tenants().get(name)
    if known is not None or not make:
        return known
    plain = name.replace("-", "").replace(".", "")
    if not (0 < len(name) < 64 and plain.isascii() and plain.isalnum()):
        return None
    return directory.access.make_tenant(name, directory.now_ns)


def _cannot_make(name: str) -> Problem:
    detail = f"there is no tenant {name!r}, nor can it be made"
    remedy = "A name has 1 to 63 letters, digits, dots and dashes; there may be 1,000 tenants."
    return Problem(reason="usage", where="--tenant", detail=detail, remedy=remedy)


def usage(console: Console, where: str, detail: str, remedy: str) -> int:
    """Say that the command line is wrong."""
    return console.fail(Problem(reason="usage", where=where, detail=detail, remedy=remedy), exit_codes.USAGE)
