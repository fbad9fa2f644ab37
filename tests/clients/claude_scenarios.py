"""What a developer does with Claude Code."""

import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.clients.claude import BEDROCK, BEDROCK_SIGNED, VERTEX
from tests.clients.claude_window import two_turns
from tests.clients.machine import DOCS, OTHER_BRANCH, SHOP, SHOP_SWITCHED, Machine
from tests.clients.scenario import Scenario, retried, scenario, steps
from tests.support.provider.place import Plan

CLOUD_MODEL = "us.anthropic.claude-opus-5-5"


def _one(script: str, *arguments: str, more: Mapping[str, str] | None = None) -> Callable[[Machine], Plan]:
    def play(machine: Machine) -> Plan:
        return Plan(sessions={machine.claude(machine.shop(), script, *arguments, more=more): SHOP})

    return play


def _resume(machine: Machine) -> Plan:
    shop = machine.shop()
    first = machine.claude(shop, "tool-loop")
    resumed = machine.claude(shop, "simple", "--resume", first)
    return Plan(sessions={first: SHOP, resumed: SHOP})


def _fork(machine: Machine) -> Plan:
    shop = machine.shop()
    first = machine.claude(shop, "tool-loop")
    forked = machine.claude(shop, "simple", "--resume", first, "--fork-session")
    assert forked != first
    return Plan(sessions={first: SHOP, forked: SHOP})


def _switch(machine: Machine) -> Plan:
    session = machine.claude(machine.shop(), f"branch-switch:{OTHER_BRANCH}")
    return Plan(sessions={session: SHOP}, switched={session: SHOP_SWITCHED})


def _two(machine: Machine) -> Plan:
    folders = (machine.shop(), machine.docs())
    with ThreadPoolExecutor(2) as pool:
        sessions = list(pool.map(partial(machine.claude, script="slow-tools"), folders))
    return Plan(sessions=dict(zip(sessions, (SHOP, DOCS), strict=True)))


def _compact(machine: Machine) -> Plan:
    shop = machine.shop()
    first = machine.claude(shop, "tool-loop")
    machine.claude(shop, "/compact", "--resume", first)
    machine.claude(shop, "simple", "--resume", first)
    return Plan(sessions={first: SHOP})


def _interrupted(machine: Machine) -> Plan:
    return Plan(sessions={machine.claude_interrupted(machine.shop()): SHOP})


def _bedrock(machine: Machine) -> Plan:
    return Plan(sessions={machine.claude(machine.shop(), "tool-loop", more=BEDROCK, model=CLOUD_MODEL): SHOP})


def _bedrock_broken(machine: Machine) -> Plan:
    return Plan(sessions={machine.claude(machine.shop(), "cut-in-content", more=BEDROCK, model=CLOUD_MODEL): SHOP})


def _bedrock_signed(machine: Machine) -> Plan:
    return Plan(sessions={machine.claude(machine.shop(), "tool-loop", more=BEDROCK_SIGNED, model=None): SHOP})


def _window(machine: Machine) -> Plan:
    session = str(uuid.uuid4())
    two_turns(machine, machine.shop(), session)
    return Plan(sessions={session: SHOP})


TOOL_LOOP = steps("tool-loop", 3)
CHILD = steps("child", 2, "subagent")
PROBES = ("probe simple:0 complete",) * 3
TITLE = ("title simple:0 complete",)
COMPACTION = ("compaction simple:0 complete",)
SIMPLE = steps("simple", 1)


CLAUDE_SCENARIOS: tuple[Scenario, ...] = (
    scenario("claude", "claude-simple", _one("simple"), SIMPLE),
    scenario("claude", "claude-tool-loop", _one("tool-loop"), TOOL_LOOP, quick=True),
    scenario("claude", "claude-subagent", _one("subagent"), steps("subagent", 2), CHILD, quick=True),
    scenario(
        "claude", "claude-subagent-background", _one("subagent-background"), steps("subagent-background", 3), CHILD
    ),
    scenario("claude", "claude-resume", _resume, TOOL_LOOP, SIMPLE),
    scenario("claude", "claude-fork", _fork, TOOL_LOOP, SIMPLE),
    scenario("claude", "claude-branch-switch", _switch, steps("branch-switch", 4), quick=True),
    scenario("claude", "claude-two-at-once", _two, steps("slow-tools", 3), steps("slow-tools", 3)),
    scenario("claude", "claude-compact", _compact, TOOL_LOOP, COMPACTION, SIMPLE),
    scenario("claude", "claude-unpersisted", _one("tool-loop", "--no-session-persistence"), TOOL_LOOP),
    scenario("claude", "claude-advisor", _one("advisor"), steps("advisor", 1)),
    scenario("claude", "claude-web-search", _one("web-search"), steps("web-search", 1)),
    scenario("claude", "claude-rate-limited", _one("rate-limited"), retried("rate-limited", "error")),
    scenario("claude", "claude-overloaded", _one("overloaded"), retried("overloaded", "error", "error")),
    scenario("claude", "claude-error-event", _one("error-event"), retried("error-event", "broken")),
    scenario("claude", "claude-cut-at-start", _one("cut-at-start"), retried("cut-at-start", "broken")),
    scenario(
        "claude", "claude-cut-in-content", _one("cut-in-content"), retried("cut-in-content", "broken"), quick=True
    ),
    scenario("claude", "claude-interrupted", _interrupted, ("turn hang:0 broken",)),
    scenario("claude", "claude-window", _window, TOOL_LOOP, SIMPLE, TITLE),
    scenario("claude", "claude-bedrock", _bedrock, TOOL_LOOP, quick=True),
    scenario("claude", "claude-bedrock-broken", _bedrock_broken, retried("cut-in-content", "broken")),
    scenario("claude", "claude-bedrock-signed", _bedrock_signed, TOOL_LOOP, PROBES),
    scenario("claude", "claude-vertex", _one("tool-loop", more=VERTEX), TOOL_LOOP),
    scenario(
        "claude", "claude-vertex-broken", _one("cut-in-content", more=VERTEX), retried("cut-in-content", "broken")
    ),
)
