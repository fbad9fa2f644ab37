"""Companies for one test, closed after it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.bills import finance
from tollbook_collector.finance import Finance

Open = Callable[..., Finance]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens a company with some calls, each time in a folder of its own."""
    with ExitStack() as stack:
        folders = (tmp_path / str(number) for number in range(1_000))

        def make(calls: Iterable[Mapping[str, Any]] = ()) -> Finance:
            return stack.enter_context(finance(next(folders), calls))

        yield make
