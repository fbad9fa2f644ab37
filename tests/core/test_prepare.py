"""The quick path of a first import gives the same bytes and the same row as the general path, for every sighting."""

from dataclasses import replace
from itertools import product

from hypothesis import given, settings

from tests.support.claims import seen
from tests.support.domain import NOON, request, response
from tollbook.booked import book_row
from tollbook.booking import alias_keys
from tollbook.canonical import write
from tollbook.claim import claim_of, key_hash
from tollbook.conclude import conclude
from tollbook.group import group
from tollbook.prepare import Prepared, Preparer
from tollbook.prices import default_book
from tollbook.prices.price import price
from tollbook.sighting import Sighting
from tollbook.ticket import TicketRule
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Channel, Evidence, Source, Tool
from tollbook.work import Known, Work

OBSERVER = "laptop-ada"
RULE = TicketRule(project_keys=None)


def the_long_way(sighting: Sighting) -> Prepared | None:
    """What claim_of, write, group, conclude and price say."""
    claim = claim_of(sighting, OBSERVER)
    if claim is None:
        return None
    groups = group((claim,)).groups
    booked = None
    if groups:
        call = conclude(groups[0], RULE)
        booked = book_row(call, price(call, default_book()))
    name = key_hash(claim.key.observer, claim.key.source, claim.key.id)
    return Prepared(claim.started_at, name, alias_keys(claim), write(claim), booked)


def new() -> Preparer:
    return Preparer(observer=OBSERVER, rule=RULE, book=default_book())


@settings(max_examples=300)
@given(seen(), seen())
def test_a_prepared_sighting_is_what_the_general_path_makes_of_it(
    one: tuple[Sighting, str], other: tuple[Sighting, str]
) -> None:
    preparer = new()
    for sighting, _ in (one, other, one):
        assert preparer.prepare(sighting, sighting.work) == the_long_way(sighting)


WORK = Work(branch=Known("feature/PAY-123-refund", Evidence.REFLOG), repo=Known("acme/shop", Evidence.WORKTREE))


def plain(number: int, usage: Usage | None, **changes: object) -> Sighting:
    base = Sighting(
        source=Source.LOG,
        tool=Tool.CLAUDE_CODE,
        ids=(response(f"msg_{number}"), request(f"req_{number}")),
        started_at=NOON + number * 10**9,
        ended_at=NOON + number * 10**9 + 5,
        channel=Channel.ANTHROPIC,
        model="claude-opus-5-5",
        session_id="s",
        usage=usage,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_calls_of_one_session_share_a_template_and_differ_in_ids_times_and_counts() -> None:
    preparer = new()
    usages = (
        Usage(input=3, cache_read=9_000, output=5),
        Usage(input=3, cache_write_1h=700, output=5, reasoning=2),
        Usage(cache_write=10, output=1),
        Usage(),
        None,
        Usage(input=1, output=1, web_searches=3),
    )
    for number, usage in enumerate(usages):
        sighting = plain(number, usage)
        assert preparer.prepare(sighting, WORK) == the_long_way(sighting.with_work(WORK))
    haiku = [plain(20 + size % 7, Usage(input=size), model="claude-haiku-5-5") for size in (100_000, 100_001, 99_999)]
    for sighting in haiku:
        assert preparer.prepare(sighting, WORK) == the_long_way(sighting.with_work(WORK))


def test_agents_sessions_and_turns_share_a_template() -> None:
    preparer = new()
    names = ("turn-1", "id", None, "s", 'turn "4"', "session_id")
    for number, (agent, session, turn) in enumerate(product(names, names, names)):
        for basis in ({}, {"turn_id": Basis.SHAPE, "session_id": Basis.CONFIGURED}):
            sighting = plain(number, Usage(input=1), agent_id=agent, session_id=session, turn_id=turn, basis=basis)
            assert preparer.prepare(sighting, WORK) == the_long_way(sighting.with_work(WORK))


def test_a_day_boundary_and_an_end_before_the_start_change_nothing() -> None:
    preparer = new()
    for start, end in ((NOON, NOON + 86_400 * 10**9), (NOON, NOON - 5)):
        sighting = plain(1, Usage(input=4), started_at=start, ended_at=end)
        assert preparer.prepare(sighting, WORK) == the_long_way(sighting.with_work(WORK))


def test_a_sighting_without_an_id_is_not_prepared() -> None:
    assert new().prepare(plain(1, None, ids=()), WORK) is None


def test_texts_that_need_escaping_take_the_general_path() -> None:
    preparer = new()
    for value in ('msg_"1"', "msg_ä", "msg_\\", "msg_\n"):
        sighting = plain(1, Usage(input=1), ids=(response(value),), session_id='s",\\"i":["')
        assert preparer.prepare(sighting, WORK) == the_long_way(sighting.with_work(WORK))
