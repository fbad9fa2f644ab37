"""OTLP JSON into events. Pure; never raises.

As lenient as the standard asks: unknown fields are passed over, 64-bit numbers come as texts or numbers. One damaged
value costs that value, one damaged record that record: Claude Code's desktop build was reported to send
`"doubleValue": {}`. Records and values stay encoded until their names are known to be allowed.
"""

import msgspec
from msgspec import Raw, Struct, field

from tollbook.problem import Problem
from tollbook_agent.capture.otlp.event import (
    ALLOWED,
    EVENT_NAME,
    MAX_ATTRIBUTES,
    MAX_RECORDS,
    READ_EVENTS,
    Event,
    Events,
    Plain,
    kept,
    not_otlp,
    too_many,
)

type _Number = int | str | None
_DAMAGE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError)


class _Scope(Struct, gc=False, rename="camel"):
    log_records: list[Raw] = field(default_factory=list[Raw])


class _Resource(Struct, gc=False, rename="camel"):
    scope_logs: list[_Scope] = field(default_factory=list[_Scope])


class _Request(Struct, gc=False, rename="camel"):
    resource_logs: list[_Resource] = field(default_factory=list[_Resource])


class _Record(Struct, gc=False, rename="camel"):
    time_unix_nano: _Number = None
    observed_time_unix_nano: _Number = None
    attributes: list[Raw] = field(default_factory=list[Raw])


class _Attribute(Struct, gc=False):
    key: str = ""
    value: Raw = field(default_factory=Raw)


class _Value(Struct, gc=False, rename="camel"):
    string_value: str | None = None
    int_value: _Number = None
    double_value: float | str | None = None
    bool_value: bool | None = None


_request = msgspec.json.Decoder(_Request).decode
_record = msgspec.json.Decoder(_Record).decode
_attribute = msgspec.json.Decoder(_Attribute).decode
_value = msgspec.json.Decoder(_Value).decode


def read_json(raw: bytes) -> Events:
    """The events of an ExportLogsServiceRequest in JSON that tell of calls."""
    try:
        request = _request(raw)
    except _DAMAGE:
        return Events(problems=(not_otlp("json"),))
    records = [record for part in request.resource_logs for scope in part.scope_logs for record in scope.log_records]
    if len(records) > MAX_RECORDS:
        return Events(problems=(too_many(len(records)),))
    events: list[Event] = []
    problems: list[Problem] = []
    others = 0
    for each in records:
        try:
            found = _event(_record(each))
        except _DAMAGE:
            problems.append(Problem(reason="record_not_otlp", where="otlp", detail="json"))
            continue
        if found is None:
            others += 1
        else:
            events.append(found)
    return Events(events=tuple(events), others=others, problems=tuple(problems))


def _event(record: _Record) -> Event | None:
    """One log record; `None` for an event that is not read."""
    pairs: dict[str, Raw] = {}
    for each in record.attributes[:MAX_ATTRIBUTES]:
        try:
            attribute = _attribute(each)
        except _DAMAGE:
            continue
        if attribute.key in ALLOWED:
            pairs[attribute.key] = attribute.value
    name = _plain(pairs[EVENT_NAME]) if EVENT_NAME in pairs else None
    if not isinstance(name, str) or name not in READ_EVENTS:
        return None
    values = {key: value for key, raw in pairs.items() if (value := _plain(raw)) is not None}
    at_ns = _whole(record.time_unix_nano) or _whole(record.observed_time_unix_nano) or 0
    return Event(name=name, at_ns=at_ns, attributes=values)


def _plain(raw: Raw) -> Plain | None:
    """The value; `None` for one that is damaged or not plain."""
    try:
        value = _value(raw)
    except _DAMAGE:
        return None
    if value.string_value is not None:
        return kept(value.string_value)
    if value.int_value is not None:
        return _whole(value.int_value)
    if value.double_value is not None:
        return kept(value.double_value)
    return value.bool_value


def _whole(number: _Number) -> int | None:
    """A whole number as OTLP writes it: a number or the text of one, within 64 bits."""
    if isinstance(number, str):
        if not number.removeprefix("-").isdecimal() or not number.isascii() or len(number) > 20:
            return None
        number = int(number)
    return number if number is not None and -(2**63) <= number < 2**64 else None
