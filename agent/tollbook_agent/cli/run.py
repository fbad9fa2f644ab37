"""Runs one command module and turns what it raises into a message and an exit code."""

import argparse
import importlib
import os
import sqlite3
import sys

from tollbook_agent.cli import exit_codes
from tollbook_agent.lock import Locked
from tollbook_agent.settings import SettingError
from tollbook_agent.store.schema import NewerStore


def run(module: str, given: list[str]) -> int:
    """Parse, call, print."""
    command = importlib.import_module(f"tollbook_agent.cli.{module}")
    parser = argparse.ArgumentParser(
        prog=f"tollbook {given[0]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_arguments(parser, given[0])
    try:
        arguments = parser.parse_args(given[1:])
    except SystemExit as leaving:
        return int(leaving.code or 0)
    try:
        code: int = command.run(arguments, given[0])
        sys.stdout.flush()
        return code
    except SettingError as fault:
        return _fail(exit_codes.SETTINGS, str(fault))
    except Locked as fault:
        return _fail(exit_codes.BUSY, f"{fault}; stop it, or let it do the work")
    except NewerStore as fault:
        return _fail(exit_codes.STORE, str(fault))
    except sqlite3.Error as fault:
        return _fail(exit_codes.STORE, f"the store cannot be used: {fault}; `tollbook status` shows where it is")
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.OK


def _fail(code: int, message: str) -> int:
    print(f"tollbook: {message}", file=sys.stderr)
    return code
