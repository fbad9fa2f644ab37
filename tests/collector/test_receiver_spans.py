"""From the bytes of a request to claims: equal to the codec's own decoding, bounded, and blind to content."""

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.claim_maker import add_attributes, make_claim, make_request, make_span, request_of
from tollbook import attributes as names
from tollbook.problem import Problem
from tollbook.vocabulary import Source
from tollbook_collector.receivers.envelope import MAX_SPANS, Part, open_envelope
from tollbook_collector.receivers.spans import MAX_SPAN_BYTES, Read, read_spans


def opened(raw: bytes) -> tuple[Part, ...]:
    parts = open_envelope(raw)
    assert not isinstance(parts, Problem)
    return parts


def read(raw: bytes) -> Read:
    return read_spans(opened(raw))


def reasons(raw: bytes) -> list[str]:
    return [problem.reason for problem in read(raw).problems]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from([Source.PROXY, Source.LOG])), max_size=20))
def test_every_claim_comes_back_whole(numbers: list[tuple[int, Source]]) -> None:
    claims = tuple(make_claim(number, source) for number, source in numbers)
    assert read(request_of(claims)) == Read(claims=claims, problems=())


def test_requests_joined_as_bytes_are_one_request() -> None:
    joined = request_of([make_claim(1)]) + request_of([make_claim(2)])
    assert len(opened(joined)) == 2
    assert read(joined).claims == (make_claim(1), make_claim(2))


def test_the_resource_adds_what_the_span_does_not_say() -> None:
    span = make_span(make_claim(1))
    moved = {names.SCHEMA: 1, names.SOURCE: "proxy", names.CHANNEL: "bedrock"}
    kept = [attribute for attribute in span.attributes if attribute.key != names.SCHEMA]
    del span.attributes[:]
    span.attributes.extend(kept)
    assert read(make_request([span], resource=moved)).claims == (make_claim(1),)


def test_one_bad_span_does_not_hold_up_the_others() -> None:
    bad = make_span(make_claim(2))
    add_attributes(bad, {names.QUALITY: "excellent"})
    raw = make_request([make_span(make_claim(1)), bad, make_span(make_claim(3))])
    assert read(raw).claims == (make_claim(1), make_claim(3))
    assert reasons(raw) == ["span_malformed"]


def test_a_span_of_another_emitter_has_no_dialect() -> None:
    span = Span(name="chat gpt-4")
    add_attributes(span, {"gen_ai.request.model": "gpt-4"})
    assert reasons(make_request([span])) == ["no_dialect"]


def test_values_of_other_types_are_refused_where_they_are_read() -> None:
    harmless, wrong = make_span(make_claim(1)), make_span(make_claim(2))
    add_attributes(harmless, {"gen_ai.request.temperature": 0.5, "gen_ai.request.stream": True})
    add_attributes(wrong, {names.SESSION_ID: 0.5})
    raw = make_request([harmless, wrong])
    assert read(raw).claims == (make_claim(1),)
    assert reasons(raw) == ["value_of_wrong_type"]


def test_empty_texts_and_zeros_are_values() -> None:
    span = make_span(make_claim(1))
    add_attributes(span, {names.SPEED: "", names.USAGE_PREFIX + "input": 0})
    (claim,) = read(make_request([span])).claims
    assert claim.fields["speed"].value == ""
    assert claim.totals is not None
    assert claim.totals.input == 0


def test_no_content_is_read_even_from_a_refused_span() -> None:
    secret = "correct horse battery staple"
    good, bad = make_span(make_claim(1)), make_span(make_claim(2))
    for span in (good, bad):
        content = (
            "gen_ai.input.messages",
            "gen_ai.output.messages",
            "prompt",
            "gen_ai.prompt.0.content",
            "input.value",
        )
        add_attributes(span, dict.fromkeys(content, secret))
        span.status.message = secret
        span.events.add(name=secret)
    add_attributes(bad, {names.USAGE_PREFIX + "output": secret, names.QUALITY: secret})
    found = read(make_request([good, bad]))
    assert len(found.claims) == len(found.problems) == 1
    assert secret not in repr(found)


def test_a_span_full_of_content_is_refused_by_its_size() -> None:
    span = make_span(make_claim(1))
    add_attributes(span, {"gen_ai.input.messages": "x" * MAX_SPAN_BYTES})
    assert reasons(make_request([span, make_span(make_claim(2))])) == ["span_too_large"]


def test_bytes_that_are_no_span_or_no_resource() -> None:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend([make_span(make_claim(1))])
    whole = request.SerializeToString()
    assert reasons(whole.replace(b"gen_ai.response.id", b"gen_ai.response.\xff\xfe")) == ["span_not_protobuf"]
    broken = make_request([make_span(make_claim(1))], resource={"service.name": "??"}).replace(b"??", b"\xff\xfe")
    assert reasons(broken) == ["resource_not_protobuf"]
    large = make_request([make_span(make_claim(1))], resource={"process.command_args": "x" * 70_000})
    assert reasons(large) == ["resource_too_large"]


def test_what_is_no_request_is_a_problem() -> None:
    refused = open_envelope(b"GET / HTTP/1.1\r\n")
    assert isinstance(refused, Problem)
    assert refused.reason == "not_otlp"
    assert open_envelope(b"") == ()


def test_a_bomb_of_empty_spans_is_counted_not_parsed() -> None:
    for raw in (make_request([Span()] * (MAX_SPANS + 1)), b"\x0a\x02\x12\x00" * 5_000, b"\x0a\x00" * 5_000):
        refused = open_envelope(raw)
        assert isinstance(refused, Problem)
        assert refused.reason == "too_many_spans"
