"""A developer's machine in a folder: homes of the clients, a repository on a branch with a ticket, an environment."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

GIT_SECONDS = 60
KEPT = ("PATH", "LANG", "TZ", "TERM", "SYSTEMROOT")
"""All that the clients get of this process's own environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The folders of one run, and what every program in it is started with."""

    root: Path
    more: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def claude(self) -> Path:
        """CLAUDE_CONFIG_DIR."""
        return self.home / ".claude"

    @property
    def codex(self) -> Path:
        """CODEX_HOME."""
        return self.home / ".codex"

    def environment(self) -> dict[str, str]:
        """For every program: homes of its own, no settings of this machine."""
        kept = {name: value for name, value in os.environ.items() if name in KEPT}
        own = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local" / "share"),
            "CLAUDE_CONFIG_DIR": str(self.claude),
            "CODEX_HOME": str(self.codex),
            "TOLLBOOK_HOME": str(self.root / "tollbook"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        return {**kept, **own, **self.more}

    def repository(self, name: str, remote: str, *branches: str) -> Path:
        """A real repository with one commit and these branches; the first one is checked out."""
        path = self.root / "work" / name
        path.mkdir(parents=True)
        self.git(path, "init", "-q", "-b", branches[0])
        self.git(path, "remote", "add", "origin", remote)
        (path / "README.md").write_text("A shop.\n", encoding="utf-8")
        self.git(path, "add", "README.md")
        who = ("-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.com")
        self.git(path, *who, "commit", "-q", "-m", "Start")
        for branch in branches[1:]:
            self.git(path, "branch", branch)
        return path

    def git(self, folder: Path, *words: str) -> None:
        """Run git there.

        Raises:
            subprocess.CalledProcessError: it did not work.
        """
        program = shutil.which("git") or "git"
        subprocess.run([program, *words], cwd=folder, env=self.environment(), check=True, timeout=GIT_SECONDS,
                       capture_output=True)  # fmt: skip


def make_bench(root: Path, more: Mapping[str, str]) -> Bench:
    """An empty machine."""
    bench = Bench(root=root, more=more)
    for folder in (bench.claude, bench.codex):
        folder.mkdir(parents=True)
    return bench
