"""`make up`: a collector and an agent on this machine, this user's own logs, a first table. Ctrl-C stops everything.

Both keep what they know in their usual homes, so that the next start goes on from there. `--demo`, or a machine without
logs, plays the bundled recordings in a temporary home instead, which is removed at the end.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from pathlib import Path

from running import Failed, Part, Stopped, pause, stop_on_signals

BIN = Path(sys.executable).parent
REPO = Path(__file__).resolve().parent.parent
RECORDINGS = REPO / "tests" / "recordings" / "demo"
START_SECONDS = 30
"""For the collector to say where it listens."""
IMPORT_SECONDS = 3600
"""For the agent to read years of logs, and to send them."""
LOOK_SECONDS = 0.2
DEMO_MARK = "*** demo: bundled recordings, not your own calls ***"


def main() -> int:
    """Start, show, wait. Returns 0 after a signal to end, 1 when a part failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", action="store_true", help="play the bundled recordings")
    asked = parser.parse_args().demo
    parts: list[Part] = []
    code = 0
    try:
        stop_on_signals()
        demo = asked or not own_logs()
        with environment_of(demo=demo) as environment:
            try:
                serve(environment, parts, demo=demo)
            finally:
                for part in reversed(parts):
                    part.stop()
    except Stopped:
        with contextlib.suppress(OSError):  # the terminal may be gone
            say("stopped")
    except Failed as fault:
        print(fault, file=sys.stderr)
        code = 1
    return code


def say(text: str) -> None:
    """Print in order with what other programs print to the same place."""
    print(text, flush=True)


def own_logs() -> bool:
    """Whether this user has usage logs; says where it looked if not."""
    from tollbook_agent.capture.logs.discover import discover, roots

    where = roots(os.environ, os.path.expanduser("~"))
    found = any(True for _ in discover(where))
    if not found:
        looked = "\n".join(f"  {root.path}" for root in where)
        say(f"No usage logs of Claude Code or Codex were found in\n{looked}\nPlaying the bundled recordings instead.")
    return found


@contextlib.contextmanager
def environment_of(*, demo: bool) -> Generator[dict[str, str]]:
    """What the parts are started with: the user's own homes, or for the demo a temporary one.

    Raises:
        Failed: this user's calls go to another collector.
    """
    if demo:
        scratch = Path(tempfile.mkdtemp(prefix="tollbook-demo-"))
        try:
            yield demo_environment(scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return
    from tollbook_agent.settings import SettingError, load
    from tollbook_collector.home import home_folder

    try:
        collector = load(os.environ).collector
    except SettingError as fault:
        raise Failed(str(fault)) from fault
    if collector is not None:
        raise Failed(
            f"This machine's calls go to the collector at {collector}: a second one would take them away from there.\n"
            "Run `tollbook agent run` to go on sending, or `make demo` to see Tollbook at work."
        )
    yield dict(os.environ) | {"TOLLBOOK_COLLECTOR_HOME": str(home_folder(os.environ))}


def demo_environment(scratch: Path) -> dict[str, str]:
    """A home of its own, with the recordings as the tools would have left them and the folders they were made in."""
    sys.path.insert(0, str(REPO))
    from tests.support.demo import lay_out

    prefixes = ("TOLLBOOK_", "CLAUDE_", "CODEX_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return environment | lay_out(scratch, RECORDINGS)


def serve(environment: dict[str, str], parts: list[Part], *, demo: bool) -> None:
    """Collector, agent, tables, then wait.

    Raises:
        Stopped: somebody asked for the end.
        Failed: a part did not start, or ended by itself.
    """
    collector = Part(["tollbook-collector", "serve", "--dev"], environment, parts)
    addresses = json.loads(collector.first_line(START_SECONDS))
    environment |= {"TOLLBOOK_COLLECTOR": addresses["otlp_grpc"], "TOLLBOOK_API": addresses["api"]}
    agent = Part(["tollbook", "agent", "run"], environment, parts)
    imported = agent.first_line(IMPORT_SECONDS)
    wait_until_sent(environment, parts)
    mark = f"\n{DEMO_MARK}" if demo else ""
    say(f"{imported}{mark}")
    for by in ("ticket", "repo"):
        say(f"\nspend by {by}")
        tollbook(environment, "spend", "--by", by)
    say(f"{mark}\ncollector  OTLP/gRPC {addresses['otlp_grpc']}, API {addresses['api']}")
    say(f"open       {addresses['api']}/")
    say(f"try        curl '{addresses['api']}/api/v1/spend?group_by=ticket'\nCtrl-C stops everything.\nready")
    while True:
        for part in parts:
            part.check()
        pause(LOOK_SECONDS)


def tollbook(environment: Mapping[str, str], *arguments: str, stdout: int | None = None) -> str:
    """Run one command of the agent's; what it prints, where `stdout` is a pipe.

    Raises:
        Stopped: somebody asked for the end, and it may have ended for that.
        Failed: it did not work.
    """
    done = subprocess.run([BIN / "tollbook", *arguments], env=environment, stdout=stdout, text=True, check=False)
    pause()
    if done.returncode:
        raise Failed(f"`tollbook {' '.join(arguments)}` did not work (exit code {done.returncode})")
    return done.stdout


def wait_until_sent(environment: Mapping[str, str], parts: list[Part]) -> None:
    """Until the agent's outbox is empty: then the collector has everything.

    Raises:
        Failed: that takes too long, or a part has ended.
        Stopped: somebody asked for the end.
    """
    deadline = time.monotonic() + IMPORT_SECONDS
    bar, waiting = sys.stderr.isatty(), 0
    while time.monotonic() < deadline:
        for part in parts:
            part.check()
        counts = json.loads(tollbook(environment, "status", "--json", stdout=subprocess.PIPE))["counts"]
        waiting = 0 if counts is None else counts["unsent"]
        if bar:
            print(f"\r\x1b[K{f'sending {waiting:,} claims' if waiting else ''}", end="", file=sys.stderr, flush=True)
        if not waiting:
            return
        pause(LOOK_SECONDS)
    raise Failed(f"{waiting:,} claims were not sent in {IMPORT_SECONDS} seconds: `tollbook status` says why")


if __name__ == "__main__":
    raise SystemExit(main())
