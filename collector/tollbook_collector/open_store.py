"""Opening the record with the settings: the one place that says what a store that cannot be opened means."""

from pathlib import Path

from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook.ticket import TicketRule
from tollbook_collector.config import HOME, PREFIX, Settings
from tollbook_collector.outcomes.served_keys import ServedKeys
from tollbook_collector.store.record.errors import RecordError, Retryable
from tollbook_collector.store.record.sqlite import DEFAULT_TENANT, Record

_HEADER = b"SQLite format 3\0"


def open_store(settings: Settings, tenant: int = DEFAULT_TENANT) -> Record | Problem:
    """The record, made where there is none; its calls are booked anew where the price book or project keys changed."""
    try:
        if settings.store.exists() and not _is_database(settings.store):
            return _problem(settings, "it is no record but some other file", f"Set {PREFIX}STORE to another name.")
        return Record(
            settings.store,
            rule=rule_of(ServedKeys(settings.home, settings.project_keys), tenant),
            book=default_book(),
            tenant=tenant,
        )
    except RecordError as fault:
        return _problem(
            settings, str(fault), "It holds what was booked: keep it.", permanent=not isinstance(fault, Retryable)
        )
    except OSError as fault:
        remedy = f"Let this user read and write it, or set {HOME} to a folder where that is so."
        return _problem(settings, f"it cannot be opened: {fault.strerror}", remedy)


def rule_of(keys: ServedKeys, tenant: int = DEFAULT_TENANT) -> TicketRule:
    """What judges tickets: the list that laptops fetch. Imports are the first tenant's; others have the settings."""
    found = (keys.answer() if tenant == DEFAULT_TENANT else keys.configured())["project_keys"]
    return TicketRule(project_keys=None if found is None else frozenset(found))


def existing_store(settings: Settings, tenant: int = DEFAULT_TENANT) -> Record | Problem:
    """The record, which must be there: for questions, which make none."""
    if settings.store.exists():
        return open_store(settings, tenant)
    remedy = f"Start `tollbook-collector serve`, or set {HOME} to the folder of the collector that has it."
    return _problem(settings, "there is no store yet", remedy)


def _is_database(path: Path) -> bool:
    """Whether a file may be a record: empty, or SQLite.

    Raises:
        OSError: it cannot be read; says why, where SQLite would not.
    """
    with path.open("rb") as file:
        return file.read(len(_HEADER)) in (b"", _HEADER)


def _problem(settings: Settings, detail: str, remedy: str, *, permanent: bool = True) -> Problem:
    return Problem(reason="store", where=str(settings.store), detail=detail, remedy=remedy, permanent=permanent)
