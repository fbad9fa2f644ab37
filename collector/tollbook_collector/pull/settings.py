"""The tables `[pull.NAME]` of the settings: what to pull from whom, and where its key is kept."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from tollbook.answer import day_number
from tollbook.problem import Problem
from tollbook_collector.nearest import suggestion
from tollbook_collector.pull.keys import RIGHT, KeyReference, parse_reference

MOST_SOURCES = 100
MOST_NAMES = 1_000
"""Repositories or projects of one source."""
FASTEST = 6_000
"""Requests a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One table: an organisation's account at one provider."""

    name: str
    channel: str
    base_url: str = ""
    key: KeyReference | None = None
    scope: str | None = None
    """The organisation as its documents are to name it; where a provider's own answers do, they win."""
    account: str = ""
    """What the paths of its API name: organisation or workspace."""
    email: str = ""
    folder: str = ""
    """Where files arrive, relative to the home folder."""
    names: tuple[str, ...] = ()
    """Repositories of GitHub, projects of Jira."""
    points_field: str | None = None
    since: int | None = None
    """The day a first pull begins with."""
    per_minute: int = 60
    reports: tuple[str, ...] = ()
    """Only these of its reports; empty: all."""


class Channel(NamedTuple):
    """What a channel's table may hold besides `channel`, `key`, `base_url`, `since` and `requests_per_minute`."""

    base_url: str
    """Where its API is by default; "" where there is none, so that it must be set."""
    per_minute: int
    needs: tuple[str, ...]
    may: tuple[str, ...] = ("scope",)
    has_key: bool = True


CHANNELS: Mapping[str, Channel] = {
    # «sustained use: once a minute» of the usage and cost API is about polling; pages follow each other faster.
    "anthropic": Channel("https://api.anthropic.com", 60, ("key",), ("scope", "reports")),
    # 60 requests a minute an organisation (Analytics API).
    "claude_enterprise": Channel("https://api.anthropic.com", 50, ("key",), ("scope", "reports")),
    "openai": Channel("https://api.openai.com", 60, ("key",), ("scope", "reports")),
    "codex": Channel("https://api.chatgpt.com", 60, ("key", "workspace")),
    # 20 requests a minute a team (Admin API).
    "cursor": Channel("https://api.cursor.com", 20, ("key",)),
    "copilot": Channel("https://api.github.com", 60, ("key", "organization"), ()),
    "bedrock": Channel("", 60, ("folder",), ("scope",), has_key=False),
    "vertex": Channel("", 60, ("folder",), ("scope",), has_key=False),
    "jira": Channel("", 60, ("key", "email", "base_url"), ("projects", "points_field")),
    "github": Channel("https://api.github.com", 60, ("key", "repositories"), ()),
}
TRACKERS = frozenset({"jira", "github"})
"""Channels of outcomes; the others bill."""
_SCOPED = frozenset({"anthropic", "claude_enterprise", "openai", "codex", "cursor"})
"""Channels whose reports do not all say which organisation they are of."""
_FIELDS: Mapping[str, str] = {
    "workspace": "account",
    "organization": "account",
    "repositories": "names",
    "projects": "names",
    "requests_per_minute": "per_minute",
}
"""Names in the settings that differ from the record's."""


def read_sources(value: object) -> tuple[tuple[Source, ...], list[Problem]]:
    """The sources of `[pull]`, and what is wrong with them."""
    if not isinstance(value, dict):
        return (), [_wrong("pull", "it is not a table", '[pull.anthropic] with key = "env:ANTHROPIC_ADMIN_KEY"')]
    tables = cast(dict[str, object], value)
    sources: list[Source] = []
    problems: list[Problem] = []
    for name, table in list(tables.items())[:MOST_SOURCES]:
        if not isinstance(table, dict):
            where = f"pull.{name}"
            problems.append(_wrong(where, "it is not a table", f"[pull.{name}] on a line of its own"))
            continue
        source, wrong = _source(name, cast(dict[str, object], table))
        problems += wrong
        if source is not None:
            sources.append(source)
    if len(tables) > MOST_SOURCES:
        problems.append(_wrong("pull", f"there are more than {MOST_SOURCES} tables", "fewer"))
    return tuple(sources), [*problems, *_mixed(sources)]


def _mixed(sources: Sequence[Source]) -> Iterator[Problem]:
    """Two accounts whose documents would replace each other, because nothing tells them apart."""
    taken: dict[tuple[str, str | None], str] = {}
    for source in sources:
        if source.channel not in _SCOPED:
            continue
        others = [name for (channel, _), name in taken.items() if channel == source.channel]
        if others and (
            source.scope is None or (source.channel, source.scope) in taken or (source.channel, None) in taken
        ):
            what = f"{others[0]} is of the channel {source.channel} too, and their documents would replace each other"
            yield _wrong(f"pull.{source.name}.scope", what, "a different scope in each of the two")
        taken[source.channel, source.scope] = source.name


