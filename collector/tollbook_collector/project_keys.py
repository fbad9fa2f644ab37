"""The project keys of an organisation, as they stand in a setting."""

import re
from typing import Any, cast

from tollbook.ticket import MAX_PROJECT

MOST_KEYS = 10_000
_KEY = re.compile(rf"[A-Z][A-Z0-9]{{1,{MAX_PROJECT - 1}}}")


def parse_project_keys(value: Any) -> frozenset[str]:
    """The keys of a list such as ["PAY", "OPS"], in upper case.

    Raises:
        ValueError: not such a list; the message names the first wrong key.
    """
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list of keys")
    keys = cast(list[object], value)
    if not keys:
        raise ValueError("the list is empty, so that no ticket would ever count; leave the setting out instead")
    if len(keys) > MOST_KEYS:
        raise ValueError(f"{len(keys)} keys are more than {MOST_KEYS}")
    found: set[str] = set()
    for key in keys:
        if not isinstance(key, str) or not _KEY.fullmatch(key.strip().upper()):
            raise ValueError(f"{key!r} is not a project key: 2 to {MAX_PROJECT} letters and digits, a letter first")
        found.add(key.strip().upper())
    return frozenset(found)
