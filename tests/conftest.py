"""What holds for every test: no deadline on properties (a loaded machine is no fault), nothing of the user's home."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("tollbook", deadline=None, print_blob=True)
settings.load_profile("tollbook")

_PREFIXES = ("TOLLBOOK_", "CLAUDE_", "CODEX_", "GIT_", "OTEL_")
_KEPT = frozenset({"TOLLBOOK_SAMPLES", "TOLLBOOK_KILLS"})


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Homes of every program in a folder of this run; variables that steer the programs are gone."""
    before = dict(os.environ)
    home: Path = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(_PREFIXES) and name not in _KEPT:
            del os.environ[name]
    os.environ |= {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "TOLLBOOK_HOME": str(home / "tollbook"),
        "TOLLBOOK_COLLECTOR_HOME": str(home / "collector"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    yield
    os.environ.clear()
    os.environ |= before
