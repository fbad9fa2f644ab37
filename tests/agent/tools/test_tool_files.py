"""Installing into the tools' own files and taking it back: to the byte, without losing what others wrote."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from tollbook.vocabulary import Tool
from tollbook_agent.tools import claude_settings, codex_config, cursor_hooks, files, manifest
from tollbook_agent.tools.edit import apply, plan
from tollbook_agent.tools.restore import chosen, restore
from tollbook_agent.tools.setting import Refused, Setting

TOKEN = "feedfacefeedfacefeedfacefeedface"
CLAUDE = (
    b'{\n  "model": "opus",\n  "env": {\n    "FOO": "1",\n    "HTTPS_PROXY": "http://corp:secret@proxy:3128"\n  }\n}'
)
CODEX = b'# my settings\nmodel = "gpt-6.1-sol"   # fast\r\n[projects."/src"]\ntrust_level = "trusted"\n'
HOOKS = b'{"version":1,"hooks":{"stop":[{"command":"theirs"}]}}'
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


class Laptop:
    """A user's home with all three tools in it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "tollbook"
        self.home.mkdir()
        user = str(folder)
        self.claude = claude_settings.settings_path({}, user)
        self.codex = codex_config.codex_home({}, user)
        self.cursor = cursor_hooks.hooks_path({}, user)
        for path, data in ((self.claude, CLAUDE), (self.codex / "config.toml", CODEX), (self.cursor, HOOKS)):
            path.parent.mkdir()
            path.write_bytes(data)

    def otel(self, port: int = 4711) -> list[Setting]:
        line = cursor_hooks.command("/opt/py thon", self.home, windows=False)
        return [
            *claude_settings.telemetry(self.claude, port, TOKEN),
            *codex_config.telemetry(self.codex, port, TOKEN),
            *cursor_hooks.hooks(self.cursor, line),
        ]

    def proxy(self) -> list[Setting]:
        url = "http://tollbook:aa@127.0.0.1:4712"
        return [
            claude_settings.env(self.claude, "HTTPS_PROXY", url, replace=True, secret="aa"),
            claude_settings.env(self.claude, "NODE_EXTRA_CA_CERTS", "/ca.pem"),
            codex_config.env(self.codex, "HTTPS_PROXY", url, secret="aa"),
        ]

    def install(self, *settings: Setting) -> None:
        found = plan(self.home, settings)
        assert found.problems == ()
        assert apply(self.home, found.edits) == []
        assert plan(self.home, settings).edits == ()

    def files(self) -> dict[str, bytes]:
        folder = self.home.parent
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


def test_everything_comes_and_goes_to_the_byte(laptop: Laptop) -> None:
    before = laptop.files()
    laptop.install(*laptop.otel())
    laptop.install(*laptop.proxy())
    env = json.loads(laptop.claude.read_bytes())["env"]
    assert env["HTTPS_PROXY"] == "http://tollbook:aa@127.0.0.1:4712"
    assert env["OTEL_EXPORTER_OTLP_HEADERS"] == f"x-tollbook-token={TOKEN}"
    assert env["FOO"] == "1"
    codex = (laptop.codex / ".env").read_text()
    assert codex == "OTEL_EXPORTER_OTLP_TIMEOUT=1000\nHTTPS_PROXY=http://tollbook:aa@127.0.0.1:4712\n"
    laptop.install(*laptop.otel(4999))
    done = restore(laptop.home)
    assert (done.kept, done.problems) == ((), ())
    assert laptop.files() == before


def test_one_part_is_taken_back_and_the_other_stays(laptop: Laptop) -> None:
    before = laptop.files()
    laptop.install(*laptop.otel())
    laptop.install(*laptop.proxy())
    keys = {("env", "HTTPS_PROXY"), ("env", "NODE_EXTRA_CA_CERTS"), ("HTTPS_PROXY",)}
    restore(laptop.home, lambda entry: entry.key not in keys)
    env = json.loads(laptop.claude.read_bytes())["env"]
    assert set(env) == {"FOO", "HTTPS_PROXY", "NODE_EXTRA_CA_CERTS"}
    assert (laptop.codex / "config.toml").read_bytes() == CODEX
    assert {entry.key for entry in chosen(laptop.home)} == keys
    restore(laptop.home)
    assert laptop.files() == before


