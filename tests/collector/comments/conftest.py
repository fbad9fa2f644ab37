"""A home with work, recorded hosts for one test, and the command as it is typed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.commenting import CALL, GITHUB_WORDS, JIRA_WORDS, OTHER, lay_out_work
from tests.support.recorded_provider import KEY, Play, Provider, playing
from tollbook_collector.cli import comment_run
from tollbook_collector.cli.main import main

_WORDS = {"comment_github": GITHUB_WORDS, "comment_jira": JIRA_WORDS}
_BELOW = {"comment_github": "/api/v3", "comment_jira": ""}


class Said(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        assert self.code == 0, self
        return json.loads(self.out)


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home, made once; no test changes it."""
    home = tmp_path_factory.mktemp("worked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLLBOOK_COLLECTOR_HOME", str(home))
        lay_out_work(home, CALL, OTHER)
    return home


@pytest.fixture(autouse=True)
def home(worked: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(worked))
    monkeypatch.setenv("RECORDED_KEY", KEY)
    for name in ("GITHUB_API_URL", "JIRA_BASE_URL", "JIRA_EMAIL", "TOLLBOOK_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(comment_run, "PER_MINUTE", 1_000_000)
    return worked


@pytest.fixture
def play() -> Iterator[Play]:
    with playing() as start:
        yield start


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs the command against a recorded host."""

    def run(name: str, provider: Provider, *more: str) -> Said:
        capsys.readouterr()
        try:
            code = main([*_WORDS[name], "--api-url", provider.base_url + _BELOW[name], *more])
        except SystemExit as left:
            code = int(left.code or 0)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run
