"""Which ways of seeing each tool's calls passed on this machine; the highest is the tool's default."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tollbook.vocabulary import Tool
from tollbook_agent.leftovers import TIERS
from tollbook_agent.private_file import write_private

SCHEMA = 1


class Tier(StrEnum):
    """Highest first."""

    NETWORK = "network"
    REPORT = "report"
    """The tool's own OpenTelemetry."""
    LOG = "log"


PROGRAMS: Mapping[str, Tool] = {"claude": Tool.CLAUDE_CODE, "codex": Tool.CODEX}
"""Command -> tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Of one tool."""

    tiers: tuple[Tier, ...]
    at: str
    refused: bool
    """Whether the network was tried with the tool, and did not work."""

    @property
    def default(self) -> Tier | None:
        """The highest that passed; `None` where none did."""
        return next((each for each in Tier if each in self.tiers), None)


def load(home: Path) -> dict[Tool, Passed]:
    """What is remembered; nothing where no self-test ever ran or the file is damaged."""
    try:
        raw: Any = json.loads((home / TIERS).read_bytes())
        if raw["schema"] != SCHEMA:
            return {}
        return {
            Tool(tool): Passed(
                tiers=tuple(map(Tier, each["passed"])), at=str(each["at"]), refused=bool(each["refused"])
            )
            for tool, each in raw["tools"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def save(home: Path, passed: Mapping[Tool, Passed]) -> None:
    """Remember, beside what is known of other tools."""
    tools = {
        tool: {"passed": list(each.tiers), "at": each.at, "refused": each.refused}
        for tool, each in (load(home) | dict(passed)).items()
    }
    write_private(home / TIERS, json.dumps({"schema": SCHEMA, "tools": tools}, indent=1).encode())


def refuses_network(home: Path, program: str) -> bool:
    """Whether a self-test found that a tool must not be led through the relay."""
    tool = PROGRAMS.get(program)
    known = None if tool is None else load(home).get(tool)
    return known is not None and known.refused