def test_what_somebody_changed_since_is_kept_and_told(laptop: Laptop) -> None:
    laptop.install(*laptop.otel(), *laptop.proxy())
    document: dict[str, Any] = json.loads(laptop.claude.read_bytes())
    document["env"] |= {"HTTPS_PROXY": "http://mine", "BAR": "2"}
    del document["env"]["OTEL_LOGS_EXPORTER"]
    laptop.claude.write_text(json.dumps(document))
    config = laptop.codex / "config.toml"
    config.write_text(config.read_text() + '[projects."/new"]\ntrust_level = "trusted"\n')
    done = restore(laptop.home)
    assert [entry.key for entry in done.kept] == [("env", "HTTPS_PROXY")]
    assert json.loads(laptop.claude.read_bytes()) == {
        "model": "opus",
        "env": {"FOO": "1", "HTTPS_PROXY": "http://mine", "BAR": "2"},
    }
    assert config.read_text().endswith('[projects."/new"]\ntrust_level = "trusted"\n')
    assert "otel" not in config.read_text()
    assert not (laptop.home / manifest.FILE).exists()


def test_the_value_before_comes_back_beside_others_changes(laptop: Laptop) -> None:
    laptop.install(*laptop.proxy())
    laptop.claude.write_bytes(laptop.claude.read_bytes().replace(b'"FOO": "1"', b'"FOO": "9"'))
    restore(laptop.home)
    assert laptop.claude.read_bytes() == CLAUDE.replace(b'"FOO": "1"', b'"FOO": "9"')


def test_files_and_folders_made_are_removed_if_empty(tmp_path: Path) -> None:
    home, path = tmp_path / "tollbook", tmp_path / ".claude" / "settings.json"
    home.mkdir()
    settings = claude_settings.telemetry(path, 1, TOKEN)
    for more in (None, "theirs.json"):
        assert apply(home, plan(home, settings).edits) == []
        if more:
            (path.parent / more).write_text("{}")
        restore(home)
        assert not path.exists()
        assert path.parent.exists() == bool(more)
    assert list(home.iterdir()) == []


def test_a_made_file_with_something_else_in_it_stays(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    apply(tmp_path, plan(tmp_path, claude_settings.telemetry(path, 1, TOKEN)).edits)
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps(document | {"model": "opus"}))
    restore(tmp_path)
    assert json.loads(path.read_bytes()) == {"model": "opus"}


