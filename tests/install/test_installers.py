"""The installers: the deb is built, installed, run and removed; what needs another system is checked for its form."""

import base64
import json
import os
import plistlib
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tollbook
from installers.mdm import render as mdm
from tests.support.snapshot import snapshot
from tests.support.wheels import REPO, SECONDS, run, uv

LINUX = REPO / "installers" / "linux" / "build_deb.sh"
MAC = REPO / "installers" / "macos" / "build_pkg.sh"
POWERSHELL = REPO / "installers" / "windows" / "install.ps1"
URL, TOKEN = "https://tollbook.acme.example:4318", "tbg_c1.invented-token"


def compiled(path: str) -> str:
    """Where the bytecode of a module lies."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb here")
def test_the_deb_is_built_installed_run_and_removed(tmp_path: Path, wheels: Path) -> None:
    target = os.path.realpath(sys.executable)
    more = {"WHEELS": str(wheels), "UV": uv(), "PYTHON": target, "TARGET_PYTHON": target}
    deb = run("sh", str(LINUX), str(tmp_path / "out"), more=more).strip()
    listed = run("dpkg-deb", "--contents", deb)
    assert "./usr/bin/tollbook -> ../../opt/tollbook/bin/tollbook" in listed
    assert "CACHEDIR.TAG" not in listed  # backups would leave the program out
    paths = {line.split()[5] for line in listed.splitlines()}
    ours = {path for path in paths if "/site-packages/tollbook_agent/" in path and path.endswith(".py")}
    assert ours
    assert {path for path in ours if compiled(path) not in paths} == set()
    assert {line.split()[1] for line in listed.splitlines()} == {"root/root"}
    control = run("dpkg-deb", "--field", deb)
    assert f"Version: {tollbook.__version__}\n" in control
    root = tmp_path / "root"
    for name in ("updates", "info", "triggers"):
        (root / "var" / "lib" / "dpkg" / name).mkdir(parents=True)
    (root / "var" / "lib" / "dpkg" / "status").touch()
    before = set(snapshot(root / "var" / "lib" / "dpkg" / "info"))
    dpkg = ("dpkg", f"--root={root}", "--force-depends", "--force-not-root", "--force-unsafe-io", "--log=/dev/null")
    run(*dpkg, "--install", deb)
    program = root / "usr" / "bin" / "tollbook"
    assert run(str(program), "--version") == f"tollbook {tollbook.__version__}\n"
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [program, "install", "--dry-run"], env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert "/opt/tollbook/bin/python" in done.stdout, done
    run(str(root / "opt" / "tollbook" / "bin" / "python"), "-c", "import tollbook_agent.capture.proxy.addon, mitmproxy")
    module = compiled(str(root / next(iter(ours))))
    assert b"root/opt/tollbook" not in Path(module).read_bytes()  # where it was built is nobody's business
    run(*dpkg, "--purge", "tollbook")
    assert not (root / "opt" / "tollbook").exists()
    assert not program.exists()
    assert set(snapshot(root / "var" / "lib" / "dpkg" / "info")) - {"format"} == before


@pytest.mark.parametrize("script", [LINUX, MAC])
def test_the_scripts_are_shell(script: Path) -> None:
    run("sh", "-n", str(script))
    assert os.access(script, os.X_OK)


def test_a_pkg_is_not_built_here_and_says_so() -> None:
    done = subprocess.run(["sh", str(MAC)], capture_output=True, text=True, timeout=SECONDS, check=False)
    if sys.platform == "darwin":
        pytest.skip("this is a Mac")
    assert (done.returncode, "a pkg is built on a Mac" in done.stderr) == (1, True)


def test_the_powershell_script_closes_what_it_opens() -> None:
    text = "\n".join(line for line in POWERSHELL.read_text().splitlines() if not line.startswith("#"))
    for one, other in ("()", "{}", "[]"):
        assert text.count(one) == text.count(other)
    assert text.count('"') % 2 == 0
    assert all(word in text for word in ("uv", "tool", "install", "uninstall", "LASTEXITCODE"))


def test_the_managed_settings_say_the_same_to_every_system(tmp_path: Path) -> None:
    assert mdm.main([URL, TOKEN, str(tmp_path / "out")]) == 0
    files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    settings = json.loads(files["claude-code.json"])
    assert settings["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == URL
    assert settings["env"]["OTEL_EXPORTER_OTLP_HEADERS"] == f"authorization=Bearer {TOKEN}"
    otel = tomllib.loads(files["codex.toml"].decode())["otel"]
    assert otel["exporter"]["otlp-http"]["endpoint"] == f"{URL}/v1/logs"
    assert otel["log_user_prompt"] is False
    profile = plistlib.loads(files["claude-code.mobileconfig"])
    payload = profile["PayloadContent"][0]
    assert (payload["PayloadType"], payload["env"]) == ("com.anthropic.claudecode", settings["env"])
    other = plistlib.loads(files["codex.mobileconfig"])["PayloadContent"][0]
    assert base64.b64decode(other["config_toml_base64"]) == files["codex.toml"]
    assert len({profile["PayloadUUID"], payload["PayloadUUID"], other["PayloadUUID"]}) == 3
    value = files["claude-code.reg"].decode("utf-16").split('"Settings"=')[1].strip()
    assert json.loads(json.loads(value)) == settings
    assert {oct((tmp_path / "out" / name).stat().st_mode & 0o777) for name in files} == {"0o600"}


@pytest.mark.parametrize(("url", "token"), [("http://x:4318", TOKEN), ("https://x/y", TOKEN), (URL, 'a"b'), (URL, "")])
def test_what_cannot_be_used_is_refused(tmp_path: Path, url: str, token: str) -> None:
    assert mdm.main([url, token, str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()
