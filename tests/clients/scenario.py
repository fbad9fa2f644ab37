"""What a scenario is: something a developer does, and what the provider should then have billed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.clients.machine import Machine
from tests.support.provider.ledger import Entry, Outcome
from tests.support.provider.place import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One of them."""

    name: str
    tool: str
    play: Callable[[Machine], Plan]
    """Does it, and says where its sessions' work belongs."""
    billed: tuple[str, ...]
    """As `told` tells them, in any order; Codex's prewarms are left out."""
    websocket: bool = True
    """Whether OpenAI's front takes a WebSocket."""
    quick: bool = False
    """In the cut-down list."""

    def __str__(self) -> str:
        return self.name


def scenario(
    tool: str,
    name: str,
    play: Callable[[Machine], Plan],
    *billed: tuple[str, ...],
    websocket: bool = True,
    quick: bool = False,
) -> Scenario:
    """One of them, `billed` in parts."""
    lines = tuple(line for part in billed for line in part)
    return Scenario(name=name, tool=tool, play=play, billed=lines, websocket=websocket, quick=quick)


def retried(script: str, *before: str) -> tuple[str, ...]:
    """A script's first step with the outcomes of the tries that came before the good one."""
    return (*(f"turn {script}:0 {outcome}" for outcome in before), f"turn {script}:0 complete")


def told(entries: Sequence[Entry]) -> list[str]:
    """Each entry as `purpose script:step outcome`, sorted."""
    kept = [entry for entry in entries if entry.outcome is not Outcome.PREWARM]
    return sorted(f"{entry.purpose} {entry.script}:{entry.step} {entry.outcome}" for entry in kept)


def steps(script: str, number: int, purpose: str = "turn") -> tuple[str, ...]:
    """So many complete steps of a script."""
    return tuple(f"{purpose} {script}:{step} complete" for step in range(number))
