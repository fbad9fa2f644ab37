"""A bug report of a laptop full of secrets, paths and addresses holds none; `privacy show` shows what is sent."""

import base64
import contextlib
import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.claude_lines import answer
from tests.support.commands import Commands
from tests.support.laptop import scan_once
from tests.support.patient import CREDENTIAL, Patient

CANARIES = {
    "engineer": "canary.engineer@acme.example",
    "collector host": "canary-collector.acme.example",
    "api host": "canary-api.acme.example",
    "proxy password": "canary-proxy-password",
    "proxy host": "canary-proxy.acme.example",
    "own host": "canary-models.acme.example",
    "own program": "canary-program",
    "ticket": "CANARY-77",
    "branch": "canary-branch",
    "log text": "canary-prompt-text",
    "discard detail": "canary-detail",
    "discard reason": "canary reason with words",
    "store error": "/canary/store/path",
    "relay problem": "canary problem in words",
    "tool value": "canary-own-value",
    "project key": "CANARYKEY",
}


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    with contextlib.ExitStack() as stack:
        made = Patient(tmp_path, monkeypatch, stack)
        yield made


def plant(patient: Patient) -> None:
    """Every canary where its kind of value lives."""
    patient.cover()
    patient.enrol()
    patient.proxy(
        upstream_proxy=f"http://u:{CANARIES['proxy password']}@{CANARIES['proxy host']}:1",
        more_hosts=(CANARIES["own host"],), programs=(CANARIES["own program"],),
    )  # fmt: skip
    (patient.home / "config.toml").write_text(
        f'engineer = "{CANARIES["engineer"]}"\ncollector = "{CANARIES["collector host"]}:4317"\n'
        f'api = "https://{CANARIES["api host"]}"\nproject_keys = ["{CANARIES["project key"]}", "CANARY"]\n'
    )
    project = patient.user / ".claude" / "projects" / "x"
    project.mkdir()
    line = answer(1, cwd=f"/home/{CANARIES['branch']}", text=CANARIES["log text"], gitBranch=CANARIES["branch"])
    (project / "s.jsonl").write_bytes(line)
    scan_once(patient.environment)
    with contextlib.closing(sqlite3.connect(patient.home / "laptop.db")) as connection:
        rows = [("line_not_json", CANARIES["discard detail"]), (CANARIES["discard reason"], "")]
        for reason, detail in rows:
            connection.execute("INSERT INTO discard VALUES ('/canary/file', ?, 200, 1, ?)", (reason, detail))
        connection.commit()
    (patient.user / ".claude" / "settings.json").write_text(json.dumps({"env": {"X": CANARIES["tool value"]}}))
    patient.tollbook("install", "--otel")
    patient.says |= {
        "store_error": CANARIES["store error"],
        "proxy": {"running": True, "captured": 3, "problems": {CANARIES["relay problem"]: 2, "not_json": 1},
                  "by_host": {CANARIES["own host"]: 1}},
    }  # fmt: skip
    patient.set(TOLLBOOK_TICKET=CANARIES["ticket"])


def forms(text: str) -> list[str]:
    """As it may hide: plain, in a URL, in base64 whatever stands before it."""
    shifted = [base64.b64encode(b"x" * n + text.encode()).decode()[4:-4] for n in range(3)]
    return [text, quote(text, safe=""), *[each for each in shifted if len(each) > 8]]


def test_no_canary_is_in_the_report(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    plant(patient)
    path = patient.folder / "report.json"
    done = Commands(patient.environment, capsys)("bugreport", "--output", str(path))
    assert (done.code, done.out.splitlines()[0]) == (0, str(path)), done
    written = path.read_text().lower()
    state = json.loads((patient.home / "proxy" / "proxy.json").read_text())
    secrets = {
        **CANARIES, "credential": CREDENTIAL, "relay password": state["password"], "home": str(patient.user),
        "folder": str(patient.folder), "device": (patient.home / "device").read_text().strip(), "at": "@", "slash": "/",
    }  # fmt: skip
    assert [name for name, text in secrets.items() if any(each.lower() in written for each in forms(text))] == []


def test_the_report_says_what_a_maintainer_needs(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    plant(patient)
    found: dict[str, Any] = Commands(patient.environment, capsys)("bugreport", "--json").document
    assert found["verdicts"]["collector_name"] == "fail"
    assert found["verdicts"]["agent_storing"] == "fail"
    assert found["settings"] == {
        "engineer": True, "project_keys": True, "collector": True, "api": True, "timezone": False, "enrolment": True,
        "valid": True,
    }  # fmt: skip
    assert found["counters"]["store"]["calls"] == 1
    assert found["counters"]["reasons"]["line_not_json"] == 200
    assert found["relay"]["counts"] == {"captured": 3}
    assert found["relay"]["problems"] == {"not_json": 1}
    assert found["installed"]["claude-code"] > 0
    assert found["versions"]["mitmproxy"]


def test_a_report_can_be_made_where_a_setting_is_wrong(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    (patient.home / "config.toml").write_text("x = 1\n")
    found = Commands(patient.environment, capsys)("bugreport", "--json").document
    assert (found["settings"]["valid"], found["verdicts"]["settings"]) == (False, "fail")


def test_the_file_is_this_users_and_replaces_none(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    path = patient.folder / "report.json"
    run = Commands(patient.environment, capsys)
    run("bugreport", "--output", str(path))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    done = run("bugreport", "--output", str(path))
    assert (done.code, "File exists" in done.err) == (1, True)


def test_privacy_shows_a_call_as_it_is_sent(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    plant(patient)
    run = Commands(patient.environment, capsys)
    found: dict[str, Any] = run("privacy", "show", "--json").document
    assert found["sent_to"] == f"{CANARIES['collector host']}:4317"
    assert found["newest_call"]["user.email"] == CANARIES["engineer"]
    assert CANARIES["log text"] not in json.dumps(found)
    assert "/home/" not in json.dumps(found)
    assert "api.anthropic.com" in found["decrypted_hosts"]
    assert {"laptop.db", "credential", "proxy/"} <= {one["what"] for one in found["kept_here"]}
    assert "as it is sent, whole" in run("privacy", "show").out
