"""Keys: read from where the settings say, refused where others can read them, and never shown."""

import logging
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.pulling import problems, pull, source_of, totals
from tests.support.recorded_provider import KEY, Fault, Play
from tollbook.problem import Problem
from tollbook_collector.finance import Finance
from tollbook_collector.pull.keys import Key, KeyReference, parse_reference, read_key

OTHER_HOST = (("location", "http://localhost:1/elsewhere"),)


@pytest.mark.parametrize("text", ["env:ADMIN_KEY", "file:/etc/keys/a", "keyring:tollbook/anthropic"])
def test_references_are_read(text: str) -> None:
    assert str(parse_reference(text)) == text


@pytest.mark.parametrize(
    "text",
    ["sk-ant-admin-1", "env:sk-ant-admin-1", "env:ghp_abc", "env:", "file:", "keyring:tollbook", "vault:x", 7, None],
)
def test_what_is_no_reference_is_refused_and_not_repeated(text: object) -> None:
    with pytest.raises(ValueError, match="not a reference") as caught:
        parse_reference(text)
    assert str(text) not in str(caught.value)


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    found = read_key(KeyReference("file", "key"), tmp_path, {})
    assert isinstance(found, Key)
    assert found.reveal() == KEY


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    found = read_key(KeyReference("file", "key"), tmp_path, {})
    assert isinstance(found, Problem)
    assert (found.reason, KEY in found.detail + found.remedy) == ("key_readable", False)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("kept", ["", "  \n", "two words-of-a-key", "line\nline", "k" * 5_000, "schlüssel-ä"])
def test_what_is_no_key_is_refused_and_not_shown(kept: str, tmp_path: Path) -> None:
    found = read_key(KeyReference("env", "HERE"), tmp_path, {"HERE": kept})
    assert isinstance(found, Problem)
    assert found.reason in ("key_missing", "key_malformed")
    assert not kept.strip() or kept.strip() not in f"{found}"


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    found = read_key(KeyReference("env", "NOT_THERE"), tmp_path, {})
    assert isinstance(found, Problem)
    assert (found.reason, found.where) == ("key_missing", "env:NOT_THERE")


def test_the_keyring_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("tollbook", "anthropic"): KEY}
    ring = SimpleNamespace(get_password=lambda service, user: kept.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", ring)
    found = read_key(KeyReference("keyring", "tollbook/anthropic"), tmp_path, {})
    assert isinstance(found, Key)
    assert found.reveal() == KEY
    assert isinstance(read_key(KeyReference("keyring", "tollbook/other"), tmp_path, {}), Problem)


def test_without_a_keyring_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    found = read_key(KeyReference("keyring", "tollbook/anthropic"), tmp_path, {})
    assert isinstance(found, Problem)
    assert found.reason == "key_missing"


def test_a_key_does_not_show_itself() -> None:
    assert KEY not in f"{Key(KEY)!r} {Key(KEY)}"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_ends_it_at_once_and_is_never_said(
    status: int, play: Play, company: Finance, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = play("openai")
    provider.faults[1] = Fault(status=status)
    done = pull(company, source_of("openai", provider, reports=("openai_costs",)))
    assert (problems(done), len(provider.asked)) == (["key_refused"], 1)
    assert KEY not in f"{done} {caplog.text}"


def test_a_wrong_key_is_what_the_provider_sees(play: Play, company: Finance) -> None:
    provider = play("openai")
    provider.headers["authorization"] = "Bearer another"
    pull(company, source_of("openai", provider, reports=("openai_costs",)))
    assert provider.unexpected[0] == "GET /v1/organization/costs: header authorization"
    provider.unexpected.clear()


@pytest.mark.parametrize("channel", ["codex", "cursor"])
def test_a_redirect_to_another_host_is_refused(channel: str, play: Play, company: Finance) -> None:
    provider = play(channel)
    provider.faults[1] = Fault(status=302, headers=OTHER_HOST)
    done = pull(company, source_of(channel, provider))
    assert (problems(done), totals(company), len(provider.asked)) == (["redirected"], {}, 1)


def test_a_redirect_within_the_host_is_followed(play: Play, company: Finance) -> None:
    provider = play("copilot")
    moved = "/organizations/acme/settings/billing/ai_credit/usage?year=2026&month=10&day=5"
    provider.faults[1] = Fault(status=301, headers=(("location", moved),))
    assert problems(pull(company, source_of("copilot", provider))) == []


def test_a_missing_key_keeps_no_other_source_from_being_pulled(play: Play, company: Finance) -> None:
    source = source_of("codex", play("codex"), key=KeyReference("env", "NOT_THERE"))
    assert problems(pull(company, source)) == ["key_missing"]
