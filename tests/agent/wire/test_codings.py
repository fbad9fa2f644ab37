"""Content codings: what went in comes out, in any chunks; bombs and damage end decoding, and never raise."""

import gzip
import zlib
from itertools import pairwise
from typing import Any, cast

import brotli  # pyright: ignore[reportMissingTypeStubs]
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.capture.wire import codings
from tollbook_agent.capture.wire.codings import decoder

PLAIN = ("Grüße ".encode() * 300 + bytes(range(256))) * 3


def raw_deflate(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(data) + deflate.flush()


def br(data: bytes) -> bytes:
    return cast(Any, brotli).compress(data)


def zstd(data: bytes) -> bytes:
    return zstandard.compress(data)


CODED = {
    "": PLAIN,
    "identity": PLAIN,
    "gzip": gzip.compress(PLAIN),
    "x-gzip": gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:]),
    "deflate": zlib.compress(PLAIN),
    "Deflate": raw_deflate(PLAIN),
    "br": br(PLAIN),
    "zstd": zstd(PLAIN),
    "ZSTD": zstd(PLAIN[:100]) + zstd(PLAIN[100:]),
    "gzip, br": br(gzip.compress(PLAIN)),
    "deflate,zstd ,, identity": zstd(zlib.compress(PLAIN)),
}


def read(coding: str | None, *chunks: bytes) -> tuple[bytes, str | None]:
    one = decoder(coding, "test")
    return b"".join(map(one.feed, chunks)), one.problem and one.problem.reason


@pytest.mark.parametrize("coding", CODED)
@pytest.mark.parametrize("size", [1, 7, 64, 1000, 10**6])
def test_what_went_in_comes_out(coding: str, size: int) -> None:
    data = CODED[coding]
    assert read(coding, *(data[at : at + size] for at in range(0, len(data), size))) == (PLAIN, None)


def test_no_header_is_no_coding() -> None:
    assert read(None, PLAIN) == (PLAIN, None)


@pytest.mark.parametrize("coding", ["aws-chunked", "gzip, compress", "gzip" + ", gzip" * 4])
def test_a_coding_that_is_not_known(coding: str) -> None:
    assert read(coding, PLAIN) == (b"", "unknown_coding")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_what_is_read_comes_before_the_cut(coding: str) -> None:
    one = decoder(coding, "test")
    found = one.feed(CODED[coding][:-9])
    assert PLAIN.startswith(found)
    assert one.problem is None


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_damage_ends_decoding(coding: str) -> None:
    data = b"\xff\xff\xff not coded at all" * 100
    assert read(coding, data, CODED[coding]) == (b"", "coding_damaged")


BOMBS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": br, "zstd": zstd}


@pytest.mark.parametrize("coding", BOMBS)
def test_a_bomb_ends_decoding(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 100_000
    monkeypatch.setattr(codings, "MAX_OUTPUT", most)
    bomb = BOMBS[coding](bytes(50 * most))
    one = decoder(coding, "test")
    assert len(one.feed(bomb)) <= most
    assert one.problem is not None
    assert one.problem.reason == "coding_bomb"
    assert one.feed(bomb) == b""


@given(
    st.sampled_from(sorted(CODED)),
    st.lists(st.integers(0, 10_000), max_size=20),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=3),
)
def test_no_bytes_raise(coding: str, cuts: list[int], changes: list[tuple[int, int]]) -> None:
    data = bytearray(CODED[coding])
    for place, byte in changes:
        data[place % len(data)] = byte
    edges = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    found, problem = read(coding, *(bytes(data[a:b]) for a, b in pairwise(edges)))
    if bytes(data) == CODED[coding]:
        assert (found, problem) == (PLAIN, None)
    else:
        assert problem in (None, "coding_damaged", "coding_bomb", "unknown_coding")
