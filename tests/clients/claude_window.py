"""Drives the real Claude Code in a terminal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.clients.claude import ALWAYS, KEY, MODEL
from tests.clients.machine import Machine, prompt_of
from tests.clients.terminal import Terminal, terminal
from tests.support.provider.ledger import Entry
from tests.support.provider.message import parsed

KEY_END = 20
"""How much of a key Claude Code keeps to know it again."""
READY = "bypass permissions on"
PAUSE_SECONDS = 1.0
END_SECONDS = 30.0


def two_turns(machine: Machine, folder: Path, session: str) -> None:
    """One window: a tool loop, a plain answer, `/exit`."""
    _welcome_over(machine, folder)
    settings = {name: value for name, value in ALWAYS.items() if name != "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"}
    environment = {**machine.bench.environment(), **settings, **machine.more}
    program = str(machine.programs["claude"])
    words = (*machine.prefix, program, "--model", MODEL, "--session-id", session, "--dangerously-skip-permissions")
    with terminal(words, folder=folder, environment=environment) as (window, child):
        window.wait_for(READY)
        window.watch(PAUSE_SECONDS)
        for number, script in enumerate(("tool-loop", "simple")):
            _enter(window, prompt_of(script))
            finished = (3, 4)[number]  # answers: three of the loop, then one more
            machine.provider.wait_for(_turns_at_least(finished), END_SECONDS)
            window.watch(PAUSE_SECONDS * 2)
        _enter(window, "/exit")
        window.watch(END_SECONDS)
        child.wait(END_SECONDS)


def _turns_at_least(least: int) -> Callable[[list[Entry]], bool]:
    return lambda entries: sum(entry.purpose == "turn" for entry in entries) >= least


def _enter(window: Terminal, text: str) -> None:
    window.type(text)
    window.watch(PAUSE_SECONDS)
    window.type("\r")


def _welcome_over(machine: Machine, folder: Path) -> None:
    """As after the first start: theme, trust and key have been asked for."""
    project = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    state = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "bypassPermissionsModeAccepted": True,
        "customApiKeyResponses": {"approved": [KEY[-KEY_END:]], "rejected": []},
        "projects": {str(folder): project},
    }
    (machine.bench.claude / ".claude.json").write_text(json.dumps(state), encoding="utf-8")
    settings = machine.bench.claude / "settings.json"
    known = parsed(settings.read_bytes()) if settings.exists() else dict[str, Any]()
    settings.write_text(json.dumps({**known, "skipDangerousModePermissionPrompt": True}), encoding="utf-8")
