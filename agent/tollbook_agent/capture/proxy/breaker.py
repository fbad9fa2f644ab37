"""The circuit breaker before the engine: after a fault the engine is left alone for a while, longer each time."""

from dataclasses import dataclass

PAUSES_SECONDS = (5.0, 30.0, 300.0)


@dataclass(slots=True)
class Breaker:
    """Says whether the engine may be tried. Times are seconds of any one clock."""

    faults: int = 0
    open_until: float = 0.0

    def allows(self, now: float) -> bool:
        """Whether a connection may be handed to the engine."""
        return now >= self.open_until

    def fault(self, now: float) -> None:
        """The engine failed. Faults of connections that were under way together count as one."""
        if now < self.open_until:
            return
        pause = PAUSES_SECONDS[min(self.faults, len(PAUSES_SECONDS) - 1)]
        self.faults += 1
        self.open_until = now + pause

    def success(self) -> None:
        """The engine worked: the next fault is a first one again."""
        self.faults = 0
        self.open_until = 0.0
