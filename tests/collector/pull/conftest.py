"""Companies and recorded providers for one test, closed after it; a request that no recording has fails the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bills import finance
from tests.support.recorded_provider import Play, playing
from tollbook_collector.finance import Finance


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Finance]:
    with finance(tmp_path) as opened:
        yield opened


@pytest.fixture
def play() -> Iterator[Play]:
    with playing() as start:
        yield start
