"""Reader of git's configuration syntax. Pure: bytes in, entries and problems out.

The syntax is that of git-config(1): sections with subsections, quoting, escapes, comments, continued lines. git stops
at a line it cannot read; here that line is a Problem and the rest still counts.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from tollbook.problem import Problem

MAX_ENTRIES = 10_000
"""Variables of one file; what comes after is reported and left."""

_HEADER = re.compile(r'\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n]|\\[^\n])*)")?\]')
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9-]*)[ \t]*(=?)[ \t]*")
_PLAIN = re.compile(r'[^"\\#;\n]+')
_ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "b": "\b"}
_LINE_END = re.compile(r"\n|$")


class Entry(NamedTuple):
    """One variable. `section` and `key` are lower case, `subsection` as written; a bare key (true) has no value."""

    section: str
    subsection: str | None
    key: str
    value: str | None


def parse(data: bytes, where: str) -> tuple[list[Entry], list[Problem]]:
    """All entries of one file in order. `where` names the file in problems; bytes that are no UTF-8 are replaced."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    entries: list[Entry] = []
    problems: list[Problem] = []
    section: tuple[str, str | None] | None = None
    place = 0
    while (place := _skip_blank(text, place)) < len(text):
        if len(entries) >= MAX_ENTRIES:
            problems.append(Problem(reason="git_config_too_long", where=where, detail=f"{MAX_ENTRIES} entries"))
            break
        header = _HEADER.match(text, place)
        if header is not None:
            section, place = _section(header), header.end()
            continue
        key = _KEY.match(text, place)
        read = None if key is None or section is None else _value(text, key.end()) if key[2] else _bare(text, key.end())
        if key is None or section is None or read is None:
            line = text.count("\n", 0, place) + 1
            problems.append(Problem(reason="git_config_syntax", where=where, detail=f"line {line}"))
            place = _line_end(text, place)
            continue
        value, place = read
        entries.append(Entry(section[0], section[1], key[1].lower(), value))
    return entries, problems


def last(entries: Iterable[Entry], section: str, key: str, subsection: str | None = None) -> str | None:
    """The value that counts: the last one given. Bare keys have none."""
    found: str | None = None
    for entry in entries:
        if entry.section == section and entry.key == key and entry.subsection == subsection and entry.value is not None:
            found = entry.value
    return found


def is_true(value: str | None) -> bool:
    """git's notion of true."""
    return value is not None and value.strip().lower() in {"true", "yes", "on", "1"}


def _section(header: re.Match[str]) -> tuple[str, str | None]:
    name = header[1].lower()
    if header[2] is not None:
        return name, re.sub(r"\\(.)", r"\1", header[2])
    name, dot, subsection = name.partition(".")  # the deprecated [section.subsection], lower-cased
    return name, subsection if dot else None


def _skip_blank(text: str, place: int) -> int:
    """The next place that holds neither white space nor a comment."""
    while place < len(text):
        if text[place] in "#;":
            place = _line_end(text, place)
        elif text[place].isspace():
            place += 1
        else:
            break
    return place


def _line_end(text: str, place: int) -> int:
    found = _LINE_END.search(text, place)
    return len(text) if found is None else found.start()


def _bare(text: str, place: int) -> tuple[None, int] | None:
    """A key without `=`: only a comment may follow on its line."""
    end = _line_end(text, place)
    rest = text[place:end].strip()
    return (None, end) if not rest or rest[0] in "#;" else None


def _value(text: str, place: int) -> tuple[str, int] | None:
    """The value that starts at `place`, and where its line ends; `None` where the quoting is broken."""
    out: list[str] = []
    kept = 0  # pieces that trailing white space may not shorten
    quoted = False
    while place < len(text) and text[place] != "\n":
        plain = _PLAIN.match(text, place)
        char = text[place]
        if plain is not None:
            out.append(plain[0])
            place = plain.end()
            kept = len(out) if quoted else kept
        elif char == '"':
            quoted = not quoted
            kept = len(out)
            place += 1
        elif char == "\\":
            if text[place + 1 : place + 2] == "\n":
                place += 2
                continue
            escaped = _ESCAPES.get(text[place + 1 : place + 2])
            if escaped is None:
                return None
            out.append(escaped)
            kept = len(out)
            place += 2
        elif quoted:
            out.append(char)
            kept = len(out)
            place += 1
        else:
            place = _line_end(text, place)
    return None if quoted else ("".join(out[:kept]) + "".join(out[kept:]).rstrip(), place)
