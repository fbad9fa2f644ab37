"""Runs every scenario and says which names on the wire and in logs are new or gone: `python -m tests.clients.latest`.

By itself on the newest versions in the cache; `--write` runs the pinned ones and keeps their names as the known ones.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from scripts.clients import CLIENTS, installed
from tests.clients.claude_scenarios import CLAUDE_SCENARIOS
from tests.clients.codex_scenarios import CODEX_SCENARIOS
from tests.clients.machine import Machine
from tests.clients.names import known_names, log_names, wire_names, write_names
from tests.clients.scenario import Scenario, told
from tests.clients.tunnelled import tunnelled


def run(scenario: Scenario, programs: Mapping[str, Path]) -> tuple[set[str], str]:
    """The names that a scenario used, and what went other than expected."""
    with (
        tempfile.TemporaryDirectory(prefix="tollbook-clients-", ignore_cleanup_errors=True) as folder,
        tunnelled(scenario, programs, Path(folder)) as machine,
    ):
        fault = _play(scenario, machine)
        names = wire_names(machine.provider.names)
        for logs in (machine.bench.claude / "projects", machine.bench.codex / "sessions"):
            names |= log_names(logs)
        return names, fault


def _play(scenario: Scenario, machine: Machine) -> str:
    try:
        scenario.play(machine)
    except Exception as fault:  # a new version may fail in any way; the other scenarios still tell something
        return f"{type(fault).__name__}: {fault}"
    billed = told(machine.provider.entries())
    return "" if billed == sorted(scenario.billed) else f"billed {billed}, not {sorted(scenario.billed)}"


def main() -> int:
    """Returns 1 if a scenario went other than expected; new names are no failure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the names of the pinned versions")
    write = parser.parse_args().write
    environment = {**os.environ, "TOLLBOOK_CLIENTS_LATEST": "" if write else "1"}
    programs = {client.tool: installed(client.tool, environment) for client in CLIENTS}
    there = {tool: program for tool, program in programs.items() if program is not None}
    if len(there) < len(programs):
        print("not installed; run `make clients` or `scripts/clients.py install --latest`", file=sys.stderr)
        return 1
    code = 0
    used: dict[str, set[str]] = {tool: set() for tool in there}
    for scenario in (*CLAUDE_SCENARIOS, *CODEX_SCENARIOS):
        names, fault = run(scenario, there)
        used[scenario.tool] |= names
        print(f"{scenario.name}: {fault or 'as expected'}", flush=True)
        code = 1 if fault else code
    for tool, names in used.items():
        if write:
            write_names(tool, names)
            continue
        print(f"\n{there[tool]}")
        for sign, changed in (("new ", names - known_names(tool)), ("gone", known_names(tool) - names)):
            print("".join(f"  {sign} {name}\n" for name in sorted(changed)) or f"  {sign} nothing")
    return code


if __name__ == "__main__":
    sys.exit(main())
