"""What a bug report holds: an allow-list of versions, counters and verdicts. No path, no name, no address, no text.

Every value is a number, a truth value, a word of our own code, or a version; whatever else a source says is left out.
"""

import importlib.metadata
import platform
import re
from collections.abc import Iterable, Mapping
from typing import Any

import tollbook
from tollbook.prices import default_book
from tollbook_agent.doctor.examine import Examined
from tollbook_agent.doctor.machine import Machine
from tollbook_agent.selftest import tiers
from tollbook_agent.settings import NAMES
from tollbook_agent.store.connect import SQLITE
from tollbook_agent.tools import manifest
from tollbook_agent.tools.setting import Refused

SCHEMA = 1
PACKAGES = (
    "grpcio",
    "opentelemetry-sdk",
    "opentelemetry-proto",
    "psutil",
    "watchdog",
    "msgspec",
    "mitmproxy",
    "keyring",
)
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+!-]{0,40}")
_SYSTEM = re.compile(r"[A-Za-z0-9_]{1,20}")
_RELAY_COUNTS = (
    "connections", "captured", "tunnelled", "bypassed", "others", "untrusting", "refused", "calls", "engine_starts",
    "engine_faults",
)  # fmt: skip
"""Of the relay's own; never which hosts."""


def document(machine: Machine, examined: Iterable[Examined], status: Mapping[str, Any]) -> dict[str, Any]:
    """The report. `status` is what `tollbook status --json` shows."""
    return {
        "schema": SCHEMA,
        "versions": versions(),
        "settings": settings(machine),
        "verdicts": {each.check.name: str(each.finding.verdict) for each in examined},
        "counters": counters(status),
        "relay": relay(machine),
        "installed": installed(machine),
        "tiers": {tool: [str(each) for each in known.tiers] for tool, known in tiers.load(machine.home).items()},
    }


def versions() -> dict[str, str | None]:
    """Of the programs and the system; no host name, no build of a kernel."""
    found: dict[str, str | None] = {
        "tollbook": tollbook.__version__,
        "price_book": default_book().version,
        "python": platform.python_version(),
        "sqlite": SQLITE,
        "system": _matched(_SYSTEM, platform.system()),
        "machine": _matched(_SYSTEM, platform.machine()),
        "release": _matched(re.compile(r"[0-9]+(\.[0-9]+){0,2}"), platform.release().split("-")[0]),
    }
    for name in PACKAGES:
        try:
            found[name] = _matched(_VERSION, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def settings(machine: Machine) -> dict[str, bool]:
    """Which settings are set; no value of any."""
    known = machine.settings
    return {name: known is not None and getattr(known, name) is not None for name in (*NAMES, "enrolment")} | {
        "valid": known is not None
    }


def counters(status: Mapping[str, Any]) -> dict[str, Any]:
    """Sizes of the store, calls by tool and source, and what could not be read by reason."""
    counts: Mapping[str, Any] = status.get("counts") or {}
    rows: list[dict[str, Any]] = [*status.get("discarded", ()), *status.get("informed", ())]
    return {
        "store": {name: int(value) for name, value in counts.items() if _WORD.fullmatch(name)},
        "coverage": [
            {"tool": str(one["tool"]), "sources": list(map(str, one["sources"])), "calls": int(one["calls"])}
            for one in status.get("coverage", ())
        ],
        "reasons": {each["reason"]: int(each["count"]) for each in rows if _WORD.fullmatch(each["reason"])},
        "roots_present": sum(bool(one["present"]) for one in status.get("roots", ())),
    }


def relay(machine: Machine) -> dict[str, Any] | None:
    """Network capture: how it is set up, and the relay's counts."""
    state = machine.proxy
    if state is None:
        return None
    said: Mapping[str, Any] = (machine.agent or {}).get("proxy") or {}
    problems: Mapping[str, Any] = said.get("problems") or {}
    return {
        "capture": state.capture,
        "chained": state.upstream_proxy is not None,
        "own_hosts": len(state.more_hosts),
        "own_programs": len(state.programs),
        "counts": {name: int(said[name]) for name in _RELAY_COUNTS if isinstance(said.get(name), int)},
        "problems": {name: int(times) for name, times in problems.items() if _WORD.fullmatch(name)},
    }


def installed(machine: Machine) -> dict[str, int]:
    """How many settings of each tool are ours."""
    try:
        entries = manifest.load(machine.home).entries
    except Refused:
        return {}
    return {tool: sum(one.tool == tool for one in entries) for tool in sorted({one.tool for one in entries})}


def _matched(pattern: "re.Pattern[str]", text: str) -> str | None:
    found = pattern.fullmatch(text)
    return None if found is None else found[0]
