"""`tollbook ticket fix SESSION KEY`: which ticket the calls of a session belong to, said by a person afterwards."""

import os
import sys
from contextlib import closing

from tollbook.ticket import candidates
from tollbook_agent import home as places
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import count, print_json
from tollbook_agent.cli.reader import NO_STORE, open_store, session_named
from tollbook_agent.control import Unreachable, ask
from tollbook_agent.lock import Locked, StoreLock
from tollbook_agent.settings import Settings


def fix(settings: Settings, words: list[str], *, everything: bool, as_json: bool) -> int:
    """Correct it here, or ask the process that holds the store to."""
    keys = tuple(sorted({word.upper() for word in words[1:]}))
    if not keys or any(candidates(key) != (key,) for key in keys):
        return _fail(exit_codes.USAGE, "name a session and ticket keys: tollbook ticket fix SESSION PAY-123")
    with open_store(settings) as connection:
        if connection is None:
            return _fail(exit_codes.FAILED, NO_STORE)
        found = session_named(connection, words[0])
    if len(found) != 1:
        return _fail(exit_codes.FAILED, which(words[0], found))
    try:
        lock = StoreLock(settings.home / places.LOCK)
    except Locked as held:
        fixed = _beside(settings, found[0], keys, everything, held)
    else:
        from tollbook_agent.compose import store_of
        from tollbook_agent.correct import fix as correct

        try:
            with closing(store_of(settings, os.environ)) as store:
                fixed = correct(store, settings, found[0], keys, everything=everything)
        finally:
            lock.release()
    if as_json:
        print_json({"session": found[0], "tickets": list(keys), "calls": fixed})
    elif fixed:
        print(f"{count(fixed)} calls of session {found[0]} belong to {', '.join(keys)}")
    else:
        print(f"every call of session {found[0]} names a ticket already; --all changes them too")
    return exit_codes.OK


def which(given: str, found: list[str]) -> str:
    """Why a session is not known by what was given."""
    if not found:
        return f"no call is of a session {given!r}; `tollbook spend --by session` lists them"
    return f"{given!r} begins {count(len(found))} sessions; write more of it: {', '.join(found[:3])}"


def _beside(settings: Settings, session: str, keys: tuple[str, ...], everything: bool, held: Locked) -> int:
    """Raises OSError where the resident agent could not do it, Locked where nobody answers."""
    try:
        answer = ask(settings.home / places.CONTROL, "fix", session=session, tickets=list(keys), everything=everything)
    except Unreachable as fault:
        raise held from fault
    if "calls" not in answer:
        raise OSError(f"the resident agent could not correct it: {answer.get('error')}")
    return int(answer["calls"])


def _fail(code: int, wrong: str) -> int:
    print(f"tollbook: {wrong}", file=sys.stderr)
    return code
