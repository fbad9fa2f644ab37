"""An organisation, by the name that commands take."""

from tollbook.problem import Problem
from tollbook_collector.auth.guard import open_directory
from tollbook_collector.auth.principal import DEFAULT_TENANT
from tollbook_collector.cli.command import DEFAULT_NAME
from tollbook_collector.config import Settings

MAX_NAMED = 20
"""Organisations that a refusal names; more are counted."""


def tenant_named(settings: Settings, name: str) -> int | Problem:
    """The number of an organisation whose record is there, of the newest schema."""
    if name == DEFAULT_NAME:
        return DEFAULT_TENANT
    opened = open_directory(settings)
    if isinstance(opened, Problem):
        return opened
    access = opened[0].access
    try:
        known = access.tenants()
    finally:
        access.close()
    return known.get(name) or no_such_tenant(name, known)


def no_such_tenant(name: str, known: dict[str, int]) -> Problem:
    """A refusal that names those there are."""
    names = sorted(known)
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    remedy = f"There are {', '.join(names[:MAX_NAMED])}{more}; `token create --tenant NAME` makes one."
    return Problem(reason="tenant_unknown", where="--tenant", detail=f"there is no tenant {name!r}", remedy=remedy)
