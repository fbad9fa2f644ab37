"""A laptop's store with a few calls in it, put there without any log; and patience for what other threads do."""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.domain import NOON, SECOND, made_for, response, sighting
from tollbook.identity import Id
from tollbook.prepare import Prepared, Preparer
from tollbook.prices import default_book
from tollbook.ticket import NO_LIST, TicketRule
from tollbook.usage import Usage
from tollbook.vocabulary import Channel, Evidence, Provider, Source
from tollbook_agent.store.store import Store

PATIENCE_SECONDS = 20.0
"""How long a test waits for another thread before it fails; far more than that ever takes."""
LOOK_SECONDS = 0.005


@cache
def _preparer() -> Preparer:
    return Preparer(observer="device-1", rule=NO_LIST, book=default_book())


def prepared(number: int, *ids: Id, **fields: Any) -> Prepared:
    """What a log says of call `number`: response `msg_<number>` and the ids given, on a branch of its own ticket."""
    plain: dict[str, Any] = {
        "started_at": NOON + number * SECOND,
        "ended_at": NOON + (number + 2) * SECOND,
        "usage": Usage(input=100 + number, output=10),
        "channel": Channel.ANTHROPIC,
        "provider": Provider.ANTHROPIC,
        "model": "claude-opus-5-5",
        "work": made_for(repo=("acme/shop", Evidence.WORKTREE), branch=(f"feature/PAY-{number}-x", Evidence.REFLOG)),
    }
    one = sighting(Source.LOG, *(ids or (response(f"msg_{number}"),)), **{**plain, **fields})
    made = _preparer().prepare(one, one.work)
    assert made is not None
    return made


def store_at(path: Path, rule: TicketRule = NO_LIST) -> Store:
    """The writer's store."""
    return Store(path, rule=rule, book=default_book())


def eventually(what: Callable[[], object]) -> None:
    """Wait until `what` gives something true.

    Raises:
        AssertionError: it never did.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(LOOK_SECONDS)
