"""A person's correction: the calls of a session belong to these tickets. It is a fact of its own beside the others.

Each call gets a claim of the source `person`, which joins it by the call's own id and travels to the collector like any
other. What tools and git said stays as it is; the latest decision of a person wins.
"""

import time
from contextlib import closing

from tollbook.call import Call
from tollbook.conclude import conclude, naming_id
from tollbook.group import Group, group
from tollbook.prepare import Prepared, Preparer
from tollbook.prices import default_book
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Source
from tollbook.work import Known, Work
from tollbook_agent.settings import Settings
from tollbook_agent.store import reading
from tollbook_agent.store.connect import connect_reading
from tollbook_agent.store.store import Store


def fix(store: Store, settings: Settings, session: str, tickets: tuple[str, ...], *, everything: bool) -> int:
    """Say that the calls of a session that name no ticket, or with `everything` all of them, belong to these tickets.

    Returns how many calls that is. Only for who holds the store's lock.

    Raises:
        StoreError: it could not be stored; nothing of it was.
    """
    now_ns = time.time_ns()
    preparer = Preparer(observer=settings.device, rule=settings.rule, book=default_book())
    work = Work(tickets=Known(" ".join(sorted(set(tickets))), Evidence.PERSON))
    batch: list[Prepared] = []
    for members, call in _calls(settings, session):
        if not everything and call.work.tickets is not None and call.work.tickets.value:
            continue
        said = Sighting(
            source=Source.PERSON,
            tool=call.tool,
            ids=(naming_id(members),),
            started_at=call.started_at,
            ended_at=call.ended_at,
            order=now_ns,
        )
        prepared = preparer.prepare(said, work)
        if prepared is not None:
            batch.append(prepared)
    if batch:
        store.commit(batch, now_ns=now_ns)
    return len(batch)


def _calls(settings: Settings, session: str) -> list[tuple[Group, Call]]:
    connection = connect_reading(settings.store)
    if connection is None:
        return []
    found: list[tuple[Group, Call]] = []
    with closing(connection):
        for place in reading.found(connection, reading.Wanted(session=session)):
            groups = group(reading.claims(connection, place)).groups
            if place.part < len(groups):
                found.append((groups[place.part], conclude(groups[place.part], settings.rule)))
    return found
