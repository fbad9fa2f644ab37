"""The installer leaves a whole client or none, and does not install twice."""

import stat
from pathlib import Path

import pytest

from scripts.clients import Client, Failed, folder_of, install, installed, program_of

CLIENT = Client(tool="codex", package="@acme/tool", version="1.2.3", program="bin/tool", linker="link.cjs")
NPM = """#!/bin/sh
echo npm >> "$CALLS"
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/@acme/tool/bin"
printf '#!/bin/sh\\necho tool {version}\\n' > "$2/node_modules/@acme/tool/bin/tool"
exit {code}
"""
NODE = """#!/bin/sh
echo node "$1" >> "$CALLS"
chmod +x bin/tool
"""


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, *, version: str = "1.2.3", code: int = 0) -> Path:
    """An npm and a node that note that they were called; the file they note it in."""
    folder.mkdir()
    for name, text in (("npm", NPM.format(version=version, code=code)), ("node", NODE)):
        program = folder / name
        program.write_text(text, encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    calls = folder / "calls"
    monkeypatch.setenv("CALLS", str(calls))
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return calls


def test_installs_once_and_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = programs(tmp_path / "bin", monkeypatch)
    cache = tmp_path / "cache"
    first = install(CLIENT, cache, "1.2.3")
    assert first == install(CLIENT, cache, "1.2.3") == program_of(CLIENT, cache)
    assert calls.read_text(encoding="utf-8").splitlines() == ["npm", "node link.cjs"]
    assert [folder.name for folder in cache.iterdir()] == ["codex-1.2.3"]


@pytest.mark.parametrize(("version", "code"), [("1.2.3", 1), ("9.9.9", 0)])
def test_leaves_nothing_of_a_failed_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, code: int
) -> None:
    programs(tmp_path / "bin", monkeypatch, version=version, code=code)
    cache = tmp_path / "cache"
    with pytest.raises(Failed):
        install(CLIENT, cache, "1.2.3")
    assert list(cache.iterdir()) == []


def test_finds_the_pinned_version_or_the_newest(tmp_path: Path) -> None:
    environment = {"TOLLBOOK_CLIENTS": str(tmp_path)}
    assert installed("codex", environment) is None
    for version in ("0.169.0", "0.170.0", "0.1000.0"):
        program = folder_of(CLIENT, tmp_path, version) / "node_modules" / "@openai" / "codex" / "bin" / "codex.js"
        program.parent.mkdir(parents=True)
        program.touch()
    assert "0.169.0" in str(installed("codex", environment))
    assert "0.1000.0" in str(installed("codex", {**environment, "TOLLBOOK_CLIENTS_LATEST": "1"}))
