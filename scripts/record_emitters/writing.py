"""Writes what was taken as a recording of the tests: nothing of this machine in it, and what it must give beside it."""

import getpass
import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.collector.dialects.recording import FOLDER, records, shown, sightings
from tests.support.provider.ledger import Entry
from tollbook_collector.receivers.plain import Signal
from tollbook_collector.receivers.routing import Encoding, Taken, read_request

type Counts = tuple[int, int, int, int]
"""Fresh input, read from a cache, written to one, output."""
_OF_THE_MACHINE = ("host.", "process.", "os.", "container.", "k8s.", "terminal.type")
_PATH = re.compile(r"(/tmp|/root|/var|/usr|/home|/opt|/work)/[^\s\"'\\,;:)]*")
_WIDTH = 110
_LONG = 300
"""A longer text is content: a prompt, an answer, the descriptions of tools."""
_CONTENT = "canary-text-of-a-prompt"


def write(
    name: str,
    about: str,
    signal: str,
    parts: list[dict[str, Any]],
    *,
    keep: Callable[[dict[str, Any]], bool],
    billed: list[Counts],
) -> None:
    """Write one recording.

    Args:
        name: of the file.
        about: emitter and version.
        signal: `traces` or `logs`.
        parts: as they were taken.
        keep: which spans or log records are worth it.
        billed: what the mock provider has billed and the readers must find, each call once.

    Raises:
        AssertionError: the collector reads other counts than were billed, or something of this machine is left.
    """
    outer, inner, leaf = (
        ("resourceSpans", "scopeSpans", "spans") if signal == "traces" else ("resourceLogs", "scopeLogs", "logRecords")
    )
    request = {outer: [_kept(part, inner, leaf, keep) for part in parts]}
    request[outer] = [part for part in request[outer] if part[inner]]
    scrubbed = json.loads(_PATH.sub("/home/ada/work", json.dumps(_without_machine(request))))
    text = json.dumps(scrubbed)
    for own in (socket.gethostname(), f"{getpass.getuser()}@", str(Path.cwd())):
        assert own not in text, own
    raw, found = text.encode(), Signal(signal)
    read = sightings(records(raw, found, protobuf=False))
    taken = read_request(raw, found, Encoding.JSON, "tests")
    assert isinstance(taken, Taken)
    counted = sorted(_counts(one.usage) for _, one in read if one.usage is not None)
    assert counted == sorted(billed), (counted, sorted(billed))
    document = {
        "about": about,
        "signal": signal,
        "request": scrubbed,
        "expected": [shown(*each) for each in read],
        "ignored": taken.ignored,
    }
    (FOLDER / f"{name}.json").write_text(_pretty(json.loads(json.dumps(document))) + "\n", encoding="utf-8")
    print(name, len(read), "calls,", sum(taken.ignored.values()), "passed over")


def _counts(usage: Any) -> Counts:
    return (usage.input, usage.cache_read, usage.cache_write_total, usage.output)


def billed_counts(entry: Entry) -> Counts:
    """What the mock provider billed."""
    usage = entry.usage or {}
    written = sum(count for name, count in usage.items() if name.startswith("cache_write"))
    return (usage["input"], usage["cache_read"], written, usage["output"])


def _kept(
    part: dict[str, Any], inner: str, leaf: str, keep: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:  # fmt: skip
    groups = [{**group, leaf: [each for each in group.get(leaf, []) if keep(each)]} for group in part.get(inner, [])]
    return {**part, inner: [group for group in groups if group[leaf]]}


def _without_machine(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) < _LONG else _CONTENT
    if isinstance(value, dict):
        return {name: _without_machine(each) for name, each in value.items()}
    if not isinstance(value, list):
        return value
    return [_without_machine(each) for each in value if not _of_the_machine(each)]


def _of_the_machine(each: Any) -> bool:
    return isinstance(each, dict) and str(each.get("key", "")).startswith(_OF_THE_MACHINE)


def _pretty(value: Any, depth: int = 0) -> str:
    """JSON with an attribute a line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(flat) < _WIDTH or _is_attribute(value):
        return flat
    pad, end = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, list):
        return "[" + ",".join(pad + _pretty(each, depth + 1) for each in value) + end + "]"
    lines = [f"{json.dumps(name)}: {_pretty(each, depth + 1)}" for name, each in value.items()]
    return "{" + ",".join(pad + line for line in lines) + end + "}"


def _is_attribute(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"key", "value"}
