"""`config check`: every setting in effect, and where it comes from; the secret is never shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from tollbook_collector import exit_codes
from tollbook_collector.auth.pepper import pepper_of
from tollbook_collector.cli.main import main
from tollbook_collector.config import FILE_NAME, NAMES, PREFIX

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    (tmp_path / FILE_NAME).write_text('project_keys = ["PAY"]\napi_address = "127.0.0.1:1"\nlead_sees_members = true\n')
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_API_ADDRESS", "127.0.0.1:5319")
    return tmp_path


def checked(capsys: Capture) -> Any:
    assert main(["config", "check", "--json"]) == exit_codes.OK
    return json.loads(capsys.readouterr().out)["settings"]


def test_every_setting_is_there_with_where_it_comes_from(home: Path, capsys: Capture) -> None:
    settings = checked(capsys)
    assert list(settings) == ["home", "pepper", *NAMES]
    file = str(home / FILE_NAME)
    assert settings["home"] == {"value": str(home), "from": "TOLLBOOK_COLLECTOR_HOME"}
    assert settings["project_keys"] == {"value": ["PAY"], "from": file}
    assert settings["api_address"] == {"value": "127.0.0.1:5319", "from": "TOLLBOOK_COLLECTOR_API_ADDRESS"}
    assert settings["lead_sees_members"] == {"value": True, "from": file}
    assert settings["metrics_address"] == {"value": None, "from": "default"}
    assert settings["max_message_bytes"] == {"value": 4194304, "from": "default"}


def test_people_read_the_same_in_a_table(home: Path, capsys: Capture) -> None:
    assert main(["config", "check"]) == exit_codes.OK
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert rows["api_address"] == ["127.0.0.1:5319", "TOLLBOOK_COLLECTOR_API_ADDRESS"]
    assert rows["tls_cert"] == ["unset", "default"]
    assert rows["lead_sees_members"][0] == "true"
    assert set(NAMES) < set(rows)


def test_the_secret_is_set_or_unset_and_nothing_more(home: Path, capsys: Capture) -> None:
    assert checked(capsys)["pepper"]["value"] == "unset"
    secret = pepper_of(home)
    assert main(["config", "check", "--json"]) == exit_codes.OK
    shown = capsys.readouterr().out
    assert json.loads(shown)["settings"]["pepper"]["value"] == "set"
    assert secret.hex() not in shown
    assert repr(secret)[2:-1] not in shown


@pytest.mark.usefixtures("home")
def test_an_unknown_variable_or_key_is_an_error(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "API_ADRESS", "127.0.0.1:1")
    assert main(["config", "check", "--json"]) == exit_codes.SETTINGS
    said = capsys.readouterr()
    assert said.out == ""
    assert "Did you mean TOLLBOOK_COLLECTOR_API_ADDRESS?" in said.err
