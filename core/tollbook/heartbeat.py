"""Heartbeat: what an agent tells of itself, so that a collector knows what it has not been told. Pure.

It travels as OpenTelemetry metrics, cumulative since the agent's store was made: a lost one costs nothing, the next
says all. Reasons are fixed codes; nothing of what was dropped travels.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MADE = "tollbook.agent.claims.made"
"""Claims in the agent's store."""
SENT = "tollbook.agent.claims.sent"
"""Those of them whose present version the collector has acknowledged."""
DROPPED = "tollbook.agent.dropped"
"""What could not be read, kept or sent, by reason."""
REASON = "reason"
MAX_REASONS = 64
LARGEST = 2**53
MAX_TEXT = 128
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One device's word about itself."""

    device: str
    version: str
    made: int
    sent: int
    dropped: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def waiting(self) -> int:
        """Claims that are still on the device."""
        return max(0, self.made - self.sent)


def heartbeat(device: str, version: str, made: int, sent: int, dropped: Mapping[str, int]) -> Heartbeat | None:
    """A heartbeat of values that somebody sent; `None` where they are none. Reasons that are no code are summed up."""
    texts_fit = 0 < len(device) <= MAX_TEXT and device.isprintable() and len(version) <= MAX_TEXT
    if not texts_fit or not version.isprintable() or not all(0 <= value <= LARGEST for value in (made, sent)):
        return None
    kept: dict[str, int] = {}
    for reason, count in sorted(dropped.items()):
        if not 0 < count <= LARGEST:
            continue
        code = reason if _CODE.fullmatch(reason) and len(kept) < MAX_REASONS - 1 else "other"
        kept[code] = kept.get(code, 0) + count
    return Heartbeat(device=device, version=version, made=made, sent=sent, dropped=kept)
