"""A whole home before an install and after an uninstall: the difference is empty, and what others wrote stays."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.snapshot import snapshot
from tollbook_agent.capture.proxy import files

FOREIGN = ("src", "notes")
SYSTEMCTL = """#!/bin/sh
# Speaks as systemd's own does, to files.
echo "$@" >> "$CALLS"
folder="$HOME/.config/systemd/user"
case "$*" in
*enable*)
    mkdir -p "$folder/default.target.wants" && ln -sf "$folder/tollbook.service" "$folder/default.target.wants/" ;;
*disable*) rm -f "$folder/default.target.wants/tollbook.service" ;;
esac
exit {code}
"""


class Home:
    """Of a user with the tools, some files of their own, and commands that live in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], *, systemctl: int | None = None) -> None:
        self.path = folder / "home"
        for name in (".claude", ".codex", ".cursor", "src", "notes"):
            (self.path / name).mkdir(parents=True)
        self.claude = self.path / ".claude" / "settings.json"
        self.claude.write_text('{\n  "model": "opus",\n  "env": {"MINE": "1"}\n}\n')
        self.claude.chmod(0o640)
        (self.path / ".codex" / "config.toml").write_text('model = "gpt-6.1-sol"  # mine\n')
        (self.path / "src" / "program.py").write_text("print(1)\n")
        (self.path / ".profile").write_text("export EDITOR=vi\n")
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        self.calls = folder / "calls"
        if systemctl is not None:
            program = bin_folder / "systemctl"
            program.write_text(SYSTEMCTL.replace("{code}", str(systemctl)))
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.run = Commands(
            {
                "HOME": str(self.path), "CALLS": str(self.calls), "PATH": f"{bin_folder}:/usr/bin:/bin" if systemctl
                is not None else str(bin_folder), "TOLLBOOK_HOME": "", "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": "",
            },
            capsys,
        )  # fmt: skip

    @property
    def state(self) -> Path:
        return self.path / ".local" / "share" / "tollbook"

    def snapshot(self) -> dict[str, tuple[object, ...]]:
        return snapshot(self.path, times_of=FOREIGN)


@pytest.mark.parametrize("systemctl", [None, 0, 1])
def test_the_difference_is_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str], systemctl: int | None) -> None:
    """With systemd's session, without it, and with one that refuses everything."""
    home = Home(tmp_path, capsys, systemctl=systemctl)
    before = home.snapshot()
    done = home.run("install")
    assert done.code == 0, done
    assert (home.path / ".config" / "systemd" / "user" / "tollbook.service").exists()
    assert "tollbook_agent.capture.cursor.hook" in (home.path / ".cursor" / "hooks.json").read_text()
    assert home.run("scan").code == 0
    assert home.snapshot() != before
    assert home.run("uninstall").code == 0
    assert home.snapshot() == before


def test_a_dry_run_shows_everything_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path, capsys, systemctl=0)
    before = home.snapshot()
    said = home.run("install", "--dry-run").out
    assert home.snapshot() == before
    for shown in (
        "tollbook.service:", "ExecStart=", "WantedBy=default.target", "systemctl --user enable --now tollbook.service",
        "env.OTEL_EXPORTER_OTLP_ENDPOINT", "config.toml: otel", "hooks.stop",
    ):  # fmt: skip
        assert shown in said, shown
    home.run("install")
    during = home.snapshot()
    said = home.run("uninstall", "--dry-run").out
    assert home.snapshot() == during
    for shown in (
        "tollbook.service: removed",
        "settings.json: env.OTEL_EXPORTER_OTLP_ENDPOINT back",
        "tollbook: removed",
    ):
        assert shown in said, shown


def test_without_a_session_it_says_how_to_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = Home(tmp_path, capsys).run("install", "--service")
    assert done.code == 0
    assert "tollbook.service: written" in done.out
    assert "`tollbook agent run`" in done.out


def test_what_others_write_meanwhile_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path, capsys, systemctl=0)
    home.run("install")
    document = json.loads(home.claude.read_text())
    document["env"]["LATER"] = "2"
    home.claude.write_text(json.dumps(document))
    override = home.path / ".config" / "systemd" / "user" / "tollbook.service.d" / "mine.conf"
    override.parent.mkdir()
    override.write_text("[Service]\nNice=10\n")
    unit = home.path / ".config" / "systemd" / "user" / "tollbook.service"
    unit.write_text(unit.read_text() + "# mine\n")
    (home.state / "config.toml").write_text('timezone = "UTC"\n')
    done = home.run("uninstall")
    assert json.loads(home.claude.read_text()) == {"model": "opus", "env": {"MINE": "1", "LATER": "2"}}
    assert override.exists()
    assert "# mine" in unit.read_text()
    assert "was changed by somebody since, and stays" in done.err
    assert [each.name for each in home.state.iterdir() if each.name != "folders"] == ["config.toml"]
    assert "config.toml is not Tollbook's own" in done.out


def test_a_unit_of_somebody_else_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path, capsys, systemctl=0)
    unit = home.path / ".config" / "systemd" / "user" / "tollbook.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/mine\n")
    done = home.run("install", "--service")
    assert done.code == 1
    assert "is not what Tollbook wrote" in done.err
    assert unit.read_text() == "[Service]\nExecStart=/mine\n"


def test_a_second_install_changes_nothing_and_a_relay_adds_its_socket(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path, capsys, systemctl=0)
    before = home.snapshot()
    home.run("install")
    during = home.snapshot()
    assert "everything is as it should be already" in home.run("install").out
    assert home.snapshot() == during
    files.save(home.state, files.ProxyState(port=4712))
    home.run("install")
    socket_unit = home.path / ".config" / "systemd" / "user" / "tollbook.socket"
    assert "ListenStream=127.0.0.1:4712" in socket_unit.read_text()
    assert "enable --now tollbook.socket tollbook.service" in home.calls.read_text()
    home.run("uninstall")
    assert home.snapshot() == before
    assert "disable --now tollbook.socket tollbook.service" in home.calls.read_text()


def test_what_was_read_can_be_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path, capsys)
    home.run("install")
    home.run("scan")
    home.run("uninstall", "--keep-data")
    assert (home.state / "laptop.db").exists()
    assert not os.path.exists(home.path / ".config" / "systemd")
