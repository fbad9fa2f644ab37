"""Other work of the same shape: every id and every time of a recording becomes another one, consistently.

An id keeps its form and length, and becomes the same wherever it occurs in one copy. A file's copies may follow each
other in one file: running totals and line numbers then go on from where the copy before them ended.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_UUID_TAIL = 12
"""Digits of a UUID that are drawn anew."""
_WORD_TAIL = 14
"""Letters of another id that are drawn anew."""
NO_TOTAL: Mapping[str, int] = {}
_MARKS = re.compile(
    rb"(?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    rb"|(?P<hex>\b(?:resp_[0-9a-f]{50}|a[0-9a-f]{16}|[0-9a-f]{64})\b)"
    rb"|(?P<word>\b(?:msg_01[A-Za-z0-9]{22}|req_011C[A-Za-z0-9]{20}|toolu_01[A-Za-z0-9]{22}|call_[A-Za-z0-9]{24})\b)"
    rb"|(?P<item>\b(?:msg|rs|fc)_[a-z0-9]{48}\b)"
    rb"|(?P<time>\b2026-1[01]-[0-3][0-9]T[0-2][0-9][:-][0-5][0-9][:-][0-5][0-9])"
    rb"|(?P<date>\b2026[-/]1[01][-/][0-3][0-9])"
    rb'|(?P<ordinal>(?<="ordinal":)[0-9]+)'
    rb'|(?P<total>(?:(?<="total_token_usage":)|(?<="thread_token_usage":))\{"input_tokens":[0-9][^}]*\})'
    rb'|(?P<seconds>(?:(?<="started_at":)|(?<="resets_at":))[0-9]{10}\b)'
    rb'|(?P<millis>(?<=ed_at_ms":)[0-9]{13}\b)'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some bytes of a recording. An empty `kind` stays as it is."""

    kind: str
    text: bytes


def pieces(data: bytes) -> list[Piece]:
    """A recording taken apart."""
    found: list[Piece] = []
    place = 0
    for match in _MARKS.finditer(data):
        found.append(Piece(kind="", text=data[place : match.start()]))
        found.append(Piece(kind=match.lastgroup or "", text=match.group()))
        place = match.end()
    return [*found, Piece(kind="", text=data[place:])]


def last_total(parts: Iterable[Piece]) -> dict[str, int]:
    """The running totals that a thread ends with; empty where none are kept."""
    totals = [part.text for part in parts if part.kind == "total"]
    return json.loads(totals[-1]) if totals else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How much earlier a copy lies, and what its ids are drawn from."""

    salt: str
    back: timedelta


class Copy:
    """What the ids and times of the recordings become in one copy."""

    def __init__(self, *, shared: Age, own: Age, sessions: frozenset[bytes]) -> None:
        self._shared, self._own = shared, own
        self._sessions = sessions
        """Ids that several copies share: those of the sessions they go on in."""
        self._known: dict[bytes, bytes] = {}

    def render(
        self, parts: Iterable[Piece], *, chapter: int = 0, total: Mapping[str, int] = NO_TOTAL, lines: int = 0
    ) -> bytes:
        """The copy of a recording, as the next `chapter` of a file of chapters with these totals and lines."""
        known = self._known
        out: list[bytes] = []
        for part in parts:
            if not part.kind:
                out.append(part.text)
            elif part.kind == "ordinal":
                out.append(str(int(part.text) + chapter * lines).encode())
            elif part.kind == "total":
                out.append(_sum(part.text, chapter, total))
            else:
                new = known.get(part.text)
                if new is None:
                    new = known[part.text] = self._other(part.kind, part.text)
                out.append(new)
        return b"".join(out)

    def _other(self, kind: str, text: bytes) -> bytes:
        age = self._shared if text in self._sessions else self._own
        if kind in ("time", "date"):
            return _moved(text, age.back)
        if kind in ("seconds", "millis"):
            return str(int(text) - int(age.back.total_seconds()) * (1 if kind == "seconds" else 1000)).encode()
        digest = hashlib.blake2b(text, key=age.salt.encode(), digest_size=16)
        if kind == "uuid":
            return _uuid_time(text, age.back) + digest.hexdigest()[:_UUID_TAIL].encode()
        if kind == "hex":
            return text[:-_UUID_TAIL] + digest.hexdigest()[:_UUID_TAIL].encode()
        alphabet = _BASE62 if kind == "word" else _BASE62[:36]
        drawn = [alphabet[each % len(alphabet)] for each in digest.digest()[:_WORD_TAIL]]
        return text[:-_WORD_TAIL] + "".join(drawn).encode()


def _sum(text: bytes, chapter: int, total: Mapping[str, int]) -> bytes:
    counts = json.loads(text)
    later = {name: count + chapter * total.get(name, 0) for name, count in counts.items()}
    return json.dumps(later, separators=(",", ":")).encode()


def _moved(text: bytes, back: timedelta) -> bytes:
    """A day, or a day and a time, in the form that it has."""
    form = "%Y/%m/%d" if b"/" in text else "%Y-%m-%d"
    if len(text) > len("2026-10-26"):
        form += "T%H:%M:%S" if b":" in text else "T%H-%M-%S"
    return (datetime.strptime(text.decode(), form) - back).strftime(form).encode()


def _uuid_time(text: bytes, back: timedelta) -> bytes:
    """The beginning of a UUID; of version 7 it is a time."""
    if text[14:15] != b"7":
        return text[:-_UUID_TAIL]
    made = int(text[:8] + text[9:13], 16) - int(back.total_seconds()) * 1000
    digits = f"{made:012x}".encode()
    return digits[:8] + b"-" + digits[8:] + text[13:-_UUID_TAIL]
