"""Runs a real client in a process group of its own, with a time limit, and ends the whole group."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RUN_SECONDS = 120
"""For one headless run on a slow machine; a healthy one takes a second or two."""
END_SECONDS = 15
"""Between asking a client to end and making it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run ended."""

    code: int
    out: str
    err: str


def run_client(
    words: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    interrupt_when: Callable[[], object] | None = None,
    seconds: float = RUN_SECONDS,
) -> Ran:
    """Run it to its end.

    Args:
        words: program and arguments.
        folder: its working folder.
        environment: all of it; nothing is inherited.
        interrupt_when: returns when SIGINT is to be sent to the group.

    Raises:
        subprocess.TimeoutExpired: it was still running after `seconds`.
    """
    with start_client(words, folder=folder, environment=environment) as child:
        if interrupt_when is not None:
            interrupt_when()
            os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=seconds)
        return Ran(code=child.returncode, out=out, err=err)


@contextlib.contextmanager
def start_client(words: Sequence[str], *, folder: Path, environment: Mapping[str, str]):
    """The running client; its group is ended at the end, whatever happens."""
    child = subprocess.Popen(
        words, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        end_group(child.pid)
        child.communicate()


def end_group(group: int) -> None:
    """Kill what is left of a process group that this process started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
