"""Problem: what a step could not do, as a value beside its results."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that could not be read, kept or sent.

    A Problem never carries content of what it is about: `reason` is a fixed code that can be counted, `where` names a
    file, a line or a setting, `detail` holds type names and numbers only.
    """

    reason: str
    """A stable code such as `line_not_json`."""
    where: str
    """Where it came from: tool and file name, span name, setting."""
    detail: str = ""
    permanent: bool = True
    """False: the same input may succeed later (a file that is still being written, a collector that is down)."""
    remedy: str = ""
    """What a person can do about it."""
