"""The three wheels as they are published, and environments that hold nothing but them."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
SECONDS = 300


def uv() -> str:
    """The workspace's uv; without it the test is skipped."""
    own = REPO / ".tools" / "bin" / "uv"
    found = str(own) if own.is_file() else shutil.which("uv")
    if found is None:
        pytest.skip("uv is neither in .tools (`make setup`) nor on the PATH")
    return found


def run(*words: str, more: dict[str, str] | None = None, folder: Path = REPO) -> str:
    """What a program prints; it must work. Nothing of this environment's Python settings reaches it."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "UV_PRO"))
    }
    done = subprocess.run(
        words, cwd=folder, env={**kept, **(more or {})}, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


def build(factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheels, built once for all workers of a run."""
    base = factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "wheels"
    with (folder.parent / "wheels.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            run(uv(), "build", "--quiet", "--wheel", "--all-packages", "--out-dir", f"{folder}.part")
            Path(f"{folder}.part").rename(folder)
    return folder


def tool_install(wheels: Path, package: str, folder: Path) -> Path:
    """`uv tool install` below a folder; where its programs are."""
    places = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    words = ("tool", "install", "--quiet", "--python", sys.executable, "--find-links", str(wheels), package)
    run(uv(), *words, more=places)
    return folder / "bin"
