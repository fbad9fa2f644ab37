"""Bytes of a rollout into its few rows that matter: skims, splits glued and torn lines, decodes only named fields.

Most of a rollout is conversation. A line as Codex writes it names its type within its first bytes, which is as far as
an uninteresting one is looked at; a marker word inside a message can never be mistaken for a row.
"""

import re
from collections.abc import Callable, Iterator

import msgspec

from tollbook_agent.capture.logs.codex_records import (
    DAMAGE,
    Head,
    Payload,
    PayloadHead,
    Row,
    SessionMeta,
    SettingsApplied,
    TaskStarted,
    TokenCount,
    TurnContext,
    UsageRecord,
)
from tollbook_agent.capture.logs.codex_tally import Tally

MAX_LINE = 32 * 1024 * 1024
"""Bytes of one line; a longer one is skipped and counted."""
ROWS_AT_ONCE = 128
"""Rows found before they are taken: to change from one to the other at each row costs an eighth more in all."""
MAX_GLUED = 256
"""Objects looked for in one damaged line; the rest of the line is skipped and counted."""

type Line = Row[Payload]
"""One row: what it says, when it was written (re-stamped when copied), its place in a paginated history."""
type Decode = Callable[[bytes], Line]

_ROWS: dict[bytes, Decode] = {
    b"session_meta": msgspec.json.Decoder(Row[SessionMeta]).decode,
    b"turn_context": msgspec.json.Decoder(Row[TurnContext]).decode,
    b"token_usage_record": msgspec.json.Decoder(Row[UsageRecord]).decode,
}
_EVENTS: dict[bytes, Decode] = {
    b"token_count": msgspec.json.Decoder(Row[TokenCount]).decode,
    b"thread_settings_applied": msgspec.json.Decoder(Row[SettingsApplied]).decode,
    b"task_started": msgspec.json.Decoder(Row[TaskStarted]).decode,
}
_MARKERS: tuple[bytes, ...] = (*_ROWS, *_EVENTS)
_KNOWN: frozenset[bytes] = frozenset(
    {
        b"event_msg",
        b"response_item",
        b"compacted",
        b"world_state",
        b"inter_agent_communication",
        b"inter_agent_communication_metadata",
    }
)
"""Types that hold no usage of their own."""

_decode_head = msgspec.json.Decoder(Head).decode
_decode_payload_head = msgspec.json.Decoder(PayloadHead).decode

_HEADER = re.compile(
    rb'\{"timestamp": ?"[^"\\]*", ?(?:"ordinal": ?[0-9.]+, ?)?"type": ?"([A-Za-z0-9_.-]{1,64})", ?'
    rb'"payload": ?\{(?:"type": ?"([A-Za-z0-9_.-]{1,64})"[,}])?'
)
"""The beginning of a line as Codex writes it."""
_USUAL = re.compile(
    rb'\{"timestamp":"[0-9TZ:.+-]*","(?:ordinal":[0-9.]+,"type|type)":"(?:response_item","payload":\{|'
    rb'event_msg","payload":\{"type":"(?:(%s)|[A-Za-z0-9_.-]{1,64})"[,}]|'
    rb'(%s)","payload":\{|(?:world_state|compacted)","payload":\{)' % (b"|".join(_EVENTS), b"|".join(_ROWS))
)
"""Such a beginning without spaces, of a type that is known. A group holds the type of a row of interest.

Only for speed: a line that begins otherwise is judged by `_HEADER`, with the same result.
"""
_USUAL_SPACED = re.compile(_USUAL.pattern.replace(b'":', b'": ').replace(b',"', b', "'))
"""The same with the spaces that a program puts there which wrote the rollout anew."""
_DECODERS: dict[bytes, Decode] = _ROWS | _EVENTS
_SPACE = re.compile(rb"[ \t\r\n\0]*")
_START = b'{"timestamp":'
"""Where a further row begins that was glued to an earlier one."""
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[{}]', re.DOTALL)
"""A string (an open one reaches to the end) or a brace: enough to find the end of an object."""
_BLANK = b" \t\r\n\0"
"""A crash can leave a run of zero bytes."""
_BOM = b"\xef\xbb\xbf"


