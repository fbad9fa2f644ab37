"""The real clients from npm, in pinned versions, in a cache of their own: `clients.py install [--latest]`.

Nothing of them is part of Tollbook; tests drive them against the project's mock provider. Each version has a folder
`<cache>/<tool>-<version>`. It is built beside its place, tried with `--version` and only then moved there, so that a
folder under that name is whole or is not there.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

INSTALL_SECONDS = 900
"""For npm to fetch some 400 MB."""
ASK_SECONDS = 120
"""For a registry question, or a program's `--version` on a slow machine."""
NPM_INSTALL = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error")
NO_NPM = "npm and node are needed to install the real clients: install Node.js 20 or newer (https://nodejs.org)"


class Failed(Exception):
    """The clients could not be installed; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One program on npm."""

    tool: str
    """The name of its command."""
    package: str
    version: str
    """The version that the tests expect."""
    program: str
    """Its program within the package."""
    linker: str | None = None
    """A script of the package that puts the native program in its place. Newer npm does not run it unasked."""


CLIENTS: tuple[Client, ...] = (
    Client(
        tool="claude",
        package="@anthropic-ai/claude-code",
        version="2.1.330",
        program="bin/claude.exe",  # so on every system
        linker="install.cjs",
    ),
    Client(tool="codex", package="@openai/codex", version="0.169.0", program="bin/codex.js"),
)


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where the clients live: TOLLBOOK_CLIENTS, else `~/.cache/tollbook-clients`."""
    chosen = environment.get("TOLLBOOK_CLIENTS")
    return Path(chosen) if chosen else Path(environment.get("HOME", os.curdir)) / ".cache" / "tollbook-clients"


def program_of(client: Client, cache: Path, version: str | None = None) -> Path:
    """Where its program is once installed."""
    return folder_of(client, cache, version) / "node_modules" / client.package / client.program


def folder_of(client: Client, cache: Path, version: str | None = None) -> Path:
    """The folder of one version of it."""
    return cache / f"{client.tool}-{version or client.version}"


def installed(tool: str, environment: Mapping[str, str]) -> Path | None:
    """The program of `tool` that tests should run; `None` where it is not installed.

    TOLLBOOK_CLIENTS_LATEST in the environment asks for the newest version in the cache instead of the pinned one.
    """
    client = next(client for client in CLIENTS if client.tool == tool)
    cache = cache_folder(environment)
    version = client.version
    if environment.get("TOLLBOOK_CLIENTS_LATEST"):
        found = [folder.name.removeprefix(f"{tool}-") for folder in cache.glob(f"{tool}-[0-9]*")]
        version = max(found, key=_numbers, default=version)
    program = program_of(client, cache, version)
    return program if program.exists() else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def install(client: Client, cache: Path, version: str) -> Path:
    """Install one version, unless it is there.

    Raises:
        Failed: npm did not manage, or the program does not say its version.
    """
    program = program_of(client, cache, version)
    if program.exists():
        return program
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{client.tool}-", dir=cache))
    try:
        run(*NPM_INSTALL, "--prefix", str(scratch), f"{client.package}@{version}", seconds=INSTALL_SECONDS)
        package = scratch / "node_modules" / client.package
        if client.linker is not None:
            run("node", client.linker, seconds=ASK_SECONDS, folder=package)
        said = run(str(package / client.program), "--version", seconds=ASK_SECONDS)
        if version not in said:
            raise Failed(f"{client.package}@{version} says it is {said.strip()!r}")
        try:
            scratch.rename(folder_of(client, cache, version))
        except OSError:
            if not program.exists():  # otherwise another install was first
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return program


def newest(client: Client) -> str:
    """The newest version that npm offers.

    Raises:
        Failed: npm did not say.
    """
    return run("npm", "view", "--loglevel=error", client.package, "version", seconds=ASK_SECONDS).strip()


def run(*words: str, seconds: int, folder: Path | None = None) -> str:
    """What a command prints.

    Raises:
        Failed: it is missing, failed or took too long.
    """
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    except FileNotFoundError as fault:
        raise Failed(NO_NPM) from fault
    except subprocess.TimeoutExpired as fault:
        raise Failed(f"`{' '.join(words)}` did not end within {seconds} s") from fault
    if done.returncode:
        raise Failed(
            f"`{' '.join(words)}` ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}"
        )
    return done.stdout


def main() -> int:
    """Install and print one line a client: its command and the path of its program. Returns 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["install"])
    parser.add_argument("--latest", action="store_true", help="the newest versions instead of the pinned ones")
    arguments = parser.parse_args()
    try:
        if shutil.which("npm") is None or shutil.which("node") is None:
            raise Failed(NO_NPM)
        for client in CLIENTS:
            version = newest(client) if arguments.latest else client.version
            print(client.tool, install(client, cache_folder(os.environ), version), flush=True)
    except (Failed, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
