"""What an answer does not wait for: whole libraries that it does not need are not imported."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.demo import environment
from tests.support.small_store import prepared
from tollbook_agent.compose import store_of
from tollbook_agent.settings import load

SLOW = ("dataclasses", "inspect", "decimal", "secrets", "threading", "zoneinfo", "shutil", "tollbook.usage", "grpc")
CODE = """
import sys
from tollbook_agent.cli.main import main
code = main(sys.argv[2:])
print(code, *(set(sys.modules) & set(sys.argv[1].split())), file=sys.stderr)
"""


@pytest.fixture
def laptop(tmp_path: Path) -> dict[str, str]:
    """The environment of a laptop with one call, made just now."""
    own = {**os.environ, **environment(tmp_path)}
    own.pop("TOLLBOOK_TIMEZONE", None)
    store = store_of(load(own), own)
    now = time.time_ns()
    store.commit([prepared(1, started_at=now, ended_at=now)], now_ns=now)
    store.close()
    return own


def imported(own: dict[str, str], slow: tuple[str, ...], *words: str) -> str:
    """The exit code, and which of these modules a command imported."""
    command = [sys.executable, "-c", CODE, " ".join(slow), *words]
    return subprocess.run(command, env=own, capture_output=True, text=True, check=True).stderr.strip()


@pytest.mark.parametrize(
    "words", [("today",), ("today", "--json"), ("month", "--by", "model"), ("spend", "--by", "ticket,day")]
)
def test_a_spend_table_starts_light(laptop: dict[str, str], words: tuple[str, ...]) -> None:
    assert imported(laptop, (*SLOW, "rich"), *words) == "0"


def test_what_is_shown_on_a_terminal_waits_for_the_widths_of_characters_alone(laptop: dict[str, str]) -> None:
    assert imported(laptop, (*SLOW, "rich.cells", "rich.console"), "today", "--pretty") == "0 rich.cells"
