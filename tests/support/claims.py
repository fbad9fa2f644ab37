"""Hypothesis strategies for sightings and claims that collide.

The pools are small on purpose: in nearly every example ids are shared, observers contradict each other and times tie,
so a law about joining that holds here holds for strangers too. A sighting is assembled from few draws of prepared
parts, since such laws are worth more with many small cases than with few rich ones.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from hypothesis import strategies as st

from tests.support.domain import DAY, NOON, SECOND, client_request, derived, link, made_for, request, response
from tollbook.claim import Claim, claim_of
from tollbook.identity import Id
from tollbook.sighting import Scope, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, Evidence, IdKind, Provider, Purpose, Quality, Source, Tool
from tollbook.work import Known, Work

OBSERVERS = ("laptop-ada", "laptop-bob", "gateway-1")

_RESPONSES = tuple(map(response, ("msg_1", "msg_2", "msg_bdrk_1", "resp_1", "resp_2", "chatcmpl-1")))
_WEAKER = (
    request("req_1"),
    request("req_2"),
    client_request("c-1"),
    client_request("c-2"),
    Id(IdKind.GENERATION, "g-1"),
    Id(IdKind.GATEWAY_CALL, "gw-1/1"),
    derived("thread-1:10"),
    link("l-1"),
)
_IDS: tuple[tuple[Id, ...], ...] = (
    *((one,) for one in _RESPONSES),
    *((one, weaker) for one in _RESPONSES for weaker in _WEAKER[:4]),
    *((one,) for one in _WEAKER),
    *combinations(_WEAKER, 2),
    (),
)
"""At most one response id each: an observer that names two has itself said that they are one call."""

_TIMES = tuple(
    (NOON + start * DAY // 4, NOON + (start + length) * DAY // 4) for start in range(4) for length in range(3)
)
_USAGES = (
    None,
    Usage(input=14, cache_read=20_000, cache_write_5m=300, output=250),
    Usage(input=14, cache_read=20_000, cache_write=300, output=250),
    Usage(input=14, cache_read=20_000, output=1),
    Usage(input=900, output=250, reasoning=200, web_searches=1),
    Usage(cache_write_1h=300, cache_write_5m=40, output=3, reasoning=3),
)
_EXTRAS: tuple[Mapping[str, Usage], ...] = (
    {},
    {"claude-haiku-5": Usage(input=7, output=9)},
    {"claude-haiku-5": Usage(input=8), "advisor": Usage(output=4, reasoning=4)},
)
_COUNTS = tuple(
    {"usage": usage, "extra": extra, "quality": quality}
    for usage in _USAGES
    for extra in _EXTRAS
    for quality in Quality
)
_CONTEXTS: tuple[Mapping[str, Any], ...] = (
    {"channel": Channel.ANTHROPIC, "provider": Provider.ANTHROPIC, "model": "claude-opus-5-5", "session_id": "s-1"},
    {
        "channel": Channel.ANTHROPIC,
        "model_requested": "opus",
        "session_id": "s-2",
        "basis": {"session_id": Basis.SHAPE},
    },
    {"channel": Channel.OPENAI, "tool": Tool.CODEX, "model": "gpt-5.9", "turn_id": "t-1", "billing": Billing.METERED},
    {
        "channel": Channel.BEDROCK,
        "basis": {"channel": Basis.CONFIGURED},
        "scope": Scope(region="eu-west-1", account="1"),
    },
    {"purpose": Purpose.SUBAGENT, "agent_id": "a-1", "parent_agent_id": "a-0", "status": "aborted", "speed": "fast"},
    {"tool": Tool.CURSOR, "reported_cost_nano_usd": 10_556_000, "scope": Scope(api_key="sk-...abcd")},
    {},
)
_E = Evidence
_WORKS = (
    Work(),
    made_for(repo=("shop/api", _E.WORKTREE), branch=("PAY-1-retry", _E.REFLOG), commit=("a" * 40, _E.REFLOG)),
    made_for(repo=("shop/api", _E.LOG), branch=("main", _E.LOG), engineer=("ada@example.com", _E.HEAD)),
    made_for(repo=("shop/web", _E.PROCESS), branch=("OPS-2", _E.HEAD), commit=("b" * 40, _E.HEAD)),
    made_for(tickets=("PAY-7", _E.EXPLICIT), device=("device-1", _E.EXPLICIT), team=("core", _E.GATEWAY_KEY)),
    made_for(tickets=("OPS-9 PAY-3", _E.COMMIT), customer=("acme", _E.METADATA)),
    Work(tags={"bet": Known("checkout", _E.METADATA), "x y": Known("", _E.LOG)}),
)
_DECISIONS = (
    made_for(tickets=("PAY-9", _E.PERSON)),
    made_for(tickets=("", _E.PERSON)),
    made_for(tickets=("OPS-1 PAY-9", _E.PERSON), branch=("hotfix", _E.PERSON)),
    made_for(engineer=("bob@example.com", _E.PERSON), repo=("shop/web", _E.PERSON)),
)
_OBSERVING = tuple(source for source in Source if source is not Source.PERSON)


def _observation(
    source: Source,
    ids: tuple[Id, ...],
    times: tuple[int, int],
    counts: Mapping[str, Any],
    context: Mapping[str, Any],
    work: Work,
    epoch: int,
) -> Sighting:
    fields: dict[str, Any] = {"tool": Tool.CLAUDE_CODE, **counts, **context}
    return Sighting(
        source=source, ids=ids, started_at=times[0], ended_at=times[1], work=work, reader_epoch=epoch, **fields
    )


def _decision(ids: tuple[Id, ...], seconds: int, work: Work) -> Sighting:
    at = NOON + seconds * SECOND
    return Sighting(source=Source.PERSON, tool=Tool.OTHER, ids=ids, started_at=at, ended_at=at, order=at, work=work)


def _sightings(
    ids: st.SearchStrategy[tuple[Id, ...]], source: st.SearchStrategy[Source]
) -> st.SearchStrategy[Sighting]:
    return st.builds(
        _observation,
        source,
        ids,
        st.sampled_from(_TIMES),
        st.sampled_from(_COUNTS),
        st.sampled_from(_CONTEXTS),
        st.sampled_from(_WORKS),
        st.sampled_from((1, 1, 1, 2)),
    )


_ids = st.sampled_from(_IDS)
_observed = _sightings(_ids, st.sampled_from(_OBSERVING))
_decided = st.builds(_decision, _ids, st.integers(0, 3), st.sampled_from(_DECISIONS))

sightings = st.one_of(_observed, _observed, _observed, _decided)
"""Any sighting; one in fifty has no id."""

seen = st.tuples(sightings, st.sampled_from(OBSERVERS))
"""A sighting and who reports it."""


def claims_of(pairs: Sequence[tuple[Sighting, str]]) -> list[Claim]:
    """The claims of sightings, one each; those without an id say nothing of any call."""
    return [made for one, observer in pairs if (made := claim_of(one, observer)) is not None]


claims = st.lists(seen, max_size=6).map(claims_of)
"""What a few observers say, one claim a sighting: keys may repeat."""


def _of_one_key(several: list[Sighting]) -> list[Claim]:
    return claims_of([(one, OBSERVERS[0]) for one in several])


_own_ids = st.lists(st.sampled_from(_WEAKER), max_size=2).map(lambda weaker: (response("msg_1"), *weaker))
claims_of_one_key = st.one_of(
    st.lists(_sightings(_own_ids, st.just(Source.LOG)), min_size=3, max_size=3).map(_of_one_key),
    st.lists(
        st.builds(_decision, _own_ids, st.integers(0, 3), st.sampled_from(_DECISIONS)), min_size=3, max_size=3
    ).map(_of_one_key),
)
"""Three claims with one key: what one log reader, or one person, says of one call."""
