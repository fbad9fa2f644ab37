"""Live handshakes: real runtimes where they are installed, and one that does not trust what it is told."""

import contextlib
import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.clients import installed
from tests.support.patient import Patient
from tollbook_agent.doctor import machine, runtimes
from tollbook_agent.doctor.finding import Verdict

ORIGINAL_PATH = os.environ["PATH"]
NODE = shutil.which("node")
NEEDS_NODE = pytest.mark.skipif(NODE is None, reason="node is not installed")


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    with contextlib.ExitStack() as stack:
        made = Patient(tmp_path, monkeypatch, stack)
        made.cover()
        yield made


def put_on_path(patient: Patient, name: str, target: str, prefix: str = "") -> None:
    program = patient.folder / "bin" / name
    program.write_text(f'#!/bin/sh\nPATH="{ORIGINAL_PATH}" {prefix} exec "{target}" "$@"\n'.replace("  ", " "))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@NEEDS_NODE
def test_node_accepts_the_anchor(patient: Patient) -> None:
    put_on_path(patient, "node", str(NODE))
    found = runtimes.node(machine.look(patient.environment))
    assert (found.verdict, found.saw) == (Verdict.OK, "node accepts this device's anchor through a relay")


@NEEDS_NODE
def test_a_node_that_ignores_the_bundle_is_the_only_finding(patient: Patient) -> None:
    put_on_path(patient, "node", str(NODE), prefix="NODE_EXTRA_CA_CERTS=")
    found = patient.wrong(live=True)
    assert [one.check.name for one in found] == ["trust_node"], found
    assert "update node" in found[0].finding.advice


def test_a_program_that_connects_nowhere_is_a_warning(patient: Patient) -> None:
    put_on_path(patient, "node", "/bin/true")
    found = runtimes.node(machine.look(patient.environment))
    assert (found.verdict, "--version" in found.advice) == (Verdict.WARN, True)


@pytest.mark.parametrize("tool", ["claude", "codex"])
def test_the_real_clients_accept_the_anchor(patient: Patient, tool: str) -> None:
    account = {"HOME": pwd.getpwuid(os.getuid()).pw_dir}  # HOME itself is one of this run's own
    program = installed(tool, os.environ | account)
    if program is None:
        pytest.skip(f"{tool} is not installed (`make clients`)")
    put_on_path(patient, tool, str(program))
    found = getattr(runtimes, tool)(machine.look(patient.environment))
    assert (found.verdict, found.saw) == (Verdict.OK, f"{tool} accepts this device's anchor through a relay")
