"""`make up`: a collector and an agent on this machine, this user's own logs, a first table. Ctrl-C stops everything.

The collector keeps its data under `.bench`-free folders of the user's own: the agent in its usual home, the collector
in its usual home. `--demo`, or a machine without logs, plays the bundled recordings into a temporary home instead.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tollbook_agent.capture.logs.discover import discover, roots

BIN = Path(sys.executable).parent
REPO = Path(__file__).resolve().parent.parent
RECORDINGS = REPO / "tests" / "recordings" / "demo"
START_SECONDS = 30
ARRIVE_SECONDS = 600
STOP_SECONDS = 15


class Stopped(Exception):
    """Ctrl-C, or a request to end."""


def _stop(_number: int, _frame: object) -> None:
    raise Stopped


def main() -> int:
    """Start, show, wait."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", action="store_true", help="play the bundled recordings")
    demo = parser.parse_args().demo
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    own = any(True for _ in discover(roots(os.environ, os.path.expanduser("~"))))
    if not own and not demo:
        print(
            "No usage logs of Claude Code or Codex were found on this machine: playing the bundled recordings instead."
        )
        demo = True
    scratch = Path(tempfile.mkdtemp(prefix="tollbook-demo-")) if demo else None
    running: list[subprocess.Popen[str]] = []
    try:
        serve(demo_environment(scratch) if scratch else dict(os.environ), running, demo=demo)
    except Stopped:
        print("\nstopping", flush=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in reversed(running):
            stop(process)
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
    return 0


def demo_environment(scratch: Path) -> dict[str, str]:
    """A home of its own, with the recordings as the tools would have left them and the folders they were made in."""
    sys.path.insert(0, str(REPO))
    from tests.support.demo import lay_out

    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TOLLBOOK_", "CLAUDE_", "CODEX_"))
    }
    return environment | lay_out(scratch, RECORDINGS)


def serve(environment: dict[str, str], running: list[subprocess.Popen[str]], *, demo: bool) -> None:
    """Collector, agent, table, then wait."""
    collector = start(["tollbook-collector", "serve", "--dev"], environment, running, stdout=subprocess.PIPE)
    addresses = json.loads(first_line(collector))
    environment |= {"TOLLBOOK_COLLECTOR": addresses["otlp_grpc"], "TOLLBOOK_COLLECTOR_API": addresses["api"]}
    agent = start(["tollbook", "agent", "run"], environment, running, stdout=subprocess.PIPE)
    print(first_line(agent))
    wait_until_sent(environment)
    if demo:
        print("\n*** demo: bundled recordings, not your own calls ***")
    for by in ("ticket", "repo"):
        print(f"\nspend by {by}")
        subprocess.run([BIN / "tollbook", "spend", "--by", by], env=environment, check=True)
    print(f"\nAPI: {addresses['api']}/api/v1/spend?group_by=ticket   (Ctrl-C stops everything)")
    if demo:
        print("*** demo: bundled recordings, not your own calls ***")
    print("ready", flush=True)
    while all(process.poll() is None for process in running):
        time.sleep(0.2)
    print("a part ended by itself; stopping the others", file=sys.stderr)


def start(
    command: list[str], environment: dict[str, str], running: list[subprocess.Popen[str]], stdout: int | None = None
) -> subprocess.Popen[str]:
    """Start one of our programs in a group of its own, so that Ctrl-C reaches it through us and in order."""
    process = subprocess.Popen(
        [str(BIN / command[0]), *command[1:]], env=environment, stdout=stdout, text=True, start_new_session=True
    )
    running.append(process)
    return process


def first_line(process: subprocess.Popen[str]) -> str:
    """The first line a program prints; everything after it is read and thrown away.

    Raises:
        SystemExit: it ended, or said nothing in time.
    """
    found: list[str] = []
    said = threading.Event()
    assert process.stdout is not None
    stream = process.stdout

    def read() -> None:
        for line in stream:
            if not said.is_set():
                found.append(line.rstrip("\n"))
                said.set()
        said.set()

    threading.Thread(target=read, daemon=True).start()
    if not said.wait(ARRIVE_SECONDS) or not found:
        raise SystemExit(f"{process.args!r} did not start")  # type: ignore[str-bytes-safe]
    return found[0]


def wait_until_sent(environment: dict[str, str]) -> None:
    """Until the agent's outbox is empty: then the collector has everything."""
    deadline = time.monotonic() + ARRIVE_SECONDS
    while time.monotonic() < deadline:
        out = subprocess.run(
            [BIN / "tollbook", "status", "--json"], env=environment, capture_output=True, text=True, check=True
        ).stdout
        counts = json.loads(out)["counts"]
        if counts is not None and counts["unsent"] == 0:
            return
        time.sleep(0.1)


def stop(process: subprocess.Popen[str]) -> None:
    """Ask, wait, insist."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    raise SystemExit(main())
