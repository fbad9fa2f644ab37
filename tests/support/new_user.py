"""A user with a home, a repository and Claude Code's logs, who has installed Tollbook and types commands."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.support.claude_lines import answer
from tests.support.repos import make_repo

SECONDS = 60


class NewUser:
    """Commands run with a clean environment: this home, the installed programs, nothing of the workspace."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.home = folder / "home"
        (self.home / ".claude" / "projects").mkdir(parents=True)
        (self.home / ".codex").mkdir()
        (self.home / ".claude" / "settings.json").write_text('{\n  "model": "opus"\n}\n')
        (self.home / ".gitconfig").write_text("[user]\n\temail = ada@example.com\n")
        now = datetime.now(UTC).timestamp()
        self.repository = make_repo(
            self.home / "src" / "shop", "git@github.com:acme/shop.git", [(now - 3_600, "feature/PAY-123-refund")]
        )
        self.environment = {"HOME": str(self.home), "PATH": f"{programs}:/usr/bin:/bin", "TZ": "UTC", "LANG": "C.UTF-8"}
        self.log = self.home / ".claude" / "projects" / "shop" / "5d1f0c3a-0001-4000-8000-000000000001.jsonl"

    def tollbook(self, *words: str, code: int = 0) -> str:
        """What a command prints."""
        done = subprocess.run(
            ["tollbook", *words], env=self.environment, cwd=self.repository, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def agent(self) -> "subprocess.Popen[bytes]":
        """`tollbook agent run` in another terminal."""
        return subprocess.Popen(
            ["tollbook", "agent", "run"], env=self.environment, cwd=self.home, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def call(self, number: int) -> None:
        """Claude Code makes a call now, and logs it."""
        self.log.parent.mkdir(exist_ok=True)
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self.log.open("ab") as log:
            log.write(answer(number, cwd=str(self.repository), timestamp=now))

    def forget_logs(self) -> None:
        """Claude Code's own files, which are none of ours."""
        self.log.unlink()
        self.log.parent.rmdir()
