"""`tollbook` in this process, on a laptop with the logs of the demo."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.demo import lay_out
from tests.support.laptop import scan_once
from tollbook_agent.cli.main import main

DEMO = Path(__file__).parents[1] / "recordings" / "demo"


class Said(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its one JSON document."""
        assert (self.code, self.err) == (0, ""), self
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Its JSON lines."""
        assert (self.code, self.err) == (0, ""), self
        return [json.loads(line) for line in self.out.splitlines()]


class Commands:
    """Runs commands with the environment of one laptop."""

    def __init__(self, environment: Mapping[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        self.environment, self._capsys = environment, capsys

    def __call__(self, *words: str, **more: str) -> Said:
        self._capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**self.environment, **more}.items():
                patch.setenv(name, value)
            code = main(list(words))
        printed = self._capsys.readouterr()
        return Said(code, str(printed.out), str(printed.err))


def scanned_demo(folder: Path) -> dict[str, str]:
    """The demo laid out and read; its environment."""
    made = lay_out(folder, DEMO)
    scan_once(made)
    return made
