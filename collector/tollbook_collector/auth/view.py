"""View: which calls and which names a person may see. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from tollbook.problem import Problem
from tollbook_collector.auth.directory import FORBIDDEN, refused
from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.records import Kind, Person, Role

SMALLEST_GROUP = 5
"""People of whom a ranking may name each, at least."""

_SUMS = frozenset({"ticket", "spend", "work_cost", "status", "project_keys"})
_BOOKS = frozenset({"bills", "reconciliation", "ledger", "allocation", "explanation", "unit_cost", "focus"})
_BOOKKEEPING = frozenset({"bill_import", "reconcile", "period_close"})
_OPERATIONS: dict[Role, frozenset[str]] = {
    Role.ENGINEER: _SUMS | {"calls", "call", "devices", "assign"},
    Role.LEAD: _SUMS | {"calls", "call", "assign"},
    Role.FINANCE: _SUMS | _BOOKS | _BOOKKEEPING,
    Role.ADMIN: _SUMS | {"devices", "audit", "assign"} | _BOOKS,
    Role.AUDITOR: frozenset({"audit", "status", "bills", "reconciliation", "ledger"}),
}
"""What each role may ask for at all. `assign`: say which ticket a seen call was for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an organisation agreed about seeing people."""

    smallest_group: int = SMALLEST_GROUP
    lead_sees_members: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`None`: all of the tenant's. Sets hold engineers as facts have them."""

    sums: frozenset[str] | None
    """Whose calls are summed up."""
    calls: frozenset[str] | None
    """Whose calls are shown one by one."""
    names: bool
    """Whether sums may be taken apart by engineer."""
    smallest_group: int = 1
    """Engineers that a table by engineer must have for its names to be shown."""
    noted: bool = True
    """Whether seeing somebody is written into the audit log."""
    part: str | None = None
    """The flag of an answer that is not about everybody's calls."""


EVERYTHING = View(sums=None, calls=None, names=True)
"""For who can read the record's file anyway."""


def view_of(principal: Principal, operation: str, people: Iterable[Person], policy: Policy) -> View | Problem:
    """What a principal sees of an operation, or that it may not ask for it. `people` are those of its tenant."""
    if principal.kind is None:
        return View(sums=None, calls=None, names=True, noted=False)
    role = principal.role
    if not principal.asks or role is None:
        return refused("this credential may not ask", "Use one of kind api, or a laptop's.", FORBIDDEN)
    if operation not in _OPERATIONS[role]:
        return refused(f"role {role} may not see this", "Ask an administrator for another role.", FORBIDDEN)
    own = frozenset(filter(None, (principal.person, principal.email)))
    if principal.kind is Kind.DEVICE or role is Role.ENGINEER:
        return View(sums=own, calls=own, names=True, noted=False, part="only_your_calls")
    if role is Role.LEAD:
        members = [person for person in people if person.team in principal.teams]
        team = own | {name for person in members for name in (person.reference, person.email) if name}
        seen = policy.lead_sees_members
        return View(
            sums=team,
            calls=team if seen else own,
            names=seen,
            smallest_group=policy.smallest_group,
            noted=seen,
            part="only_your_team",
        )
    return View(sums=None, calls=frozenset(), names=False)
