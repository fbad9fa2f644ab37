"""Named fields of a JSON document: as a parser would find them, in any chunks, without holding the rest."""

import json
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.capture.wire.fields import MAX_VALUE, MAX_WHOLE, Fields

PATHS = ("model", "stream", "count", "metadata.user_id", "a.b.c")
WHOLE = ("usage", "a.usage")


def read(*chunks: bytes) -> tuple[dict[str, str | int | bool], dict[str, bytes], str | None, str]:
    fields = Fields(PATHS, "test", whole=WHOLE)
    for chunk in chunks:
        fields.feed(chunk)
    problem = fields.end()
    return fields.values, fields.raw, problem and problem.reason, problem.detail if problem else ""


def test_fields_among_everything_else() -> None:
    document = (
        b'\xef\xbb\xbf { "x" : [ {"model":"no"}, "}]\\"{" ], "model":"m\\u00fc\\"x", "stream" : true,"count":-12 ,'
        b'"metadata":{"other":{"user_id":"no"},"user_id":"u"},"a":{"b":{"c":0,"d":[]},"usage":[1,{"z":"]"}]},'
        b'"usage": {"input":1, "text":"}\\\\"}} trailing'
    )
    values = {"model": 'mü"x', "stream": True, "count": -12, "metadata.user_id": "u", "a.b.c": 0}
    raw = {"usage": b'{"input":1, "text":"}\\\\"}', "a.usage": b'[1,{"z":"]"}]'}
    assert read(document) == (values, raw, None, "")
    assert read(*(bytes([byte]) for byte in document)) == (values, raw, None, "")


def test_what_is_no_scalar_is_left_out_and_the_last_of_two_counts() -> None:
    assert read(b'{"model":null,"count":1.5,"stream":{"a":1},"a":{"b":7},"usage":null}')[:3] == ({}, {}, None)
    assert read(b'{"model":"a","model":"b","count":1,"count":[],"usage":1,"usage":2}')[:3] == (
        {"model": "b"},
        {"usage": b"2"},
        None,
    )


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b'{"model":"m","messages":[{"content":"to', "json_cut_short"),
        (b'{"model":"m","x":1', "json_cut_short"),
        (b'{"model":"m",?}', "json_damaged"),
        (b'{"model":"m","x" 1}', "json_damaged"),
        (b'{"model":"m","count":zero}', "json_damaged"),
        (b'{"model":"m","count":"' + b"9" * MAX_VALUE + b'"}', "value_too_large"),
        (b'{"model":"m","usage":[' + b"1," * MAX_WHOLE + b"1]}", "value_too_large"),
    ],
)
def test_what_was_found_before_damage_is_kept(document: bytes, reason: str) -> None:
    assert read(document)[:3] == ({"model": "m"}, {}, reason)


@pytest.mark.parametrize("document", [b"", b"[]", b'"model"', b"\x1f\x8b", b"not json"])
def test_what_is_no_object(document: bytes) -> None:
    assert read(document)[:3] == ({}, {}, "json_damaged" if document else "json_cut_short")


def test_a_key_of_any_length_costs_nothing() -> None:
    assert read(b'{"model' + b"l" * 100_000 + b'":"no","\\u006dodel":"m"}')[:3] == ({"model": "m"}, {}, None)


def test_a_text_of_any_length_is_never_held() -> None:
    fields = Fields(PATHS, "test", whole=WHOLE)
    chunk = b"x" * 65_536
    tracemalloc.start()
    fields.feed(b'{"messages":["')
    for _ in range(300):
        fields.feed(chunk)
    fields.feed(b'"],"model":"m"}')
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (fields.values, fields.end()) == ({"model": "m"}, None)
    assert peak < 65_536


@pytest.mark.parametrize("paths", [("a", "a.b"), ("a.b", "a"), ("a", "a")])
def test_paths_must_not_hide_each_other(paths: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="path"):
        Fields(paths, "test")


KEYS = st.sampled_from(["model", "stream", "count", "metadata", "user_id", "a", "b", "c", "usage", 'q"\\', "", "é"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


def at(document: object, path: str) -> object:
    for key in path.split("."):
        document = document.get(key) if isinstance(document, dict) else None  # pyright: ignore
    return document  # pyright: ignore


@given(st.dictionaries(KEYS, JSON, max_size=6), st.lists(st.integers(0, 5000), max_size=20), st.booleans())
def test_a_parser_finds_the_same(document: dict[str, object], cuts: list[int], spaced: bool) -> None:
    data = json.dumps(document, indent=1 if spaced else None, ensure_ascii=spaced).encode()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    values, raw, problem, _ = read(*(data[a:b] for a, b in pairwise(edges)))
    assert problem is None
    assert values == {path: value for path in PATHS if isinstance(value := at(document, path), str | int)}
    found = {path: json.loads(value) for path, value in raw.items()}
    assert found == {path: value for path in WHOLE if (value := at(document, path)) is not None}


@given(st.binary(max_size=60), st.integers(0, 200))
def test_no_bytes_raise_and_the_cuts_do_not_matter(noise: bytes, place: int) -> None:
    good = b'{"model":"m","metadata":{"user_id":"u"},"usage":{"n":[1,"}"]}}'
    data = good[: place % len(good)] + noise
    assert read(*(bytes([byte]) for byte in data)) == read(data)
