"""Calls as JSON lines: what `calls export` writes, `calls import` reads back as sightings of the lowest rank.

A line is the documented JSON of one call. Prices, totals, flags and the call_id in it are not read: they are computed
again. Unknown fields are passed over, so that a file of a newer version can be read.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, cast

from tollbook.checked import FaultError, count
from tollbook.identity import Id, classify
from tollbook.problem import Problem
from tollbook.sighting import SCOPE_FIELDS, Scope, Sighting
from tollbook.usage import FIELDS, Usage
from tollbook.vocabulary import Billing, Channel, Evidence, IdKind, Provider, Purpose, Quality, Source, Tool
from tollbook.work import Known, Work

OBSERVER = "import"
"""Who says it: the file, whoever wrote it. A second import of the same call says nothing new."""
MAX_LINE_BYTES = 1024 * 1024
_TEXTS = (
    "model",
    "service_tier",
    "speed",
    "inference_geo",
    "status",
    "session_id",
    "turn_id",
    "agent_id",
)
_WORK = ("engineer", "device", "repo", "branch", "commit")
_REMEDY = "Write the file with `tollbook-collector calls export`, or in the JSON of docs/commands.md."


def read_calls(lines: Iterable[bytes], name: str) -> Iterator[Sighting | Problem]:
    """A sighting, or why there is none, for each line that is not empty. Streams."""
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        where = f"{name} line {number}"
        try:
            if len(raw) > MAX_LINE_BYTES:
                raise FaultError("line_too_long", f"longer than {MAX_LINE_BYTES} bytes")
            yield sighting_of(_object(json.loads(raw), "the line"))
        except FaultError as fault:
            yield Problem(reason=fault.reason, where=where, detail=str(fault), remedy=_REMEDY)
        except (ValueError, RecursionError):
            yield Problem(reason="line_not_json", where=where, detail="it is not whole JSON", remedy=_REMEDY)


def sighting_of(call: Mapping[str, Any]) -> Sighting:
    """The sighting that a call's document makes.

    Raises:
        FaultError: a field is missing or wrong.
    """
    usage = call.get("usage")
    extra = _object(call.get("extra") or {}, "extra")
    scope = _object(call.get("scope") or {}, "scope")
    texts: dict[str, Any] = {name: _text(call.get(name), name) for name in _TEXTS}
    return Sighting(
        source=Source.IMPORT,
        tool=_member(Tool, call.get("tool"), "tool", Tool.OTHER),
        ids=tuple(_ids(_object(call.get("ids"), "ids"))),
        started_at=_moment(call.get("started_at"), "started_at"),
        ended_at=_moment(call.get("ended_at") or call.get("started_at"), "ended_at"),
        quality=_quality(call.get("quality")),
        usage=None if usage is None else _usage(usage),
        extra={str(model): _usage(counts) for model, counts in extra.items()},
        channel=_member(Channel, call.get("channel"), "channel", Channel.OTHER),
        provider=_member(Provider, call.get("provider"), "provider", Provider.OTHER),
        billing=_member(Billing, call.get("billing"), "billing", Billing.UNKNOWN),
        purpose=_member(Purpose, call.get("purpose"), "purpose", Purpose.OTHER),
        scope=Scope(**{name: _text(scope.get(name), f"scope.{name}") for name in SCOPE_FIELDS}),
        work=_work(call),
        **texts,
    )


def _ids(ids: Mapping[str, Any]) -> Iterator[Id]:
    found = False
    for kind, value in ids.items():
        if kind not in IdKind:
            continue
        for one in cast(list[Any], value) if isinstance(value, list) else [value]:
            text = _text(one, f"ids.{kind}")
            if text:
                found = True
                yield classify(IdKind(kind), text)
    if not found:
        raise FaultError("call_without_id", "no id that calls are joined by")


def _work(call: Mapping[str, Any]) -> Work:
    evidence = _object(call.get("evidence") or {}, "evidence")

    def known(name: str, value: str | None) -> Known | None:
        if not value:
            return None
        how = evidence.get(name)
        return Known(value, Evidence(how) if isinstance(how, str) and how in Evidence else Evidence.LOG_STALE)

    tickets: object = call.get("tickets") or []
    if not isinstance(tickets, list):
        raise FaultError("call_malformed", "tickets is not a list")
    keys = sorted({text for one in cast(list[Any], tickets) if (text := _text(one, "tickets"))})
    values: dict[str, Any] = {name: known(name, _text(call.get(name), name)) for name in _WORK}
    return Work(**values, tickets=known("tickets", " ".join(keys)))


def _usage(value: object) -> Usage:
    counts = _object(value, "usage")
    try:
        return Usage(**{name: count(counts.get(name, 0), f"usage.{name}") for name in FIELDS})
    except ValueError:
        raise FaultError("call_malformed", "usage contradicts itself") from None


def _quality(value: object) -> Quality:
    names = {quality.name.lower(): quality for quality in Quality}
    return names.get(str(value), Quality.FINAL)


def _member[E: Enum](kind: type[E], value: object, name: str, other: E) -> E:
    """A member by its value; what is unknown is `other`."""
    return next((one for one in kind if one.value == _text(value, name)), other)


def _moment(value: object, name: str) -> int:
    """UTC nanoseconds of ISO 8601."""
    try:
        when = datetime.fromisoformat(_text(value, name) or "")
    except ValueError:
        raise FaultError("call_malformed", f"{name} is no time in ISO 8601") from None
    if when.tzinfo is None:
        raise FaultError("call_malformed", f"{name} has no time zone")
    delta = when.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 10**9 + delta.microseconds * 1_000


def _text(value: object, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise FaultError("call_malformed", f"{name} is not a text")
    return value or None


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise FaultError("call_malformed", f"{name} is not an object")
    return cast(dict[str, Any], value)
