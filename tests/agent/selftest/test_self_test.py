"""The self-test sees an invented call by every way, remembers what that means for a tool, and leaves nothing behind."""

import contextlib
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.clients import installed
from tests.support.commands import Commands
from tests.support.patient import Patient
from tollbook.vocabulary import Tool
from tollbook_agent.doctor.finding import Finding, fail, note, ok, warn
from tollbook_agent.selftest import steps as module
from tollbook_agent.selftest.scratch import Scratch
from tollbook_agent.selftest.steps import Step, tiers_of
from tollbook_agent.selftest.tiers import Passed, Tier, load, refuses_network, save


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    with contextlib.ExitStack() as stack:
        made = Patient(tmp_path, monkeypatch, stack)
        made.set(TMPDIR=str(tmp_path / "tmp"))
        (tmp_path / "tmp").mkdir()
        yield made


def test_every_way_sees_its_call_and_nothing_is_left(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    run = Commands(patient.environment, capsys)
    before = sorted(each.name for each in patient.home.iterdir())
    document = run("self-test", "--json").document
    assert [(one["tool"], one["tier"], one["passed"]) for one in document["steps"]] == [
        (None, "network", True),
        ("claude-code", "log", True),
        ("codex", "log", True),
        ("claude-code", "report", True),
    ]
    assert document["tools"] == {
        "claude-code": {"default": "report", "passed": ["report", "log"]},
        "codex": {"default": "log", "passed": ["log"]},
    }
    assert list((patient.folder / "tmp").iterdir()) == []
    assert sorted(each.name for each in patient.home.iterdir()) == sorted([*before, "tiers.json"])
    assert run("calls", "--json").out == ""


def test_the_real_claude_gets_the_network_as_its_default(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    program = installed("claude", os.environ | {"HOME": pwd.getpwuid(os.getuid()).pw_dir})
    if program is None:
        pytest.skip("claude is not installed (`make clients`)")
    (patient.folder / "bin" / "claude").symlink_to(program)
    patient.cover()
    document = Commands(patient.environment, capsys)("self-test", "--json").document
    assert document["tools"]["claude-code"] == {"default": "network", "passed": ["network", "report", "log"]}


NETWORK = Step(tool=None, tier=Tier.NETWORK, passed=True, saw="")
LOG = Step(tool=Tool.CODEX, tier=Tier.LOG, passed=True, saw="")


@pytest.mark.parametrize(
    ("steps", "accepts", "tiers", "refused"),
    [
        ([NETWORK, LOG], ok(""), (Tier.NETWORK, Tier.LOG), False),
        ([LOG], ok(""), (Tier.LOG,), False),
        ([NETWORK, LOG], note(""), (Tier.LOG,), False),
        ([NETWORK, LOG], warn("", ""), (Tier.LOG,), True),
        ([NETWORK], fail("", ""), (), True),
    ],
)
def test_what_passed_and_what_a_tool_refuses(
    steps: list[Step], accepts: Finding, tiers: tuple[Tier, ...], refused: bool
) -> None:
    assert tiers_of(steps, {Tool.CODEX: accepts}, "now") == {Tool.CODEX: Passed(tiers=tiers, at="now", refused=refused)}


def test_run_leads_no_tool_through_the_relay_that_refused_it(
    patient: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    patient.cover()
    save(patient.home, {Tool.CODEX: Passed(tiers=(Tier.LOG,), at="now", refused=True)})
    assert (refuses_network(patient.home, "codex"), refuses_network(patient.home, "claude")) == (True, False)
    said: list[str] = []

    def become(_program: str, words: list[str], environment: dict[str, str]) -> None:
        said.append(f"{words[0]} {'HTTPS_PROXY' in environment}")

    patient.patch.setattr(os, "execvpe", become)
    run = Commands(patient.environment, capsys)
    assert "did not pass `tollbook self-test`" in run("run", "--", "codex").err
    assert run("run", "--", "claude").err == ""
    assert said == ["codex False", "claude True"]


def test_what_is_remembered_is_read_again_and_a_damaged_file_is_nothing(tmp_path: Path) -> None:
    known = {Tool.CLAUDE_CODE: Passed(tiers=(Tier.NETWORK, Tier.LOG), at="now", refused=False)}
    save(tmp_path, known)
    assert load(tmp_path) == known
    assert known[Tool.CLAUDE_CODE].default is Tier.NETWORK
    (tmp_path / "tiers.json").write_text('{"schema": 1, "tools": []}')
    assert load(tmp_path) == {}


def test_a_call_that_is_lost_or_has_no_ticket_does_not_pass(tmp_path: Path) -> None:
    class Blind(Scratch):
        call: "dict[str, object] | None" = None

        def seen(self, kind: str, value: str) -> "dict[str, object] | None":
            return self.call

    made = Blind(tmp_path, {"PATH": os.environ["PATH"]})
    assert module.claude_log(made).saw == "the call was made and is not stored"
    made.call = {"tickets": [], "usage": {"input": 11}, "sources": ["log"]}
    assert module.claude_log(made).saw == "the call was stored without its ticket"
