"""Both clients must be there: a run that asks for them does not pass without them."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.clients import CLIENTS, installed


@pytest.fixture(scope="session")
def programs() -> Mapping[str, Path]:
    """The clients' programs; skips where they are not installed, unless TOLLBOOK_CLIENTS_REQUIRED is set."""
    account = {"HOME": pwd.getpwuid(os.getuid()).pw_dir}  # HOME itself is one of this run's own
    found = {client.tool: installed(client.tool, os.environ | account) for client in CLIENTS}
    missing = [tool for tool, program in found.items() if program is None]
    if missing and os.environ.get("TOLLBOOK_CLIENTS_REQUIRED"):
        pytest.fail(f"not installed: {', '.join(missing)}; run `make clients`")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; run `make clients`")
    return {tool: program for tool, program in found.items() if program is not None}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `-m`, only the cut-down list of the real clients' runs."""
    if config.option.markexpr:
        return
    long = [
        item for item in items if item.get_closest_marker("clients") and not item.get_closest_marker("clients_quick")
    ]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
