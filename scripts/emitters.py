"""Programs that send OpenTelemetry or pass it on, in pinned versions, in the cache of the real clients.

    python -m scripts.emitters install            what `make test` needs: the npm SDK and the forwarder rotel
    python -m scripts.emitters install NAME...    others by name, to record what they send (scripts/record_emitters)

Nothing of them is part of Tollbook. Each has a folder `<cache>/<name>-<version>`, whole or not there: it is built
beside its place and then moved.
"""

import argparse
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.clients import INSTALL_SECONDS, NPM_INSTALL, Failed, cache_folder, run

UV = Path(__file__).resolve().parents[1] / ".tools" / "bin" / "uv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitter:
    """Packages that are installed together."""

    name: str
    version: str
    """Of the folder: that of its first package."""
    npm: tuple[str, ...] = ()
    pypi: tuple[str, ...] = ()
    delivers: bool = False
    """Whether tests of the delivery run it."""
    linked: bool = False
    """Whether its program needs the shared library of one of the `LINKED` Pythons."""


_JS = "0.223.0"
EMITTERS: tuple[Emitter, ...] = (
    Emitter(
        name="otel-js",
        version=_JS,
        npm=tuple(
            f"@opentelemetry/{package}@{version}"
            for package, version in (
                ("exporter-trace-otlp-grpc", _JS),
                ("exporter-trace-otlp-http", _JS),
                ("exporter-trace-otlp-proto", _JS),
                ("sdk-trace-base", "2.12.0"),
                ("api", "1.9.1"),
            )
        ),
        delivers=True,
    ),
    Emitter(name="rotel", version="0.0.1a15", pypi=("rotel==0.0.1a15",), delivers=True, linked=True),
    Emitter(name="openlit", version="1.45.0", pypi=("openlit==1.45.0", "openai==2.54.0", "anthropic==0.125.0")),
    Emitter(name="gemini-cli", version="0.61.0", npm=("@google/gemini-cli@0.61.0",)),
    Emitter(name="portkey", version="1.15.2", npm=("@portkey-ai/gateway@1.15.2",)),
)
LINKED = ("3.12", "3.13")
"""The Pythons that rotel's wheels were built for."""


def runs_here(emitter: Emitter) -> bool:
    """Whether this Python has what the emitter's program is linked against."""
    shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
    return not emitter.linked or (shared and sysconfig.get_python_version() in LINKED)


def emitter_named(name: str) -> Emitter:
    """One of `EMITTERS`."""
    return next(each for each in EMITTERS if each.name == name)


def folder_of(emitter: Emitter, environment: Mapping[str, str]) -> Path:
    """Where it is once installed: `node_modules` of an npm package, the modules themselves of a Python one."""
    return cache_folder(environment) / f"{emitter.name}-{emitter.version}"


def installed(name: str, environment: Mapping[str, str]) -> Path | None:
    """Its folder; `None` where it is not installed."""
    found = folder_of(emitter_named(name), environment)
    return found if found.is_dir() else None


def install(emitter: Emitter, environment: Mapping[str, str]) -> Path:
    """Install it, unless it is there.

    Raises:
        Failed: npm or uv did not manage.
    """
    folder = folder_of(emitter, environment)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{emitter.name}-", dir=folder.parent))
    try:
        if emitter.npm:
            run(*NPM_INSTALL, "--prefix", str(scratch), *emitter.npm, seconds=INSTALL_SECONDS)
        if emitter.pypi:
            target = ("--target", str(scratch), "--python", sys.executable)
            run(str(UV), "pip", "install", "--quiet", *target, *emitter.pypi, seconds=INSTALL_SECONDS)
        try:
            scratch.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another install was first
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def main() -> int:
    """Install and print one line each: name and folder. Returns 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["install"])
    parser.add_argument("names", nargs="*", metavar="NAME", help="of EMITTERS")
    names = parser.parse_args().names
    if unknown := set(names) - {each.name for each in EMITTERS}:
        parser.error(f"no such emitter: {', '.join(sorted(unknown))}")
    for emitter in EMITTERS:
        if not runs_here(emitter):
            print(f"{emitter.name} needs a Python {' or '.join(LINKED)} with a shared library: left out", flush=True)
        elif emitter.name in names or (not names and emitter.delivers):
            try:
                print(emitter.name, install(emitter, os.environ), flush=True)
            except (Failed, OSError) as fault:
                print(fault, file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
