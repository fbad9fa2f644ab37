"""The spool: complete, already allow-listed observations from other processes of ours, one JSON line each.

The engine and the hooks append, the resident process tails with a cursor like any log. A record begins and ends with a
line break, in one write: what a killed writer left unfinished spoils no neighbour. Nothing in it leaves this machine
before the pipeline has put the place into words.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tollbook.problem import Problem
from tollbook_agent.capture.observation import Observation

SUFFIX = ".spool"
MAX_FILE_BYTES = 64 * 1024 * 1024
"""A spool that nobody reads must not fill the disk: beyond this, records are dropped and counted."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Observation).decode


class SpoolFull(OSError):
    """The spool holds as much as it may."""


def encode(observations: Sequence[Observation]) -> bytes:
    """The bytes of one write."""
    return b"".join(b"\n" + _encode(each) + b"\n" for each in observations)


def append(path: Path, observations: Sequence[Observation]) -> None:
    """Append in one write; the file is made for this user only.

    Raises:
        SpoolFull: it is as large as it may get.
        OSError: it cannot be written.
    """
    data = encode(observations)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if os.fstat(descriptor).st_size + len(data) > MAX_FILE_BYTES:
            raise SpoolFull("the spool is full; is the resident agent running?")
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)


def read(data: bytes, name: str) -> tuple[list[Observation], list[Problem]]:
    """The observations of whole lines; a line that is none is a Problem and stops nothing."""
    found: list[Observation] = []
    problems: list[Problem] = []
    for line in data.split(b"\n"):
        if not line:
            continue
        try:
            found.append(_decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as fault:
            problems.append(Problem(reason="spool_line_unreadable", where=name, detail=type(fault).__name__))
    return found, problems
