"""Holds what Tollbook counted against what the mock provider billed, call by call."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.support.provider.counts import FIRST_EVENT_OUTPUT
from tests.support.provider.ledger import Entry, Outcome
from tests.support.provider.place import Place

CallDocument = Mapping[str, Any]
"""One line of `tollbook calls --json`."""
KEYS = ("response", "request")
"""Kinds of id that tell which call is meant, the surer first."""
WRITES = "cache_write"
OUTPUT = ("output", "reasoning", "web_searches")
"""Counts that a broken stream leaves open."""
ANTHROPIC_CHANNELS = ("anthropic", "bedrock", "vertex")


def compare(
    ledger: Sequence[Entry],
    calls: Iterable[CallDocument],
    place: Callable[[Entry], Place | None] | None = None,
    *,
    lifetimes: bool = True,
) -> list[str]:
    """Every difference, in words; none when all is well.

    Args:
        ledger: what was billed.
        calls: what was counted.
        place: where each entry's work belongs; `None` leaves that open, as does a place of `None`.
        lifetimes: whether the observers can have seen how long cache writes live. Codex's log has only their total.
    """
    found, unknown = _matched(ledger, calls)
    faults = [f"counted but never billed: {_call_name(call)}" for call in unknown]
    for number, entry in enumerate(ledger):
        own = found.get(number, [])
        if len(own) > 1:
            faults.append(f"counted {len(own)} times: {name_of(entry)}")
        if not own and entry.billed:
            faults.append(f"missing: {name_of(entry)}")
        for call in own[:1]:
            told = list(_differences(entry, call, lifetimes=lifetimes) if entry.billed else _unbilled(call))
            wanted = place(entry) if place is not None and entry.billed else None
            if wanted is not None:
                told += _misplaced(wanted, call)
            faults += [f"{name_of(entry)}: {fault}" for fault in told]
    return faults


def _matched(
    ledger: Sequence[Entry], calls: Iterable[CallDocument]
) -> tuple[Mapping[int, list[CallDocument]], list[CallDocument]]:
    """Calls by the place of their entry in the ledger, and those without one."""
    ids = [{"response": entry.response_id, "request": entry.request_id} for entry in ledger]
    by_id = {(kind, one[kind]): place for place, one in enumerate(ids) for kind in KEYS if one[kind] is not None}
    found: dict[int, list[CallDocument]] = defaultdict(list)
    unknown: list[CallDocument] = []
    for call in calls:
        places = [by_id[kind, call["ids"].get(kind)] for kind in KEYS if (kind, call["ids"].get(kind)) in by_id]
        if places:
            found[places[0]].append(call)
        else:
            unknown.append(call)
    return found, unknown


def _differences(entry: Entry, call: CallDocument, *, lifetimes: bool) -> Iterator[str]:
    for name, wanted in (("channel", entry.channel), ("model", entry.model), ("session_id", entry.session_id)):
        if call[name] != wanted:
            yield f"{name} is {call[name]!r}, not {wanted!r}"
    if entry.outcome is Outcome.BROKEN:
        yield from _broken(entry, call)
        return
    counted, billed = call["usage"], entry.usage
    if not lifetimes:
        counted, billed = _merged(counted), _merged(billed)
    if counted != billed:
        yield f"usage is {_different(counted, billed)}"
    if call["extra"] != entry.extra:
        yield f"extra is {call['extra']}, not {entry.extra}"
    if call["quality"] != "final":
        yield f"quality is {call['quality']!r}"


def _broken(entry: Entry, call: CallDocument) -> Iterator[str]:
    """Anthropic's input is exact and its output a lower bound; OpenAI's usage is unknown and has no price."""
    if call["quality"] == "final" or (entry.channel in ANTHROPIC_CHANNELS and call["quality"] != "partial"):
        yield f"quality of a broken stream is {call['quality']!r}"
    if entry.channel not in ANTHROPIC_CHANNELS:
        if call["usage"] is not None:
            yield f"usage of a broken stream is {call['usage']}, not unknown"
        if not call["unpriced"]:
            yield "a broken stream has a price"
        return
    assert entry.usage is not None
    usage = call["usage"]
    if usage is None:
        yield "usage of a broken stream is unknown, though its input was told"
        return
    exact = {name: count for name, count in entry.usage.items() if name not in OUTPUT}
    if {name: usage[name] for name in exact} != exact:
        yield f"usage of a broken stream is {_different(usage, exact)}"
    if not FIRST_EVENT_OUTPUT <= usage["output"] <= entry.usage["output"]:
        yield f"output of a broken stream is {usage['output']}, not {FIRST_EVENT_OUTPUT} to {entry.usage['output']}"


def _unbilled(call: CallDocument) -> Iterator[str]:
    """What was refused or only prepared may be shown, but costs nothing."""
    usage = call["usage"]
    if usage is not None and any(usage.values()):
        yield f"was not billed, but has usage {usage}"
    if call["list_nano_usd"]:
        yield f"was not billed, but costs {call['list_nano_usd']} nano-dollars"


def _misplaced(wanted: Place, call: CallDocument) -> Iterator[str]:
    tickets = [] if wanted.ticket is None else [wanted.ticket]
    for name, value in (("repo", wanted.repo), ("branch", wanted.branch), ("tickets", tickets)):
        if call[name] != value:
            yield f"{name} is {call[name]!r}, not {value!r}"


def _merged(usage: Mapping[str, int] | None) -> dict[str, int] | None:
    """With one total of all cache writes."""
    if usage is None:
        return None
    written = sum(count for name, count in usage.items() if name.startswith(WRITES))
    return {name: count for name, count in usage.items() if not name.startswith(WRITES)} | {WRITES: written}


def _different(counted: Mapping[str, int] | None, billed: Mapping[str, int] | None) -> str:
    if counted is None or billed is None:
        return f"{counted}, not {billed}"
    names = [name for name in billed if counted.get(name) != billed[name]]
    return ", ".join(f"{name} {counted.get(name)} instead of {billed[name]}" for name in names)


def name_of(entry: Entry) -> str:
    """An entry in words."""
    what = f"{entry.channel}/{entry.transport} {entry.script}:{entry.step} attempt {entry.attempt}"
    return f"{what}, {entry.purpose}, {entry.outcome} ({entry.response_id or entry.request_id})"


def _call_name(call: CallDocument) -> str:
    return f"{call['tool']}/{call['channel']} {call['model']} {call['ids']} from {','.join(call['sources'])}"
