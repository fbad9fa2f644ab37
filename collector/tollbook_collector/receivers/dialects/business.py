"""Who a call was made for, from the metadata that virtual keys and requests carry. Pure.

Only short scalars become tags, and none that may be a credential, content or a path: names that sound of such are
passed over, and values that look like them.
"""

import re
from collections.abc import Iterable, Mapping

from tollbook.ticket import NO_LIST, tickets_in
from tollbook.vocabulary import Evidence
from tollbook.work import Known, Work

MAX_TAGS = 32
MAX_TAG_NAME = 64
"""Characters of a tag's name."""
MAX_TAG_VALUE = 256
"""Characters of a tag's value."""
BARE = "true"
"""The value of a tag that is only a name, as the FOCUS specification has it."""
TICKET_NAMES: frozenset[str] = frozenset(
    {"ticket", "ticket_id", "ticket.id", "ticketid", "issue", "issue_key", "issue.key", "jira", "jira_key", "work_item"}
)
"""Names under which people put the key of a ticket."""
TEAM_NAMES: tuple[str, ...] = ("team", "team_name", "team.name", "team_id", "team.id")
CUSTOMER_NAMES: tuple[str, ...] = ("customer", "customer_id", "customer.id", "customerid", "end_user", "end_user_id")

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{1,63}")
_REFUSED_NAME = re.compile(
    r"auth|secret|passw|cookie|credential|header|api_?-?key$|token|prompt|message|content|body|completion|path|cwd"
    r"|(?:^|_)ip(?:_|$)|ip_address"
)
_REFUSED_VALUE = re.compile(r"(?:sk|pk|rk)-[A-Za-z0-9]|(?i:bearer )|eyJ|gh[pousr]_|xox|[/\\~]|[A-Za-z]:[\\/]|\w+://")


def email_of(*values: str | None) -> str | None:
    """The first that is an e-mail address, in lower case."""
    return next((value.lower() for value in values if value and _EMAIL.fullmatch(value)), None)


def tags_of(values: Iterable[tuple[str, object]]) -> dict[str, str]:
    """The tags that may be kept, the first of a name."""
    tags: dict[str, str] = {}
    for name, value in values:
        text = str(value).strip() if isinstance(value, str | int) else ""
        if name in tags or not text or len(tags) >= MAX_TAGS or len(name) > MAX_TAG_NAME or len(text) > MAX_TAG_VALUE:
            continue
        if not _REFUSED_NAME.search(name.lower()) and not _REFUSED_VALUE.match(text):
            tags[name] = text
    return tags


def listed(tags: object) -> list[tuple[str, object]]:
    """A list of tags as names and values: `env:prod` and `env=prod` have both, `rag` is only a name."""
    found: list[tuple[str, object]] = []
    for tag in tags if isinstance(tags, list | tuple) else ():  # pyright: ignore[reportUnknownVariableType]
        if isinstance(tag, str):
            name, sign, value = tag.partition("=") if "=" in tag else tag.partition(":")
            found.append((name.strip(), value.strip() if sign else BARE))
    return found


def work_of(
    evidence: Evidence,
    tags: Mapping[str, str],
    *,
    engineer: str | None = None,
    team: str | None = None,
    customer: str | None = None,
    user: str | None = None,
) -> Work:
    """What the call was made for. A user that is no e-mail address is a tag: it names nobody by itself."""
    lower = {name.lower(): value for name, value in tags.items()}
    mail = email_of(engineer, user)
    if user and not email_of(user):
        tags = {"user": user, **tags}
    return Work(
        engineer=_known(mail, evidence),
        team=_known(team or _first(lower, TEAM_NAMES), evidence),
        customer=_known(customer or _first(lower, CUSTOMER_NAMES), evidence),
        tickets=_known(_tickets(tags), Evidence.METADATA),
        tags={name: Known(value, evidence) for name, value in tags.items()},
    )


def both(first: Work, second: Work) -> Work:
    """The first, completed by the second: what a key says and what a request says."""
    return Work(
        engineer=first.engineer or second.engineer,
        device=first.device or second.device,
        repo=first.repo or second.repo,
        branch=first.branch or second.branch,
        commit=first.commit or second.commit,
        tickets=first.tickets or second.tickets,
        team=first.team or second.team,
        customer=first.customer or second.customer,
        tags={**second.tags, **first.tags},
    )


def _tickets(tags: Mapping[str, str]) -> str | None:
    """Ticket keys: the value of a tag named for it, or a bare tag that is nothing but a key."""
    keys: set[str] = set()
    for name, value in tags.items():
        if name.lower() in TICKET_NAMES:
            keys.update(tickets_in(value, NO_LIST))
        elif value == BARE and name.upper() in (found := tickets_in(name, NO_LIST)):
            keys.update(found)
    return " ".join(sorted(keys)) or None


def _first(tags: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((tags[name] for name in names if name in tags), None)


def _known(value: str | None, evidence: Evidence) -> Known | None:
    return Known(value, evidence) if value else None
