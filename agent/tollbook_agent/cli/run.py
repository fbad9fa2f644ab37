"""Runs one command module and turns what it raises into a message and an exit code."""

import argparse
import importlib
import io
import os
import sqlite3
import sys
from collections.abc import Mapping
from typing import Any

from tollbook_agent import home as places
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import terminal_width
from tollbook_agent.lock import Locked
from tollbook_agent.settings import SettingError
from tollbook_agent.store.schema import NewerStore

MIN_HELP_WIDTH = 40


class Help(argparse.RawDescriptionHelpFormatter):
    """Asks for the terminal's width itself: argparse imports `shutil` for it, as often as an argument is added."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=max(MIN_HELP_WIDTH, terminal_width()) - 2)


def command_of(module: str, name: str) -> tuple[Any, argparse.ArgumentParser]:
    """The module of a command, and what reads its arguments."""
    command = importlib.import_module(f"tollbook_agent.cli.{module}")
    parser = argparse.ArgumentParser(prog=f"tollbook {name}", formatter_class=Help, allow_abbrev=False)
    command.add_arguments(parser, name)
    return command, parser


def run(module: str, given: list[str]) -> int:
    """Parse, call, print."""
    command, parser = command_of(module, given[0])
    try:
        arguments = parser.parse_args(given[1:])
    except SystemExit as leaving:
        return int(leaving.code or 0)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a branch's name
    try:
        code: int = command.run(arguments, given[0])
        return code
    except SettingError as fault:
        return _fail(exit_codes.SETTINGS, str(fault))
    except Locked as fault:
        return _fail(exit_codes.BUSY, f"{fault}; stop it, or let it do the work")
    except NewerStore as fault:
        return _fail(exit_codes.STORE, str(fault))
    except sqlite3.Error as fault:
        return _fail(exit_codes.STORE, _store_advice(fault))
    except BrokenPipeError:
        raise  # nobody reads on: `main` ends quietly
    except OSError as fault:
        return _fail(exit_codes.FAILED, f"{fault.filename or module}: {fault.strerror or fault}")


def _store_advice(fault: sqlite3.Error) -> str:
    """What is wrong with the store and what to do next."""
    path = os.path.join(places.home(os.environ), places.STORE)
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
    advice = _ADVICE.get(code, "`tollbook status` tells more")
    return f"the store {path} cannot be used: {fault}; {advice}"


_DAMAGED = "move it and its -wal and -shm files away, and `tollbook scan` reads all logs anew"
_ADVICE: Mapping[int, str] = {
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: "make room on the disk and try again: nothing that was stored is lost",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "make the file and its folder readable and writable",
    sqlite3.SQLITE_BUSY: "another program holds it; try again",
    sqlite3.SQLITE_IOERR: "the disk has a fault",
}


def _fail(code: int, message: str) -> int:
    print(f"tollbook: {message}", file=sys.stderr)
    return code
