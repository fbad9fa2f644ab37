"""What a developer does with Codex."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.clients.codex_window import servers_ended, trust, window
from tests.clients.machine import DOCS, OTHER_BRANCH, SHOP, SHOP_SWITCHED, Machine
from tests.clients.scenario import Scenario, retried, scenario, steps
from tests.support.provider.place import Plan


def _one(script: str, *, chatgpt: bool = False) -> Callable[[Machine], Plan]:
    def play(machine: Machine) -> Plan:
        machine.sign_in(chatgpt=chatgpt)
        return Plan(sessions={machine.codex(machine.shop(), script): SHOP})

    return play


def _refused(machine: Machine) -> Plan:
    """Over a WebSocket Codex 0.169.0 does not try again: the run fails."""
    machine.sign_in()
    return Plan(sessions={machine.codex(machine.shop(), "rate-limited", code=1): SHOP})


def _resume(machine: Machine) -> Plan:
    machine.sign_in()
    shop = machine.shop()
    first = machine.codex(shop, "tool-loop")
    machine.codex(shop, "simple", command=("exec", "resume", first))
    return Plan(sessions={first: SHOP})


def _fork(machine: Machine) -> Plan:
    machine.sign_in()
    shop = machine.shop()
    trust(machine, (shop,))
    first = machine.codex(shop, "tool-loop")
    with servers_ended(machine):
        forked = window(machine, shop, "simple", command=("fork", first))
    assert forked != first
    return Plan(sessions={first: SHOP, forked: SHOP})


def _switch(machine: Machine) -> Plan:
    machine.sign_in()
    session = machine.codex(machine.shop(), f"branch-switch:{OTHER_BRANCH}")
    return Plan(sessions={session: SHOP}, switched={session: SHOP_SWITCHED})


def _two(machine: Machine) -> Plan:
    machine.sign_in()
    folders = (machine.shop(), machine.docs())
    with ThreadPoolExecutor(2) as pool:
        sessions = list(pool.map(partial(machine.codex, script="slow-tools"), folders))
    return Plan(sessions=dict(zip(sessions, (SHOP, DOCS), strict=True)))


def _interrupted(machine: Machine) -> Plan:
    machine.sign_in()
    return Plan(sessions={machine.codex_interrupted(machine.shop()): SHOP})


def _windows(machine: Machine) -> Plan:
    """Two windows, one after the other, in two repositories: the first one's server makes the calls of both."""
    machine.sign_in()
    folders = (machine.shop(), machine.docs())
    trust(machine, folders)
    with servers_ended(machine):
        threads = [window(machine, folder, "tool-loop") for folder in folders]
    return Plan(sessions=dict(zip(threads, (SHOP, DOCS), strict=True)))


def _compact(machine: Machine) -> Plan:
    machine.sign_in()
    shop = machine.shop()
    trust(machine, (shop,))
    with servers_ended(machine):
        return Plan(sessions={window(machine, shop, "tool-loop", "/compact", "simple"): SHOP})


TOOL_LOOP = steps("tool-loop", 3)
SIMPLE = steps("simple", 1)
CHILD = steps("child", 2, "subagent")
COMPACTION = ("compaction simple:0 complete",)
TITLE = ("title simple:0 complete",)


def _both(name: str, play: Callable[[Machine], Plan], *billed: tuple[str, ...]) -> tuple[Scenario, Scenario]:
    """Over WebSocket, and over HTTP where that is refused."""
    return (
        scenario("codex", name, play, *billed, quick=name == "codex-tool-loop"),
        scenario("codex", f"{name}-sse", play, *billed, websocket=False, quick=name == "codex-tool-loop"),
    )


CODEX_SCENARIOS: tuple[Scenario, ...] = (
    scenario("codex", "codex-simple", _one("simple"), SIMPLE),
    *_both("codex-tool-loop", _one("tool-loop"), TOOL_LOOP),
    *_both("codex-subagent", _one("subagent"), steps("subagent", 3), CHILD),
    *_both("codex-resume", _resume, TOOL_LOOP, SIMPLE),
    scenario("codex", "codex-fork", _fork, TOOL_LOOP, SIMPLE, TITLE),
    scenario("codex", "codex-branch-switch", _switch, steps("branch-switch", 4), quick=True),
    scenario("codex", "codex-two-at-once", _two, steps("slow-tools", 3), steps("slow-tools", 3)),
    scenario("codex", "codex-rate-limited", _refused, ("turn rate-limited:0 error",)),
    scenario(
        "codex", "codex-rate-limited-sse", _one("rate-limited"), retried("rate-limited", "error"), websocket=False
    ),
    scenario(
        "codex", "codex-overloaded-sse", _one("overloaded"), retried("overloaded", "error", "error"), websocket=False
    ),
    *_both("codex-error-event", _one("error-event"), retried("error-event", "broken")),
    *_both("codex-cut-at-start", _one("cut-at-start"), retried("cut-at-start", "broken")),
    *_both("codex-cut-in-content", _one("cut-in-content"), retried("cut-in-content", "broken")),
    *_both("codex-interrupted", _interrupted, ("turn hang:0 broken",)),
    scenario("codex", "codex-chatgpt", _one("tool-loop", chatgpt=True), TOOL_LOOP),
    scenario("codex", "codex-chatgpt-sse", _one("tool-loop", chatgpt=True), TOOL_LOOP, websocket=False),
    scenario("codex", "codex-windows", _windows, TOOL_LOOP, TOOL_LOOP, TITLE, TITLE),
    scenario("codex", "codex-compact", _compact, TOOL_LOOP, COMPACTION, SIMPLE, TITLE),
)
