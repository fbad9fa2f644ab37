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


def _decision(ids: tuple[Id, ...], seconds: int, work: Work) -> Sighting:
    at = NOON + seconds * SECOND
    return Sighting(source=Source.PERSON, tool=Tool.OTHER, ids=ids, started_at=at, ended_at=at, order=at, work=work)


def _observation(draw: st.DrawFn, source: Source, ids: tuple[Id, ...]) -> Sighting:
    fields: dict[str, Any] = {"tool": Tool.CLAUDE_CODE}
    fields |= draw(st.sampled_from(_COUNTS))
    fields |= draw(st.sampled_from(_CONTEXTS))
    started, ended = draw(st.sampled_from(_TIMES))
    return Sighting(
        source=source,
        ids=ids,
        started_at=started,
        ended_at=ended,
        work=draw(st.sampled_from(_WORKS)),
        reader_epoch=draw(st.sampled_from((1, 1, 1, 2))),
        **fields,
    )


@st.composite
def seen(draw: st.DrawFn) -> tuple[Sighting, str]:
    """A sighting and who reports it; one in fifty has no id. Composite, so that a red test is short to read."""
    observer = draw(st.sampled_from(OBSERVERS))
    source = draw(st.sampled_from(tuple(Source)))
    ids = draw(st.sampled_from(_IDS))
    if source is Source.PERSON:
        return _decision(ids, draw(st.integers(0, 3)), draw(st.sampled_from(_DECISIONS))), observer
    return _observation(draw, source, ids), observer


def claims_of(pairs: Sequence[tuple[Sighting, str]]) -> list[Claim]:
    """The claims of sightings, one each; those without an id say nothing of any call."""
    return [made for one, observer in pairs if (made := claim_of(one, observer)) is not None]


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    """What a few observers say, one claim a sighting: keys may repeat."""
    return claims_of(draw(st.lists(seen(), max_size=6)))


@st.composite
def claims_of_one_key(draw: st.DrawFn) -> list[Claim]:
    """Three claims with one key: what one log reader, or one person, says of one call."""
    person = draw(st.booleans())
    said: list[Sighting] = []
    for _ in range(3):
        ids = (response("msg_1"), *draw(st.sampled_from(((), _WEAKER[:1], _WEAKER[1:3], _WEAKER[5:]))))
        if person:
            said.append(_decision(ids, draw(st.integers(0, 3)), draw(st.sampled_from(_DECISIONS))))
        else:
            said.append(_observation(draw, Source.LOG, ids))
    return claims_of([(one, OBSERVERS[0]) for one in said])
