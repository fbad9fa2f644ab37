"""A JSON array that grows is cut into its objects as a parser would see them, wherever its bytes are cut."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook_agent.capture.wire.gemini_objects import Objects

texts = st.text(st.characters(codec="utf-8") | st.sampled_from('"\\{}[],:'), max_size=12)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=4)


@law
@given(data=st.data(), sent=st.lists(objects, max_size=5), indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_the_objects_come_back(
    data: st.DataObject, sent: list[dict[str, Any]], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(sent, indent=indent, ensure_ascii=ascii_only).encode()
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    cutter = Objects()
    found: list[bytes] = []
    for left, right in zip([0, *places], [*places, len(text)], strict=True):
        found += cutter.feed(text[left:right])
    assert [json.loads(one) for one in found] == sent
    assert cutter.skipped == 0


def test_one_object_alone_is_one() -> None:
    assert Objects().feed(b'\n {"a": {"b": "}"}} ') == [b'{"a": {"b": "}"}}']


def test_a_torn_object_is_not_given() -> None:
    assert Objects().feed(b'[{"a":1},{"b":') == [b'{"a":1}']


def test_a_large_object_is_passed_over() -> None:
    cutter = Objects(max_object=20)
    found = cutter.feed(b'[{"a":"' + b"x" * 30) + cutter.feed(b'"},{"b":"}"}]')
    assert found == [b'{"b":"}"}']
    assert cutter.skipped == 1
