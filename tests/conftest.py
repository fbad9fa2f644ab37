"""What holds for every test: no deadline on properties (a loaded machine is no fault), nothing of the user's home."""

import os
import signal
import tempfile

import pytest
from hypothesis import settings

settings.register_profile("tollbook", deadline=None, print_blob=True)
settings.load_profile("tollbook")

_PREFIXES = ("TOLLBOOK_", "CLAUDE_", "CODEX_", "GIT_", "OTEL_")
_KEPT = frozenset(
    f"TOLLBOOK_{name}"
    for name in (
        *("SAMPLES", "KILLS", "REQUESTS", "CLIENTS", "CLIENTS_REQUIRED", "FUZZ", "FUZZ_SEED"),
        *("BROWSER_REQUIRED", "SYSTEMD_REQUIRED"),
    )
)
_HOME = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Homes of every program in a folder of this run; variables that steer the programs are gone."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background by a shell: the programs under test would inherit that and could not be interrupted.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[_HOME] = folder = tempfile.TemporaryDirectory(prefix="tollbook-test-home-")
    home = folder.name
    for name in list(os.environ):
        if name.startswith(_PREFIXES) and name not in _KEPT:
            del os.environ[name]
    os.environ |= {
        "HOME": home,
        "XDG_DATA_HOME": os.path.join(home, "data"),
        "XDG_CONFIG_HOME": os.path.join(home, "config"),
        "TOLLBOOK_HOME": os.path.join(home, "tollbook"),
        "TOLLBOOK_COLLECTOR_HOME": os.path.join(home, "collector"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove that folder."""
    config.stash[_HOME].cleanup()
