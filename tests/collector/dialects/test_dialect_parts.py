"""The parts all dialects share: counting, who bills, whom a call was made for, and the ids of a call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.identity import Id
from tollbook.problem import Problem
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Channel, Evidence, IdKind, Provider, Source
from tollbook_collector.receivers.dialects import provider_block
from tollbook_collector.receivers.dialects.business import email_of, listed, tags_of, work_of
from tollbook_collector.receivers.dialects.call import Told, sighting_of
from tollbook_collector.receivers.dialects.counting import Counting, Reported, usage_of
from tollbook_collector.receivers.dialects.payer import payer_of
from tollbook_collector.receivers.plain import Record, Signal

_count = st.integers(0, 10**9)
_usages = st.builds(
    lambda fresh, read, five, one, rest, output, part: Usage(
        input=fresh,
        cache_read=read,
        cache_write_5m=five,
        cache_write_1h=one,
        cache_write=rest,
        output=output,
        reasoning=min(part, output),
    ),
    *[_count] * 7,
)


def reported(usage: Usage, *, inclusive: bool) -> Reported:
    cached = usage.cache_read + usage.cache_write_total
    return Reported(
        input=usage.input + (cached if inclusive else 0),
        output=usage.output,
        cache_read=usage.cache_read,
        cache_write=usage.cache_write_total,
        cache_write_5m=usage.cache_write_5m,
        cache_write_1h=usage.cache_write_1h,
        reasoning=usage.reasoning,
    )


@given(_usages)
def test_either_way_of_counting_gives_the_same_usage(usage: Usage) -> None:
    assert usage_of(reported(usage, inclusive=True), Counting.INCLUSIVE) == usage
    assert usage_of(reported(usage, inclusive=False), Counting.EXCLUSIVE) == usage


@given(_usages)
def test_numbers_prove_exclusive_counting_or_the_convention_holds(usage: Usage) -> None:
    assert usage_of(reported(usage, inclusive=True), Counting.UNSAID) == usage
    if usage.cache_read + usage.cache_write_total > usage.input:
        assert usage_of(reported(usage, inclusive=False), Counting.UNSAID) == usage


def test_a_total_that_adds_the_caches_proves_exclusive_counting() -> None:
    told = Reported(input=5000, output=25, cache_read=2000, total=7025)
    assert usage_of(told, Counting.UNSAID) == Usage(input=5000, cache_read=2000, output=25)
    told = Reported(input=5000, output=25, cache_read=2000, total=5025)
    assert usage_of(told, Counting.UNSAID) == Usage(input=3000, cache_read=2000, output=25)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (Reported(input=10, cache_read=11), "cache_exceeds_input"),
        (Reported(input=10, output=3, reasoning=4), "reasoning_exceeds_output"),
        (Reported(input=-1), "count_out_of_range"),
        (Reported(output=10**12), "count_out_of_range"),
    ],
)
def test_counts_that_contradict_are_a_problem_and_never_clamped(told: Reported, reason: str) -> None:
    found = usage_of(told, Counting.INCLUSIVE)
    assert isinstance(found, Problem)
    assert (found.reason, found.permanent) == (reason, True)


def test_absent_counts_are_unknown_and_not_zero() -> None:
    assert usage_of(Reported(cache_read=5), Counting.INCLUSIVE) is None
    assert usage_of(Reported(input=0), Counting.INCLUSIVE) == Usage()


def test_a_providers_own_block_says_how_it_counts() -> None:
    anthropic = {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": None,
    }
    assert provider_block.reported(anthropic) == (Reported(input=1, output=2, cache_read=3), Counting.EXCLUSIVE)
    responses = {"input_tokens": 9, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 3}}
    assert provider_block.reported(responses) == (Reported(input=9, output=2, cache_read=3), Counting.INCLUSIVE)
    chat = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": None}
    assert provider_block.reported(chat) == (Reported(input=9, output=2), Counting.INCLUSIVE)
    assert provider_block.reported({"input_tokens": 9}) is None


@pytest.mark.parametrize(
    ("named", "host", "model", "channel", "provider"),
    [
        ("anthropic", None, None, Channel.ANTHROPIC, Provider.ANTHROPIC),
        ("Anthropic", None, None, Channel.ANTHROPIC, Provider.ANTHROPIC),
        ("anthropic.messages", None, None, Channel.ANTHROPIC, Provider.ANTHROPIC),
        ("openai.responses", None, "gpt-5", Channel.OPENAI, Provider.OPENAI),
        ("aws.bedrock", None, "us.anthropic.claude-opus-4-5", Channel.BEDROCK, Provider.ANTHROPIC),
        ("google.vertex.chat", None, "gemini-2.5-pro", Channel.VERTEX, Provider.GOOGLE),
        ("gcp.anthropic", None, "x", Channel.VERTEX, Provider.ANTHROPIC),
        ("azure-openai.chat", None, "my-deployment", Channel.AZURE, Provider.OPENAI),
        ("mistral_ai", None, "mistral-large", Channel.OTHER, None),
        ("openai", "my-unit.openai.azure.com", "gpt-5", Channel.AZURE, Provider.OPENAI),
        ("openai", "gateway.example", "gpt-5", Channel.OPENAI, Provider.OPENAI),
        (None, "eu.api.openai.com", "gpt-5", Channel.OPENAI, Provider.OPENAI),
        (None, None, "bedrock/us.anthropic.claude-x", Channel.BEDROCK, Provider.ANTHROPIC),
        (None, None, "claude-sonnet-5", None, Provider.ANTHROPIC),
        (None, None, None, None, None),
    ],
)
def test_who_bills(
    named: str | None, host: str | None, model: str | None, channel: Channel | None, provider: Provider | None
) -> None:
    payer = payer_of(named, host, model)
    assert (payer.channel, payer.provider) == (channel, provider)


def test_a_host_tells_the_region_and_a_shape_is_weaker_than_a_name() -> None:
    assert payer_of(None, "bedrock-runtime.eu-west-3.amazonaws.com").region == "eu-west-3"
    assert payer_of(None, "europe-west1-aiplatform.googleapis.com").region == "europe-west1"
    assert payer_of(None, "aiplatform.googleapis.com").region is None
    assert payer_of("bedrock", None).basis is Basis.OBSERVED
    assert payer_of(None, None, "vertex_ai/claude").basis is Basis.SHAPE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("authorization", "x"), ("my_api_key", "x"), ("x-api-key", "x"), ("refresh_token", "x"), ("prompt", "x")),
        *(("note", "sk-abc"), ("note", "Bearer x"), ("note", "eyJhbGci"), ("note", "ghp_x"), ("note", "/home/dev")),
        *(("note", "C:\\x"), ("note", "~/x"), ("note", "https://user:pw@host"), ("note", "x" * 257), ("n" * 65, "x")),
        *(("requester_ip_address", "10.0.0.1"), ("note", ""), ("note", None), ("note", ["x"]), ("cwd", "x")),
    ],
)
def test_what_may_be_a_secret_content_or_a_path_is_no_tag(name: str, value: object) -> None:
    assert tags_of([(name, value), ("kept", "x")]) == {"kept": "x"}


def test_tags_and_tickets_of_lists_and_names() -> None:
    tags = tags_of(listed(["PAY-1", "env:prod", "team=search", "rag", "UTF-8", 5]))
    assert tags == {"PAY-1": "true", "env": "prod", "team": "search", "rag": "true", "UTF-8": "true"}
    work = work_of(Evidence.METADATA, {**tags, "jira": "OPS-2 and PAY-1"})
    assert work.tickets is not None
    assert (work.tickets.value, work.team and work.team.value) == ("OPS-2 PAY-1", "search")
    assert work_of(Evidence.METADATA, {"note": "PAY-1"}).tickets is None


def test_a_user_without_an_address_names_nobody() -> None:
    work = work_of(Evidence.GATEWAY_KEY, {}, user="u-1")
    assert (work.engineer, work.tags["user"].value) == (None, "u-1")
    assert email_of(None, "u-1", " a@b.c", "Ada@Example.com") == "ada@example.com"


def record(**more: object) -> Record:
    base = {"signal": Signal.TRACES, "name": "chat", "scope": "", "resource": {}, "attributes": {}}
    times = {"started_at": 10**18, "ended_at": 10**18 + 1}
    return Record(**(base | times | more))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("told", "ids"),
    [
        ({"response_id": "msg_1"}, [(IdKind.RESPONSE, "msg_1")]),
        ({"response_id": "req_1"}, [(IdKind.REQUEST, "req_1")]),
        ({"request_id": "msg_1"}, [(IdKind.RESPONSE, "msg_1")]),
        ({"response_id": "7", "gateway_call": "litellm:a"}, [(IdKind.GATEWAY_CALL, "litellm:a")]),
        ({"response_id": "0123456789abcdef"}, [(IdKind.RESPONSE, "0123456789abcdef")]),
        ({"client_request_id": "c"}, [(IdKind.DERIVED, "span:aa:bb")]),
        ({"client_request_id": "c", "provider": "anthropic"}, [(IdKind.CLIENT_REQUEST, "c")]),
        ({"gateway_call": "litellm:a", "usage": None}, []),
        ({"usage": None}, []),
        ({"anonymous": True}, []),
        ({"response_id": "msg_ with blanks", "anonymous": True}, []),
        ({"response_id": "msg_" + "x" * 200, "anonymous": True}, []),
    ],
)
def test_the_ids_of_a_call(told: dict[str, object], ids: list[tuple[IdKind, str]]) -> None:
    one = Told(**({"source": Source.GATEWAY, "usage": Usage(input=1)} | told))  # pyright: ignore[reportArgumentType]
    found = sighting_of(record(trace_id="aa", span_id="bb"), one)
    assert not isinstance(found, Problem)
    assert list(found.ids) == [Id(*each) for each in ids]


@pytest.mark.parametrize("times", [{"started_at": 0, "ended_at": 0}, {"ended_at": 2**63}])
def test_a_record_without_a_time_that_can_be_is_a_problem(times: dict[str, int]) -> None:
    found = sighting_of(record(**times), Told(source=Source.OTEL, usage=None))
    assert isinstance(found, Problem)
    assert found.reason == "record_without_time"