def _source(name: str, table: dict[str, object]) -> tuple[Source | None, list[Problem]]:
    where = f"pull.{name}"
    wanted = table.get("channel", name)
    channel = CHANNELS.get(wanted) if isinstance(wanted, str) else None
    if channel is None or not isinstance(wanted, str):
        remedy = suggestion(name, CHANNELS)
        what = 'there is no such channel; a table of another name says its channel = "..."'
        return None, [Problem(reason="setting_wrong", where=where, detail=what, remedy=remedy)]
    known = {"channel", "since", "requests_per_minute", *channel.needs, *channel.may}
    known |= {"base_url"} if channel.base_url else set()
    problems = [
        Problem(
            reason="setting_unknown",
            where=f"{where}.{field}",
            detail="there is no such setting",
            remedy=suggestion(field, sorted(known)),
        )
        for field in table
        if field not in known
    ]
    values: dict[str, Any] = {"name": name, "channel": wanted, "base_url": channel.base_url}
    values["per_minute"] = channel.per_minute
    for field, given in table.items():
        if field in known and field != "channel":
            read, right = _READ[field]
            try:
                values[_FIELDS.get(field, field)] = read(given)
            except ValueError as fault:
                problems.append(_wrong(f"{where}.{field}", str(fault), right))
    problems += [
        _wrong(f"{where}.{field}", "it is not set", _READ[field][1]) for field in channel.needs if field not in table
    ]
    return (None if problems else Source(**values)), problems


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 1_000:
        raise ValueError("it is not a text")
    return value.strip()


def _part(value: object) -> str:
    """A text that is one step of a path."""
    text = _text(value)
    if not all(letter.isalnum() or letter in "-_." for letter in text) or text.strip(".") == "":
        raise ValueError(f"{text!r} has letters that no such name has")
    return text


def api_url(value: object) -> str:
    """The address of an API: its host is verified by TLS, or is this machine.

    Raises:
        ValueError: it is none; the message says why.
    """
    text = _text(value).rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("it is no URL") from None
    if parts.username or parts.password:
        raise ValueError("it holds a user or a password")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is no URL of an API")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError(f"{text!r} would send the key in clear")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _day(value: object) -> int:
    try:
        return day_number(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is no date") from None


def _rate(value: object) -> int:
    if type(value) is not int or not 1 <= value <= FASTEST:
        raise ValueError(f"{value!r} is not a number of 1 to {FASTEST}")
    return value


def _names(value: object) -> tuple[str, ...]:
    found = cast(list[object], value) if isinstance(value, list) else []
    if not found or len(found) > MOST_NAMES:
        raise ValueError(f"it is not a list of 1 to {MOST_NAMES} names")
    return tuple(_part(each) for each in found)


def _repositories(value: object) -> tuple[str, ...]:
    found = cast(list[object], value) if isinstance(value, list) else []
    if not found or len(found) > MOST_NAMES:
        raise ValueError(f"it is not a list of 1 to {MOST_NAMES} repositories")
    for each in found:
        owner, slash, name = each.partition("/") if isinstance(each, str) else ("", "", "")
        if not slash:
            raise ValueError(f"{each!r} is not owner/name")
        _part(owner)
        _part(name)
    return tuple(map(str, found))


_READ: Mapping[str, tuple[Callable[[object], object], str]] = {
    "key": (parse_reference, RIGHT),
    "base_url": (api_url, 'the address of the API: "https://acme.atlassian.net"'),
    "scope": (_text, 'the organisation\'s name: "acme"'),
    "since": (_day, 'a day: "2026-10-01"'),
    "requests_per_minute": (_rate, "a number: 20"),
    "reports": (_names, 'names of reports: ["anthropic_cost_report"]'),
    "workspace": (_part, "the id of the ChatGPT workspace"),
    "organization": (_part, 'the organisation on GitHub: "acme"'),
    "folder": (_text, 'a folder, or a URL of one: "file:///srv/cur"'),
    "email": (_text, "the e-mail address of the account whose API token is used"),
    "projects": (_names, 'keys of projects: ["PAY", "OPS"]'),
    "points_field": (_part, 'the field of story points: "customfield_10016"'),
    "repositories": (_repositories, 'repositories: ["acme/shop"]'),
}
"""Setting -> how it is read, raising ValueError, and what would be right."""


def _wrong(where: str, what: str, right: str) -> Problem:
    return Problem(reason="setting_wrong", where=where, detail=what, remedy=f"right would be {right}")
