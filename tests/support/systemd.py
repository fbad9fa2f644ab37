"""systemd's own programs, for tests that show our units to them."""

import os
import shutil

import pytest


def systemd_program(name: str) -> str:
    """Where it is; without it the test is skipped, or fails where TOLLBOOK_SYSTEMD_REQUIRED is set."""
    found = shutil.which(name)
    if found is None:
        why = f"{name} is not installed (apt-get install systemd)"
        if os.environ.get("TOLLBOOK_SYSTEMD_REQUIRED"):
            pytest.fail(why)
        pytest.skip(why)
    return found
