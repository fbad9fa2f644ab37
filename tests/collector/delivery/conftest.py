"""One collector, as people run it, for all tests of the delivery in a module; and the programs that deliver."""

import os
import pwd
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from scripts.emitters import LINKED, emitter_named, installed, runs_here
from tests.collector.serve_bench import Command


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Generator[Command]:
    """`tollbook-collector serve --dev`."""
    running = Command(tmp_path_factory.mktemp("collector"))
    yield running
    running.end()


@pytest.fixture(scope="session")
def emitter() -> Callable[[str], Path]:
    """The folder of an emitter; skips where it is not installed, unless TOLLBOOK_CLIENTS_REQUIRED is set."""
    account = {"HOME": pwd.getpwuid(os.getuid()).pw_dir}  # HOME itself is one of this run's own

    def folder(name: str) -> Path:
        if not runs_here(emitter_named(name)):
            pytest.skip(f"{name} is linked against the shared library of Python {' or '.join(LINKED)}")
        found = installed(name, os.environ | account)
        if found is None and os.environ.get("TOLLBOOK_CLIENTS_REQUIRED"):
            pytest.fail(f"not installed: {name}; run `make clients`")
        if found is None:
            pytest.skip(f"not installed: {name}; run `make clients`")
        return found

    return folder
