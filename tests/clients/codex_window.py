"""Drives the real Codex in a terminal, and ends the background server that it leaves behind."""

import contextlib
import re
from collections.abc import Generator, Sequence
from pathlib import Path

import psutil

from tests.clients.codex import UNATTENDED
from tests.clients.machine import Failed, Machine, prompt_of
from tests.clients.terminal import Terminal, terminal
from tests.support.provider.ledger import Entry

READY = "OpenAI Codex"
PAUSE_SECONDS = 1.5
ANSWER_SECONDS = 60.0
END_SECONDS = 30.0
TRIES = 20
SHOWN = 6
"""Characters of what was typed that must show."""
THREAD = re.compile(r"codexresume([0-9a-f]{8}-[0-9a-f-]{27})")
"""What it shows at its end; the terminal's text has no blanks."""


def trust(machine: Machine, folders: Sequence[Path]) -> None:
    """As after the first start: every folder was asked for."""
    config = machine.bench.codex / "config.toml"
    known = config.read_text(encoding="utf-8") if config.exists() else ""
    trusted = "".join(f'\n[projects."{folder}"]\ntrust_level = "trusted"\n' for folder in folders)
    config.write_text(known + trusted, encoding="utf-8")


def window(machine: Machine, folder: Path, *scripts: str, command: tuple[str, ...] = ()) -> str:
    """One window that runs these scripts or commands; its thread.

    Raises:
        Failed: it did not say which thread it was.
    """
    words = (*machine.prefix, str(machine.programs["codex"]), *command, UNATTENDED[0])
    environment = {**machine.bench.environment(), **machine.more}
    with terminal(words, folder=folder, environment=environment) as (shown, child):
        shown.wait_for(READY)
        shown.watch(PAUSE_SECONDS)
        for script in scripts:
            before = _own(machine.provider.entries())
            _enter(shown, prompt_of(script))
            wanted = 3 if script == "tool-loop" else 1
            machine.provider.wait_for(lambda entries, least=before + wanted: _own(entries) >= least, ANSWER_SECONDS)
            shown.watch(PAUSE_SECONDS)
        _enter(shown, "/quit")
        shown.watch(END_SECONDS)
        child.wait(END_SECONDS)
        found = THREAD.search(shown.text)
    if found is None:
        raise Failed(shown.text[-2000:])
    return found[1]


def _own(entries: Sequence[Entry]) -> int:
    """How many answers a person has asked for."""
    return sum(entry.purpose in ("turn", "compaction") for entry in entries)


def _enter(shown: Terminal, text: str) -> None:
    """Type until it shows: a window that is still loading takes nothing."""
    for _ in range(TRIES):
        before = len(shown.text)
        shown.type(text)
        shown.watch(PAUSE_SECONDS)
        if re.sub(r"\s+", "", text)[:SHOWN] in shown.text[before:]:
            break
    shown.type("\r")


@contextlib.contextmanager
def servers_ended(machine: Machine) -> Generator[None]:
    """At the end, end every Codex whose CODEX_HOME is this machine's."""
    try:
        yield
    finally:
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                ours = process.environ().get("CODEX_HOME") == str(machine.bench.codex)
                if ours and process.name().startswith("codex"):
                    process.kill()
