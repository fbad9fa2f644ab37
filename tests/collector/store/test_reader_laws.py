"""The law of the reader: whatever is sealed, reopened, lost or written meanwhile, all engines give the one answer."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collector.store.record_state import NOW
from tests.support.claims import claims_of, seen
from tests.support.law import law
from tests.support.strange_claims import strange_claims
from tollbook.answer import DIMENSIONS
from tollbook.claim import Claim
from tollbook_collector.ask import ALWAYS, MAX_KEYS, Span, SpendQuestion

pytest.importorskip("duckdb")
from tests.collector.store.reader_bench import Bench, bench
from tollbook_collector.store.reader.duck import Duck, connect

Place = tuple[Path, Duck]

several = st.lists(seen(), min_size=1, max_size=9).map(claims_of)
strange = st.lists(strange_claims(), min_size=1, max_size=4)
shuffles = st.randoms(use_true_random=False)
ENGINEERS = (None, frozenset({"ada@example.com"}), frozenset({"nobody", "bob@example.com"}), frozenset[str]())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A folder, and a DuckDB that may enter it: making one for each example takes most of the time."""
    folder = tmp_path_factory.mktemp("laws")
    duck = connect(folder)
    yield folder, duck
    duck.close()


def question(made: Bench, choice: Random) -> SpendQuestion:
    """Any question over some of the days there are."""
    by = tuple(choice.sample(DIMENSIONS, choice.randint(1, MAX_KEYS)))
    days = sorted({row.day for row in made.record.rows(None, None)}) or [0]
    spans = (ALWAYS, Span(start=days[-1]), Span(end=days[-1]), Span(start=days[0], end=days[0] + 1))
    return SpendQuestion(by=by, span=choice.choice(spans))


def happen(made: Bench, choice: Random) -> None:
    """Something that changes files, never answers."""
    event = choice.choice(("seal", "seal", "seal", "rebuild", "lose", "nothing"))
    if event == "seal":
        assert made.sealer.turn().open_days == 0
    elif event == "rebuild":
        made.sealer.rebuild()
    elif event == "lose":
        for name in sorted(made.files())[:1]:
            (made.folder / name).unlink()


@law
@given(several | strange, shuffles)
def test_all_engines_give_one_answer(place: Place, claims: list[Claim], choice: Random) -> None:
    parent, duck = place
    cuts = sorted(choice.sample(range(len(claims) + 1), min(2, len(claims))))
    with TemporaryDirectory(dir=parent) as folder, bench(Path(folder) / "record.sqlite", duck) as made:
        for start, end in pairwise((0, *cuts, len(claims))):
            made.record.book(claims[start:end], now_ns=NOW)
            happen(made, choice)
            made.agree(question(made, choice), choice.choice(ENGINEERS))
        made.sealer.turn()
        made.agree(SpendQuestion(by=("ticket", "model", "day")))
        made.agree(SpendQuestion(by=("engineer",)))