def rows(data: bytes, tally: Tally) -> Iterator[list[Line]]:
    """The rows of interest in whole lines, in order and several at once.

    What cannot be read is counted in `tally`, after all rows before it were given.
    """
    if not data.endswith(b"\n"):
        data += b"\n"
    find, usual = data.find, (_USUAL_SPACED if data.startswith(_START + b" ") else _USUAL).match
    found: list[Line] = []
    start = 0
    while (end := find(b"\n", start)) >= 0:
        match = usual(data, start, end) if end - start <= MAX_LINE else None
        if match is None:
            odd = True
        elif (group := match.lastindex) is None:
            odd = find(_START, start + 1, end) >= 0
        else:
            try:
                found.append(_DECODERS[match[group]](data[start:end]))
                odd = False
            except DAMAGE:
                odd = True
            if len(found) >= ROWS_AT_ONCE:
                yield found
                found = []
        if odd:
            yield found
            found = []
            for row in _line(data, start, end, tally):
                yield [row]
        start = end + 1
    yield found


def _line(data: bytes, start: int, end: int, tally: Tally) -> Iterator[Line]:
    """The rows of a line of any layout; says what is wrong with it."""
    if end - start > MAX_LINE:
        tally.add("line_too_long")
        return
    header = _HEADER.match(data, start, end)
    if header is None:
        yield from _odd_line(data, start, end, tally)
        return
    if data.find(_START, start + 1, end) >= 0:
        yield from _objects(data[start:end], tally)
        return
    top, event = header.groups()
    if top == b"event_msg" and event is None:
        yield from _objects(data[start:end], tally)
        return
    decode = _EVENTS.get(event) if top == b"event_msg" else _ROWS.get(top)
    if decode is not None:
        yield from _decoded(decode, data[start:end], event or top, tally)
    elif top not in _KNOWN:
        tally.add("record_type_unknown", top.decode())


def _odd_line(data: bytes, start: int, end: int, tally: Tally) -> Iterator[Line]:
    """A line of another layout: of another program, of an old version, with spaces, torn, empty."""
    line = data[start:end].strip(_BLANK).removeprefix(_BOM)
    if any(marker in line for marker in _MARKERS):
        yield from _objects(line, tally)
    elif line and not (line.startswith(b"{") and line.endswith(b"}")):
        tally.add("line_not_json")


def _objects(line: bytes, tally: Tally) -> Iterator[Line]:
    """The rows of a line that is one object of any layout, or several glued together, or has a torn beginning."""
    whole = _head(line)
    if whole is not None:
        yield from _of_head(whole, line, tally)
        return
    start = 0
    for _ in range(MAX_GLUED):
        end = _object_end(line, start)
        found = _head(line[start:end])
        if found is not None:
            yield from _of_head(found, line[start:end], tally)
            start = _SPACE.match(line, end).end()  # pyright: ignore[reportOptionalMemberAccess] # matches the empty string
            if start >= len(line):
                return
            continue
        tally.add("line_not_json")
        start = line.find(_START, start + 1)
        if start < 0:
            return
    tally.add("line_too_long")


def _object_end(line: bytes, start: int) -> int:
    """Where the object that begins at `start` ends; the end of the line if it never does."""
    depth = 0
    for token in _TOKEN.finditer(line, start):
        char = token.group()
        if char == b"{":
            depth += 1
        elif char == b"}":
            depth -= 1
            if depth <= 0:
                return token.end()
    return len(line)


def _head(piece: bytes) -> Head | None:
    try:
        return _decode_head(piece)
    except DAMAGE:
        return None


def _of_head(head: Head, piece: bytes, tally: Tally) -> Iterator[Line]:
    name = head.type.encode(errors="replace")
    decode = _ROWS.get(name)
    if name == b"event_msg":
        try:
            name = (_decode_payload_head(head.payload).type or "").encode(errors="replace")
        except DAMAGE:
            tally.add("record_malformed", "event_msg")
            return
        decode = _EVENTS.get(name)
    if decode is not None:
        yield from _decoded(decode, piece, name, tally)


def _decoded(decode: Decode, piece: bytes, name: bytes, tally: Tally) -> Iterator[Line]:
    try:
        row = decode(piece)
    except msgspec.ValidationError:
        tally.add("record_malformed", name.decode())
    except DAMAGE:
        tally.add("line_not_json", name.decode())
    else:
        yield row
