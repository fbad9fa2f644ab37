"""The mock provider as a process of a test's own."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from tests.support.provider.ledger import Entry, hangs_of, read_ledger

REPO = Path(__file__).resolve().parents[3]
END_SECONDS = 30
LOOK_SECONDS = 0.05
HANG_SECONDS = 60.0
"""For a client to come to the step that hangs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A running mock provider."""

    port: int
    """TLS for every host, on 127.0.0.1."""
    tunnel: int
    """A CONNECT proxy to it."""
    ca: Path
    ledger: Path
    names: Path

    @property
    def upstream(self) -> str:
        """Where a proxy under test should dial instead of the providers."""
        return f"127.0.0.1:{self.port}"

    def through_tunnel(self) -> dict[str, str]:
        """Environment that leads either client here without any proxy of Tollbook's."""
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.tunnel}",
            "NODE_EXTRA_CA_CERTS": str(self.ca),
            "CODEX_CA_CERTIFICATE": str(self.ca),
        }

    def entries(self) -> list[Entry]:
        """What it has booked so far."""
        return read_ledger(self.ledger)

    def wait_for(self, enough: Callable[[list[Entry]], bool], seconds: float) -> list[Entry]:
        """The entries once there are enough of them.

        Raises:
            TimeoutError: there were not.
        """
        _wait(lambda: enough(self.entries()), seconds, "entries of the ledger")
        return self.entries()

    def wait_for_hang(self, number: int = 1, seconds: float = HANG_SECONDS) -> None:
        """Until so many streams have begun to hang.

        Raises:
            TimeoutError: they have not.
        """
        file = hangs_of(self.ledger)
        _wait(lambda: file.read_bytes().count(b"\n") >= number, seconds, "a hanging stream")


def _wait(done: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"no {what} within {seconds} s")
        time.sleep(LOOK_SECONDS)


@contextlib.contextmanager
def provider(folder: Path, *, websocket: bool = True, bodies: bool = False) -> Generator[Provider]:
    """Run one; its files are in `folder`. It ends with its standard input, so even when this process is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "tests.support.provider", str(folder)]
    words += [] if websocket else ["--no-websocket"]
    words += ["--bodies"] if bodies else []
    with (folder / "errors").open("wb") as errors:
        child = subprocess.Popen(words, cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        line = child.stdout.readline()
        if not line:
            raise RuntimeError((folder / "errors").read_text(encoding="utf-8"))
        said = json.loads(line)
        paths = {name: Path(said[name]) for name in ("ca", "ledger", "names")}
        yield Provider(port=said["port"], tunnel=said["tunnel"], **paths)
    finally:
        with contextlib.suppress(OSError):
            child.stdin.close()
        try:
            child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()
