"""RetryInfo as the agent reads it: hand-made bytes, rubbish, and what the collector writes."""

import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook_agent.retry_info import DETAILS_KEY, retry_after
from tollbook_collector.receivers.retry_info import retry_trailers

# Status{code: 14, message: "busy", details: [Any{type_url: ".../google.rpc.RetryInfo", value: RetryInfo{2 s, 0.5 s}}]}
BY_HAND = (
    b"\x08\x0e\x12\x04busy"
    b"\x1a\x36\x0a\x28type.googleapis.com/google.rpc.RetryInfo"
    b"\x12\x0a\x0a\x08\x08\x02\x10\x80\xca\xb5\xee\x01"
)


def status(*details: bytes) -> bytes:
    return b"\x08\x0e" + b"".join(b"\x1a" + bytes([len(detail)]) + detail for detail in details)


def detail(seconds: int, nanos: int = 0, kind: str = "google.rpc.RetryInfo") -> bytes:
    duration = Duration(seconds=seconds, nanos=nanos).SerializeToString()
    info = b"\x0a" + bytes([len(duration)]) + duration
    return Any(type_url=f"type.googleapis.com/{kind}", value=info).SerializeToString()


def test_hand_made_bytes() -> None:
    assert retry_after(BY_HAND) == 2.5


def test_the_right_one_of_several_details() -> None:
    assert retry_after(status(detail(99, kind="google.rpc.ErrorInfo"), detail(3))) == 3.0


@pytest.mark.parametrize("seconds", [0, 1, 300, 86_400])
def test_what_the_collector_writes_is_understood(seconds: int) -> None:
    trailers = dict(retry_trailers(seconds, "send again"))
    assert retry_after(trailers[DETAILS_KEY]) == min(seconds, 3600)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x08\x0e\x12\x04busy",
        status(detail(5, kind="google.rpc.ErrorInfo")),
        BY_HAND[:-20],
        b"\x1a\x7f\x0a",
        b"\x09" + bytes(8),
        b"\x08" + b"\xff" * 40,
        b"\xff" * 9,
    ],
)
def test_nothing_that_can_be_read_asks_for_nothing(raw: bytes) -> None:
    assert retry_after(raw) is None


def test_a_wait_below_zero_is_none() -> None:
    assert retry_after(status(detail(-5))) == 0.0


@law
@given(st.binary(max_size=80))
def test_no_bytes_can_break_it_or_make_the_agent_wait_for_ever(raw: bytes) -> None:
    for found in (retry_after(raw), retry_after(BY_HAND[: len(raw) % len(BY_HAND)] + raw)):
        assert found is None or 0.0 <= found <= 3600.0
