"""Which claim decides a field, and whose counters are believed."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.support.claims import claims
from tests.support.domain import NOON, SECOND, claim, made_for, response
from tests.support.law import law
from tollbook.choose import choose, most_believed, registers
from tollbook.claim import Claim, merge
from tollbook.usage import Usage
from tollbook.vocabulary import Evidence, Quality, Source

MSG = response("msg_1")


@law
@given(claims().filter(bool))
def test_all_fields_at_once_are_chosen_as_each_by_itself(arriving: list[Claim]) -> None:
    members = list(merge(arriving).values())
    names = {name for one in members for name in one.fields}
    found = registers(members)
    assert set(found) == names
    for name in names:
        best = choose(members, name)
        assert best is not None
        assert found[name] == best.register


@law
@given(claims(), st.randoms(use_true_random=False))
def test_belief_depends_on_the_set_only_and_falls(arriving: list[Claim], shuffle: Random) -> None:
    members = list(merge(arriving).values())
    ranked = most_believed(members)
    assert [one.quality for one in ranked] == sorted((one.quality for one in members), reverse=True)
    shuffle.shuffle(members)
    assert most_believed(members) == ranked


def test_nobody_knows() -> None:
    assert choose([claim(Source.LOG, MSG)], "speed") is None
    assert choose([], "speed") is None
    assert most_believed([]) == []


def test_rank_then_source_then_order_then_the_smaller_value() -> None:
    def head(source: Source, branch: str, evidence: Evidence = Evidence.HEAD, at: int = NOON) -> Claim:
        return claim(source, MSG, observer=branch, started_at=at, ended_at=at, work=made_for(branch=(branch, evidence)))

    losing = [
        head(Source.PROXY, "stale", Evidence.LOG_STALE),
        head(Source.LOG, "worse source", at=NOON - SECOND),
        head(Source.GATEWAY, "later", at=NOON + SECOND),
        head(Source.GATEWAY, "z"),
    ]
    best = head(Source.GATEWAY, "a")
    for one in losing:
        for pair in ([one, best], [best, one]):
            found = choose(pair, "branch")
            assert found is not None
            assert found.claim is best
            assert registers(pair)["branch"].value == "a"


def test_quality_then_source() -> None:
    counts = Usage(input=1)
    wire = claim(Source.PROXY, MSG, usage=counts, quality=Quality.PARTIAL)
    log = claim(Source.LOG, MSG, usage=counts, quality=Quality.FINAL)
    hook = claim(Source.HOOK, MSG, usage=counts, quality=Quality.FINAL)
    assert most_believed([wire, log, hook]) == [hook, log, wire]
