"""The steps: one invented call each, and whether it was stored with its ticket; then what that means for each tool."""

import datetime as dt
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tollbook.vocabulary import Tool
from tollbook_agent.doctor import runtimes
from tollbook_agent.doctor.finding import Finding, Verdict
from tollbook_agent.doctor.machine import Machine
from tollbook_agent.selftest import invented
from tollbook_agent.selftest.scratch import Scratch, can_capture
from tollbook_agent.selftest.tiers import Passed, Tier

NO_EXTRA = "not looked at: the extra `proxy` is not installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one call came to."""

    tool: Tool | None
    """`None`: the way itself, for all tools."""
    tier: Tier
    passed: bool
    saw: str


def network(made: Scratch) -> Step:
    """Through relay and engine, against a provider on loopback."""
    if not can_capture():
        return Step(tool=None, tier=Tier.NETWORK, passed=False, saw=NO_EXTRA)
    try:
        answered = made.ask_provider()
    except (OSError, subprocess.SubprocessError):
        answered = False
    if not answered:
        return Step(tool=None, tier=Tier.NETWORK, passed=False, saw="a call through the relay was not answered")
    return _judged(None, Tier.NETWORK, made.seen("response", invented.WIRE_RESPONSE), "proxy")


def claude_log(made: Scratch) -> Step:
    """A line in a transcript."""
    path = made.claude / "projects" / "self-test" / f"{invented.SESSION}.jsonl"
    path.write_bytes(invented.claude_line(str(made.repository), dt.datetime.now(dt.UTC)))
    return _judged(Tool.CLAUDE_CODE, Tier.LOG, made.seen("response", invented.LOG_RESPONSE), "log")


def codex_log(made: Scratch) -> Step:
    """A rollout."""
    now = dt.datetime.now(dt.UTC)
    path = made.codex / "sessions" / f"{now:%Y/%m/%d}" / f"rollout-{now:%Y-%m-%dT%H-%M-%S}-{invented.THREAD}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(invented.codex_rollout(str(made.repository), now))
    return _judged(Tool.CODEX, Tier.LOG, made.seen("response", invented.CODEX_RESPONSE), "log")


def claude_report(made: Scratch) -> Step:
    """An event to the receiver; it names no folder, so it has no ticket of its own."""
    if not made.report(invented.claude_report(dt.datetime.now(dt.UTC))):
        return Step(tool=Tool.CLAUDE_CODE, tier=Tier.REPORT, passed=False, saw="the receiver did not take a report")
    call = made.seen("request", invented.REPORTED_REQUEST)
    passed = call is not None and call["usage"]["input"] == invented.INPUT
    return Step(
        tool=Tool.CLAUDE_CODE, tier=Tier.REPORT, passed=passed,
        saw="a report was taken and stored" if passed else "a report was taken and is not stored",
    )  # fmt: skip


STEPS = (network, claude_log, codex_log, claude_report)


def handshakes(machine: Machine) -> dict[Tool, Finding]:
    """Whether the tools themselves accept this device's anchor."""
    return {Tool.CLAUDE_CODE: runtimes.claude(machine), Tool.CODEX: runtimes.codex(machine)}


def tiers_of(steps: Sequence[Step], accepts: Mapping[Tool, Finding], at: str) -> dict[Tool, Passed]:
    """What passed for each tool: the network only where the way works and the tool accepts the anchor. Pure."""
    way = any(step.passed for step in steps if step.tier is Tier.NETWORK)
    found: dict[Tool, Passed] = {}
    for tool, finding in accepts.items():
        own = {step.tier for step in steps if step.tool is tool and step.passed}
        if way and finding.verdict is Verdict.OK:
            own.add(Tier.NETWORK)
        refused = finding.verdict in (Verdict.WARN, Verdict.FAIL)
        found[tool] = Passed(tiers=tuple(each for each in Tier if each in own), at=at, refused=refused)
    return found


def _judged(tool: Tool | None, tier: Tier, call: "dict[str, Any] | None", source: str) -> Step:
    if call is None:
        return Step(tool=tool, tier=tier, passed=False, saw="the call was made and is not stored")
    if call["tickets"] != [invented.TICKET]:
        return Step(tool=tool, tier=tier, passed=False, saw="the call was stored without its ticket")
    if call["usage"]["input"] != invented.INPUT or source not in call["sources"]:
        return Step(tool=tool, tier=tier, passed=False, saw="the call was stored with other counts")
    return Step(tool=tool, tier=tier, passed=True, saw="a call was seen and stored with its ticket")