@POSIX
def test_links_and_modes_stay(laptop: Laptop, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    laptop.claude.rename(real)
    laptop.claude.symlink_to(real)
    real.chmod(0o640)
    laptop.install(*laptop.otel())
    assert laptop.claude.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert stat.S_IMODE((laptop.home / manifest.FILE).stat().st_mode) == 0o600
    restore(laptop.home)
    assert laptop.claude.is_symlink()
    assert real.read_bytes() == CLAUDE


def test_an_edit_in_between_is_not_lost(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = files.replace, [2]

    def meanwhile(path: Path, data: bytes, expected: bytes | None) -> bool:
        if path == laptop.claude and left[0]:
            left[0] -= 1
            laptop.claude.write_bytes(laptop.claude.read_bytes().replace(b"opus", b"opus+"))
        return real(path, data, expected)

    monkeypatch.setattr(files, "replace", meanwhile)
    laptop.install(*laptop.proxy())
    assert json.loads(laptop.claude.read_bytes())["model"] == "opus++"
    left[0] = 1
    restore(laptop.home)
    assert laptop.claude.read_bytes() == CLAUDE.replace(b"opus", b"opus+++")


def test_a_file_that_never_rests_is_left_alone(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    real = files.replace
    monkeypatch.setattr(files, "replace", lambda *given: given[0] != laptop.claude and real(*given))
    found = plan(laptop.home, laptop.proxy()[:1])
    assert [problem.reason for problem in apply(laptop.home, found.edits)] == ["changing"]
    assert laptop.claude.read_bytes() == CLAUDE
    assert not (laptop.home / manifest.FILE).exists()


def test_a_kill_between_manifest_and_file_leaves_nothing_to_fear(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    real = files.replace

    def killed(path: Path, data: bytes, expected: bytes | None) -> bool:
        if path == laptop.claude:
            raise Killed
        return real(path, data, expected)

    found = plan(laptop.home, laptop.otel())
    with monkeypatch.context() as patched:
        patched.setattr(files, "replace", killed)
        with pytest.raises(Killed):
            apply(laptop.home, found.edits)
    assert chosen(laptop.home) != ()
    assert restore(laptop.home).kept == ()
    assert laptop.claude.read_bytes() == CLAUDE


def test_what_others_set_is_not_replaced(laptop: Laptop) -> None:
    theirs = claude_settings.env(laptop.claude, "FOO", "2")
    found = plan(laptop.home, [theirs])
    assert [problem.reason for problem in found.problems] == ["already_set"]
    assert "FOO" in found.problems[0].remedy
    (laptop.codex / "config.toml").write_text("[otel]\n")
    reasons = [problem.reason for problem in plan(laptop.home, codex_config.telemetry(laptop.codex, 1, TOKEN)).problems]
    assert reasons == ["own_table"]


def test_a_value_that_is_not_needed_gives_way(laptop: Laptop) -> None:
    theirs = b"OTEL_EXPORTER_OTLP_TIMEOUT=9\n"
    (laptop.codex / ".env").write_bytes(theirs)
    laptop.install(*laptop.otel())
    assert (laptop.codex / ".env").read_bytes() == theirs


def test_a_value_already_as_wanted_is_not_ours(laptop: Laptop) -> None:
    laptop.install(claude_settings.env(laptop.claude, "FOO", "1"))
    restore(laptop.home)
    assert laptop.claude.read_bytes() == CLAUDE


def test_a_plan_shows_no_secret(laptop: Laptop) -> None:
    shown = "\n".join(edit.shown() for edit in plan(laptop.home, [*laptop.otel(), *laptop.proxy()]).edits)
    assert TOKEN not in shown
    assert "corp:secret" not in shown
    assert "tollbook:aa@" not in shown
    assert "env.OTEL_LOGS_EXPORTER: (absent) -> otlp" in shown
    assert laptop.claude.read_bytes() == CLAUDE


def test_a_read_only_file_is_refused(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: "settings.json" not in str(path))  # root may write everything
    found = plan(laptop.home, laptop.proxy()[:1])
    assert [problem.reason for problem in apply(laptop.home, found.edits)] == ["read_only"]
    assert laptop.claude.read_bytes() == CLAUDE


@pytest.mark.parametrize(("data", "reason"), [(b"{", "not_json"), (b"\xff", "not_utf8")])
def test_a_damaged_file_is_left_alone(laptop: Laptop, data: bytes, reason: str) -> None:
    laptop.install(*laptop.proxy())
    held = laptop.claude.read_bytes()
    laptop.claude.write_bytes(data)
    assert [problem.reason for problem in plan(laptop.home, laptop.otel()[:1]).problems] == [reason]
    done = restore(laptop.home)
    assert [problem.reason for problem in done.problems] == [reason]
    laptop.claude.write_bytes(held)
    assert restore(laptop.home).problems == ()
    assert laptop.claude.read_bytes() == CLAUDE


@pytest.mark.parametrize(
    ("raw", "reason"), [(b"{", "damaged_manifest"), (b'{"schema": 99}', "newer_manifest"), (b"[]", "damaged_manifest")]
)
def test_without_its_manifest_nothing_is_changed(laptop: Laptop, raw: bytes, reason: str) -> None:
    (laptop.home / manifest.FILE).write_bytes(raw)
    assert [problem.reason for problem in plan(laptop.home, laptop.otel()).problems] == [reason]
    assert [problem.reason for problem in restore(laptop.home).problems] == [reason]


def test_codex_would_not_read_its_own_variables(laptop: Laptop) -> None:
    with pytest.raises(Refused, match="not_read_by_codex"):
        codex_config.env(laptop.codex, "CODEX_CA_CERTIFICATE", "/ca.pem")


def test_the_tools_own_folders_are_honoured() -> None:
    assert claude_settings.settings_path({"CLAUDE_CONFIG_DIR": "/c"}, "/u") == Path("/c/settings.json")
    assert codex_config.codex_home({"CODEX_HOME": "/x"}, "/u") == Path("/x")
    assert cursor_hooks.hooks_path({"CURSOR_CONFIG_DIR": "/r"}, "/u") == Path("/r/hooks.json")
    line = cursor_hooks.command("C:\\py thon.exe", Path("C:\\t"), windows=True)
    assert line == '"C:\\py thon.exe" -I -X utf8 -m tollbook_agent.capture.cursor.hook C:\\t'
    assert {setting.tool for setting in cursor_hooks.hooks(Path("/h"), line)} == {Tool.CURSOR}


def test_the_status_line_goes_in_and_out_and_one_that_is_there_stays(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path)
    wanted = claude_settings.status_line(laptop.claude, laptop.home, windows=False)
    laptop.install(*wanted)
    line = json.loads(laptop.claude.read_text())["statusLine"]
    words = line["command"].split()
    assert (line["type"], words[0], words[2]) == ("command", "sh", str(laptop.home / "statusline.txt"))
    assert Path(words[1]).is_file()
    assert restore(laptop.home).problems == ()
    assert laptop.claude.read_bytes() == CLAUDE
    theirs = b'{"statusLine": {"type": "command", "command": "mine"}}'
    laptop.claude.write_bytes(theirs)
    (problem,) = plan(laptop.home, wanted).problems
    assert problem.reason == "already_set"
    assert laptop.claude.read_bytes() == theirs
