"""How well an amount is known: of how many calls it is, which of them are in doubt, what belongs to no ticket. Pure."""

from collections.abc import Iterable

from tollbook.booked import Booked, other_models

_PLACEHOLDER, _UNKNOWN = "placeholder_counts", "usage_unknown"
_DOUBTFUL = frozenset({_PLACEHOLDER, _UNKNOWN})
_PLAN = "chatgpt"
"""The channel whose calls a plan has paid."""


class Standing:
    """Counters over calls."""

    __slots__ = ("calls", "placeholder", "plan", "sessions", "sure", "unassigned_nano_usd", "unknown", "unpriced")

    def __init__(self) -> None:
        self.calls = 0
        self.sure = 0
        """Priced in full."""
        self.unpriced = 0
        self.placeholder = 0
        """Their output is a floor."""
        self.unknown = 0
        """Nobody saw their usage."""
        self.plan = 0
        """Paid by a plan: their amount is list value."""
        self.unassigned_nano_usd = 0
        """Of calls that name no ticket."""
        self.sessions: dict[str, int] = {}
        """The same by session, in nano-dollars, where they have one."""

    @classmethod
    def of(cls, rows: Iterable[Booked]) -> "Standing":
        """That of some calls."""
        made = cls()
        for row in rows:
            made.add(1, row.channel, row.unpriced, row.flags)
            if not row.tickets:
                made.add_unassigned(row.session_id, total((row,)))
        return made

    def add(self, calls: int, channel: str, unpriced: int, flags: str) -> None:
        """Count calls that have all of this in common."""
        found = flags.split()
        self.calls += calls
        self.sure += calls if not unpriced and _DOUBTFUL.isdisjoint(found) else 0
        self.unpriced += calls if unpriced else 0
        self.placeholder += calls if _PLACEHOLDER in found else 0
        self.unknown += calls if _UNKNOWN in found else 0
        self.plan += calls if channel == _PLAN else 0

    def add_unassigned(self, session: str | None, amount_nano_usd: int) -> None:
        """Count money of a session that belongs to no ticket."""
        self.unassigned_nano_usd += amount_nano_usd
        if session:
            self.sessions[session] = self.sessions.get(session, 0) + amount_nano_usd

    def merge(self, other: "Standing") -> None:
        """Count what another one has counted of other calls."""
        for name in ("calls", "sure", "unpriced", "placeholder", "unknown", "plan", "unassigned_nano_usd"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for session, amount in other.sessions.items():
            self.sessions[session] = self.sessions.get(session, 0) + amount


def total(rows: Iterable[Booked]) -> int:
    """Money of calls in nano-dollars, that of other models inside their responses included."""
    return sum(row.list_nano_usd + sum(amount for _, _, amount in other_models(row)) for row in rows)
