"""The slow way to read one transcript line, taken when the fast way fails.

Lines have been seen with two objects glued together, cut by a crash and continued with the next record, padded with
NUL bytes, with bytes that are no UTF-8, and with fields of another type than ever before. What is whole is kept; what
is not becomes a fault.
"""

import json
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from tollbook_agent.capture.anthropic_usage import Fault
from tollbook_agent.capture.logs.claude_records import Data, Line, Message, Nested

MAX_RESTARTS = 64
"""How often a broken line is searched for the begin of its next record."""
NOT_JSON = Fault("line_not_json", "")

_RECORD_START = '{"parentUuid":'
"""How Claude Code begins every record that can hold a response."""
_BLANK = " \t\r\n\0\ufeff"
_DECODER = json.JSONDecoder(parse_float=Decimal)
_NESTED: dict[tuple[type[Struct], str], type[Struct]] = {
    (Line, "message"): Message,
    (Line, "data"): Data,
    (Data, "message"): Nested,
    (Nested, "message"): Message,
}
"""Fields that are read field by field when they are not as expected. A usage block is not among them: it is believed
as a whole or not at all."""


class Whole(NamedTuple):
    """What a line held: its records, each with what was wrong in it, and what was wrong between them."""

    records: list[tuple[Line, list[Fault]]]
    faults: list[Fault]


def read_carefully(raw: bytes) -> Whole:
    """Every whole record of a line. Never raises."""
    text = raw.decode("utf-8", "replace")
    found = Whole([], [])
    place, restarts = _skip_blank(text, 0), 0
    while place < len(text):
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, ArithmeticError, RecursionError):
            if NOT_JSON not in found.faults:
                found.faults.append(NOT_JSON)
            restarts += 1
            place = text.find(_RECORD_START, place + 1)
            if place < 0 or restarts > MAX_RESTARTS:
                break
            continue
        wrong: list[Fault] = []
        found.records.append((_lenient(value, Line, "", wrong), wrong))
        place = _skip_blank(text, place)
    return found


def _skip_blank(text: str, place: int) -> int:
    while place < len(text) and text[place] in _BLANK:
        place += 1
    return place


def _lenient[S: Struct](value: Any, kind: type[S], path: str, wrong: list[Fault]) -> S:
    """A record in which each field that is not of its type is absent, and named in `wrong`."""
    record = kind()
    if not isinstance(value, dict):
        wrong.append(Fault("unexpected_shape", path or "record"))
        return record
    for name in kind.__struct_fields__:
        part: Any = value.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if part is None:
            continue
        inner = _NESTED.get((kind, name))
        where = f"{path}{name}"
        if inner is not None and isinstance(part, dict):
            setattr(record, name, _lenient(part, inner, f"{where}.", wrong))
            continue
        try:
            kept = getattr(msgspec.convert({name: part}, kind), name)
        except msgspec.ValidationError:
            wrong.append(Fault("unexpected_shape", where))
            continue
        setattr(record, name, _storable(kept))
    return record


def _storable(value: Any) -> Any:
    """Text with lone surrogates cannot be stored or sent; nothing in a transcript has a reason to hold one."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            setattr(value, name, _storable(getattr(value, name)))
    elif isinstance(value, list):
        return [_storable(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return value  # pyright: ignore[reportUnknownVariableType]
