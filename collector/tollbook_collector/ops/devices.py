"""What the heartbeats of a tenant's devices say, and whose figures are therefore incomplete. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tollbook.answer import iso_time
from tollbook_collector.auth.records import Credential, Kind, State
from tollbook_collector.store.record.devices import Seen

SECOND_NS = 10**9
SILENT_SECONDS = 24 * 3600
"""Without a heartbeat a device is silent: one comes every minute while a laptop is awake."""
GONE_SECONDS = 30 * 24 * 3600
"""A device that is silent for longer is shown, and makes nobody's figures incomplete any more."""

type Line = dict[str, Any]
type Shown = Callable[[str], str]


def device_lines(
    seen: Sequence[Seen], credentials: Iterable[Credential], now_ns: int, shown: Shown = str
) -> list[Line]:
    """A line for each device that was ever heard of, or that has a credential and never was. `shown` names people."""
    known = {one.beat.heartbeat.device for one in seen}
    lines = [_line(one, now_ns, shown) for one in seen]
    never: dict[str, Credential] = {}
    for one in credentials:
        device = one.device
        if one.kind is Kind.DEVICE and one.state is State.ACTIVE and device is not None and device not in known:
            never.setdefault(device, one)
    lines += [_never(device, one, now_ns, shown) for device, one in never.items()]
    return sorted(lines, key=lambda line: line["device"])


def incomplete_people(seen: Sequence[Seen], now_ns: int) -> frozenset[str]:
    """References of the people whose figures lack something."""
    return frozenset(one.beat.person for one in seen if one.beat.person and _reasons(one, now_ns))


def _line(one: Seen, now_ns: int, shown: Shown) -> Line:
    beat, word = one.beat, one.beat.heartbeat
    return {
        "device": word.device,
        "engineer": None if beat.person is None else shown(beat.person),
        "version": word.version,
        "last_beat_at": iso_time(beat.at),
        "silent_seconds": _silent(beat.at, now_ns),
        "made": word.made,
        "sent": word.sent,
        "waiting": word.waiting,
        "held": one.held,
        "missing": _missing(one),
        "dropped": dict(sorted(word.dropped.items())),
        "incomplete": _reasons(one, now_ns),
    }


def _never(device: str, credential: Credential, now_ns: int, shown: Shown) -> Line:
    """A device that enrolled and was never heard of."""
    silent = _silent(credential.created_at, now_ns)
    reasons = ["silent"] if SILENT_SECONDS <= silent < GONE_SECONDS else []
    counts = dict.fromkeys(("made", "sent", "waiting", "held", "missing"), 0)
    person = credential.person
    who = {"device": device, "engineer": None if person is None else shown(person), "version": None}
    return {**who, "last_beat_at": None, "silent_seconds": silent, **counts, "dropped": {}, "incomplete": reasons}


def _reasons(one: Seen, now_ns: int) -> list[str]:
    """Why the figures of the device's engineer are less than what was used."""
    silent = _silent(one.beat.at, now_ns)
    if silent >= GONE_SECONDS:
        return []
    found = {
        "missing": _missing(one) > 0,
        "dropped": bool(one.beat.heartbeat.dropped),
        "waiting": one.beat.heartbeat.waiting > 0,
        "silent": silent >= SILENT_SECONDS,
    }
    return [reason for reason, holds in found.items() if holds]


def _missing(one: Seen) -> int:
    """Claims that the device was told are booked, and that are not here: a restored backup, another collector before.
    What the collector rejected for good is counted as dropped by the device, and is in neither."""
    rejected = one.beat.heartbeat.dropped.get("rejected_by_collector", 0)
    return max(0, one.beat.heartbeat.sent - rejected - one.held)


def _silent(since_ns: int, now_ns: int) -> int:
    return max(0, now_ns - since_ns) // SECOND_NS
