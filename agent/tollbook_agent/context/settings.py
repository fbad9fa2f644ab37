"""What the agent's configuration says about the context of a call."""

from dataclasses import dataclass

from tollbook.ticket import NO_LIST, TicketRule


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSettings:
    """Values a person configured; they beat what git says."""

    engineer: str | None = None
    """E-mail address, in any case."""
    device: str | None = None
    """Name of this machine, as it is shown."""
    tickets: TicketRule = NO_LIST
    """Which keys count; used to explain, since tickets are concluded from the branch by the core."""
