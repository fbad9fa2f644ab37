"""Drives the real Codex without a window."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.clients.bench import Bench
from tests.clients.running import Ran, run_client

KEY = "sk-proj-invented-for-tests"
UNATTENDED = ("--dangerously-bypass-approvals-and-sandbox", "--skip-git-repo-check")


def sign_in(bench: Bench) -> None:
    """As `codex login --with-api-key` leaves it."""
    (bench.codex / "auth.json").write_text(json.dumps({"OPENAI_API_KEY": KEY}), encoding="utf-8")


def codex(
    program: Path,
    bench: Bench,
    folder: Path,
    prompt: str,
    *arguments: str,
    more: Mapping[str, str] | None = None,
    prefix: tuple[str, ...] = (),
    command: tuple[str, ...] = ("exec",),
    interrupt_when: Callable[[], object] | None = None,
) -> Ran:
    """One `codex exec`; `command` may be `exec resume ID`. The rest is as for Claude Code."""
    words = (str(program), *command, *UNATTENDED, "--json", *arguments, prompt)
    environment = {**bench.environment(), **(more or {})}
    return run_client((*prefix, *words), folder=folder, environment=environment, interrupt_when=interrupt_when)
