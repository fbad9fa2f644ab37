"""Ending a program that a test or a benchmark started."""

import subprocess
from typing import Any


def stop(child: "subprocess.Popen[Any]", seconds: float) -> int:
    """Ask it to end, and kill it where it has not after `seconds`; its exit code."""
    child.terminate()
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
