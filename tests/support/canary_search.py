"""Looks for needles, as they are and encoded, in files, databases and texts."""

import base64
import html
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.support.canaries import MARK, Canary

LONGEST = 192
"""Bytes of a needle in its longest form, and some more."""
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A secret where it was found."""

    place: str
    kind: str
    encoding: str
    found_in: str


def encodings(needle: str) -> Mapping[str, bytes]:
    """The bytes that give a needle away. Equal ones are named once, by the plainest name."""
    raw = needle.encode()
    wanted = {
        "raw": raw,
        "lower case": needle.lower().encode(),
        "upper case": needle.upper().encode(),
        "JSON": json.dumps(needle)[1:-1].encode(),
        "URL": quote(needle, safe="").encode(),
        "URL, lower case": quote(needle, safe="").lower().encode(),
        "HTML": html.escape(needle).encode("ascii", "xmlcharrefreplace"),
        "UTF-16 LE": needle.encode("utf-16-le"),
        "UTF-16 BE": needle.encode("utf-16-be"),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "Latin-1 as UTF-8": raw.decode("latin-1").encode(),
        **{f"base64 at {shift}": _base64(raw, shift) for shift in range(3)},
    }
    first: dict[bytes, str] = {}
    for name, data in wanted.items():
        first.setdefault(data, name)
    return {name: data for data, name in first.items()}


def _base64(raw: bytes, shift: int) -> bytes:
    """The characters of base64 that stand for these bytes alone, where `shift` bytes come before them in their triple.
    Needles hold letters and digits, so both alphabets of base64 are the same here, but for non-ASCII ones."""
    whole = base64.b64encode(b"\0" * shift + raw)
    begin = -(-shift * 8 // 6)
    return whole[begin : (shift + len(raw)) * 8 // 6]


def below(folder: Path, *without: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of all files below a folder, and of its databases also every row as text."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(path.is_relative_to(each) for each in without):
            data = path.read_bytes()
            name = str(path.relative_to(folder))
            yield name, name.encode() + b"\n" + data
            if data.startswith(_SQLITE):
                yield f"{name} (rows)", _rows(path)


def _rows(path: Path) -> bytes:
    """What a database says, write-ahead log included, whatever pages its texts are cut into."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return "\n".join(connection.iterdump()).encode()
    finally:
        connection.close()


def search(where: Iterable[tuple[str, bytes]], canaries: Iterable[Canary]) -> list[Hit]:
    """Every secret that is found, by place."""
    wanted = [(each, encodings(each.needle)) for each in canaries]
    marks = {form for mark in {each.needle[: len(MARK)] for each, _ in wanted} for form in encodings(mark).values()}
    return [
        Hit(place=canary.place, kind=canary.kind, encoding=encoding, found_in=name)
        for name, data in where
        if (near := _near(data, marks))
        for canary, forms in wanted
        for encoding, form in forms.items()
        if form in near
    ]


def _near(data: bytes, marks: Iterable[bytes]) -> bytes:
    """What follows each mark: little enough to look for every needle in it."""
    found: list[bytes] = []
    for mark in marks:
        at = data.find(mark)
        while at >= 0:
            found.append(data[at : at + LONGEST])
            at = data.find(mark, at + 1)
    return b"\n".join(sorted(set(found)))
