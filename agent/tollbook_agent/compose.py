"""Puts the parts that place a call together, for the commands and for the resident process alike."""

import bisect
import os
from collections.abc import Mapping
from pathlib import PurePath

from tollbook.prepare import Preparer
from tollbook.prices import default_book
from tollbook_agent.capture.locate import Locator
from tollbook_agent.context.engineer import GitEnvironment
from tollbook_agent.context.git import GitContext
from tollbook_agent.context.resolve import ExplicitTicket, Resolver
from tollbook_agent.context.settings import ContextSettings
from tollbook_agent.pipeline import Pipeline
from tollbook_agent.settings import Settings
from tollbook_agent.store.fresh import stamp
from tollbook_agent.store.store import Store

Decisions = Mapping[str, list[tuple[int, str]]]
"""Folder -> [(since, tickets), ...] in order of time, as `tollbook ticket set` stored them."""

MAX_FOLDERS = 4096
"""Folders whose resolved path is remembered."""


def store_of(settings: Settings, environment: Mapping[str, str]) -> Store:
    """The writer's store, its calls booked by these settings. Only for who holds the lock.

    Raises:
        NewerStore: a newer Tollbook wrote it.
        sqlite3.Error: it cannot be used.
    """
    store = Store(settings.store, rule=settings.rule, book=default_book())
    store.remember_stamp(stamp(environment))
    return store


def change_rule(store: Store, settings: Settings, environment: Mapping[str, str]) -> None:
    """Make a store's calls what these settings make of them."""
    store.take_rule(settings.rule, default_book())
    store.remember_stamp(stamp(environment))


def resolver_of(settings: Settings, environment: Mapping[str, str], decided: Decisions) -> Resolver:
    """The resolver of this machine's settings."""
    context = ContextSettings(engineer=settings.engineer, device=settings.device, tickets=settings.rule)
    git = GitContext(GitEnvironment.of(environment))
    return Resolver(context, git, explicit_lookup(settings.ticket, decided))


def pipeline_of(
    settings: Settings, environment: Mapping[str, str], decided: Decisions, locator: Locator | None = None
) -> Pipeline:
    """The pipeline of this machine's settings."""
    preparer = Preparer(observer=settings.device, rule=settings.rule, book=default_book())
    return Pipeline(resolver=resolver_of(settings, environment, decided), preparer=preparer, locator=locator)


def explicit_lookup(always: str | None, decided: Decisions) -> ExplicitTicket:
    """The tickets somebody named: `always` (`TOLLBOOK_TICKET`), else those of the nearest folder upwards then."""
    resolved: dict[str, str] = {}

    def lookup(cwd: str | None, at_ns: int) -> str | None:
        if always:
            return always
        if not decided or not cwd:
            return None
        place = resolved.get(cwd)
        if place is None:
            if len(resolved) >= MAX_FOLDERS:
                resolved.clear()
            place = resolved[cwd] = normal_folder(cwd)
        for folder in (place, *map(str, PurePath(place).parents)):
            said = decided.get(folder)
            if said:
                number = bisect.bisect_right(said, at_ns, key=lambda each: each[0])
                if number:
                    return said[number - 1][1] or None
        return None

    return lookup


def normal_folder(path: str) -> str:
    """A folder as it is stored and compared: absolute, links resolved."""
    return os.path.realpath(os.path.expanduser(path))
