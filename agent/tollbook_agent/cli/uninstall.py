"""`tollbook uninstall`: everything that `install`, `on`, `enroll` and reading made is taken away again."""

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from tollbook_agent import home as places
from tollbook_agent import identity_store, leftovers
from tollbook_agent.capture.proxy import files
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.install import tell
from tollbook_agent.cli.reader import open_store
from tollbook_agent.control import Unreachable, ask
from tollbook_agent.service import manage, record
from tollbook_agent.settings import Settings, load
from tollbook_agent.store import reading
from tollbook_agent.store.connect import StoreError
from tollbook_agent.tools import restore
from tollbook_agent.tools.setting import Refused

RETIRE_SECONDS = 5.0
LOOK_SECONDS = 0.1


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """How much."""
    parser.description = (
        "Take everything out of the tools' settings again, as it was before; values that somebody changed since stay."
        " The service and what was read here go too. Sessions that still use the relay keep a plain tunnel until they"
        " end."
    )
    parser.epilog = "example: tollbook uninstall --dry-run"
    parser.add_argument("--dry-run", action="store_true", help="show what would be changed, change nothing")
    parser.add_argument("--keep-data", action="store_true", help="keep what was read: the agent's folder stays")
    parser.add_argument("--drop-unsent", action="store_true", help="remove it though the collector lacks some of it")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Do it."""
    settings = load(os.environ, make=False)
    try:
        entries = restore.chosen(settings.home)
        service = record.load(settings.home)
    except Refused as fault:
        print(f"tollbook: {fault}", file=sys.stderr)
        return exit_codes.FAILED
    waiting = _unsent(settings)
    keep = arguments.keep_data or (waiting > 0 and not arguments.drop_unsent)
    if arguments.dry_run:
        for each in entries:
            print(f"{each.path}: {'.'.join(each.key[:2])} back to what it was")
        for path in () if service is None else service.files:
            print(f"{path}: removed")
        if not keep and settings.home.is_dir():
            print(f"{settings.home}: removed, with what was read")
        print("nothing was changed (--dry-run)")
        return exit_codes.OK
    restored = restore.restore(settings.home)
    for each in restored.done:
        print(f"{each.path}: {'.'.join(each.key[:2])} is as it was")
    for each in restored.kept:
        print(f"{each.path}: {'.'.join(each.key[:2])} was changed by somebody since, and stays")
    tell(restored.problems)
    state = files.load(settings.home)
    sessions = [] if state is None else _sessions(state.port)
    _retire(settings, state)
    failed = bool(restored.problems) or not _remove_service(settings, stop=not sessions)
    leftovers.remove_place(settings.home)
    if failed:
        return exit_codes.FAILED
    if keep and waiting and not arguments.keep_data:
        why = f"{waiting:,} claims were never sent to the collector"
        print(f"{settings.home} stays: {why}; --drop-unsent removes it all the same")
    elif not keep:
        _remove_data(settings, sessions=len(sessions))
    return exit_codes.OK


def _unsent(settings: Settings) -> int:
    """Claims that only this laptop has, where a collector waits for them."""
    if settings.collector is None or not settings.store.exists():
        return 0
    try:
        with open_store(settings) as connection:
            return 0 if connection is None else int(reading.counts(connection)["unsent"])
    except StoreError:
        return 0


def _sessions(port: int) -> list[int]:
    from tollbook_agent.capture.proxy.tombstone import sessions

    return sessions(port)


def _remove_service(settings: Settings, *, stop: bool) -> bool:
    try:
        done = manage.remove(settings.home, stop=stop)
    except Refused as fault:
        print(f"tollbook: {fault.remedy}", file=sys.stderr)
        return False
    for line in done.said:
        print(f"tollbook: {line}", file=sys.stderr)
    if done.running:
        print("the service is gone")
    return True


def _remove_data(settings: Settings, *, sessions: int) -> None:
    identity_store.forget(settings.home)
    stays = leftovers.remove_home(settings.home, proxy=not sessions)
    if sessions:
        print(f"{settings.home / files.FOLDER} stays for {sessions} running sessions; uninstall again after them")
    elif stays:
        print(f"{settings.home} stays: {', '.join(stays)} is not Tollbook's own")
    else:
        print(f"{settings.home}: removed, with what was read")


def _retire(settings: Settings, state: files.ProxyState | None) -> None:
    """Stop capturing. A resident agent ends, and leaves tunnels for the sessions that need them."""
    if state is not None:
        files.save(settings.home, replace(state, capture=False))
    try:
        ask(settings.home / places.CONTROL, "retire", timeout=RETIRE_SECONDS)
    except Unreachable:
        return
    end = time.monotonic() + RETIRE_SECONDS
    while Path(settings.home / places.CONTROL).exists() and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
    print("the resident agent has ended; sessions that still use its relay keep a plain tunnel until they end")
