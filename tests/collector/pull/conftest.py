"""Companies and recorded providers for one test, closed after it; a request that no recording has fails the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.bills import finance
from tests.support.recorded_provider import Provider
from tollbook_collector.finance import Finance

Play = Callable[[str], Provider]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Finance]:
    with finance(tmp_path) as opened:
        yield opened


@pytest.fixture
def play() -> Iterator[Play]:
    """Plays a recording by its name."""
    started: list[Provider] = []
    with ExitStack() as stack:

        def start(name: str) -> Provider:
            provider = stack.enter_context(Provider.of(name))
            started.append(provider)
            return provider

        yield start
    assert [each for provider in started for each in provider.unexpected] == []
