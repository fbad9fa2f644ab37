"""Finding: what a check saw; Check: what it looks at. The verdicts, mildest first."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tollbook_agent.doctor.machine import Machine


class Verdict(StrEnum):
    """How it is."""

    OK = "ok"
    NOTE = "note"
    """Nothing to mend: something is off by choice, or was not looked at and why."""
    WARN = "warn"
    """It works, and less well than it could or not for long."""
    FAIL = "fail"
    """Calls or tickets are missed until it is mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of one check. No secret, and no path but those a person needs for mending."""

    verdict: Verdict
    saw: str
    advice: str = ""
    """What to do; empty for ok and note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check."""

    name: str
    looks_at: str
    look: Callable[[Machine], Finding]
    live: bool = False
    """Whether it starts other programs, which takes seconds."""


def ok(saw: str) -> Finding:
    """As it should be."""
    return Finding(verdict=Verdict.OK, saw=saw)


def note(saw: str) -> Finding:
    """Nothing to mend."""
    return Finding(verdict=Verdict.NOTE, saw=saw)


def warn(saw: str, advice: str) -> Finding:
    """To be mended some time."""
    return Finding(verdict=Verdict.WARN, saw=saw, advice=advice)


def fail(saw: str, advice: str) -> Finding:
    """To be mended now."""
    return Finding(verdict=Verdict.FAIL, saw=saw, advice=advice)
