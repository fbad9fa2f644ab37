"""What a stencil gives is what the codec gives, text for text; where it cannot tell, it gives nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tests.support.strange_claims import odd_text, strange_claims
from tollbook import attributes as names
from tollbook.canonical import write_fields
from tollbook.claim import Claim
from tollbook.span_stencil import Stencil, names_no_order, open_attributes
from tollbook.spans import decode, encode

OTHERS = odd_text | st.text(max_size=5) | st.integers(-(2**63), 2**63 - 1) | st.sampled_from(("%s", "%%", "\\u0000"))
"""What another session may say, NUL and lone surrogates among it."""


def decoded(attributes: dict[str, Any]) -> Claim | None:
    found = decode(attributes, 1, 2, "here")
    return found if isinstance(found, Claim) else None


@law
@given(strange_claims(), st.data())
def test_a_stencil_gives_what_the_codec_gives(claim: Claim, data: st.DataObject) -> None:
    attributes = dict(encode(claim).attributes)
    order = attributes[names.ORDER]
    first = decoded(attributes)
    assert first is not None
    if any(register.order != order for register in first.fields.values()):
        return
    opened = open_attributes(tuple(attributes))
    others = {name: data.draw(OTHERS | st.just(attributes[name])) for name in opened}
    filled = Stencil(first, opened).fill([others[name] for name in opened])
    expected = decoded(attributes | others)
    if filled is None:
        odd = [value for value in others.values() if not isinstance(value, str) or {"\0", "\\"} & {*value}]
        assert expected is None or odd, "only what is strange is left to the codec"
    elif any(0xD800 <= ord(each) <= 0xDFFF for value in others.values() for each in str(value)):
        assert expected is None, "no UTF-8 holds it, so that nobody asks"
    else:
        assert expected is not None
        assert list(filled.entries.items()) == [
            (name, (rank, value)) for name, (rank, _, value) in expected.fields.items()
        ]
        assert filled.text == write_fields(expected.fields, int(order))


def test_what_is_said_twice_is_not_open() -> None:
    keys = (names.SESSION_ID, names.BRANCH, names.SESSION_ID, names.TAG_PREFIX + "a", names.CHANNEL)
    assert open_attributes(keys) == (names.BRANCH, names.TAG_PREFIX + "a")


@pytest.mark.parametrize(
    ("keys", "opened"),
    [
        ((names.OWNER, names.REPOSITORY), (names.REPOSITORY, names.OWNER)),
        ((names.REPOSITORY,), (names.REPOSITORY,)),
        ((names.OWNER,), ()),
        ((names.OWNER, names.REPOSITORY, names.OWNER), ()),
        ((names.OWNER, names.REPOSITORY, names.REPOSITORY), ()),
    ],
)
def test_owner_and_repository_are_open_together(keys: tuple[str, ...], opened: tuple[str, ...]) -> None:
    assert open_attributes(keys) == opened


@pytest.mark.parametrize(
    ("known", "plain"),
    [
        (None, True),
        ("{}", True),
        ('{"branch":["head"],"repo":["log"]}', True),
        ('{"branch":["head",-5],"repo":["log"]}', False),
        ('{"stranger":5}', False),
        ('{"stranger":"x"}', False),
    ],
)
def test_an_order_of_its_own_is_seen(known: str | None, plain: bool) -> None:
    assert names_no_order(known) is plain


PLAIN: dict[str, Any] = {
    names.SCHEMA: 1,
    names.CLAIM: "laptop proxy response msg_1",
    names.RESPONSE_ID: "msg_1",
    names.QUALITY: "final",
    names.READER_EPOCH: 1,
    names.ORDER: -1,
    names.REPOSITORY: "tool",
    names.OWNER: "acme",
    names.REPORTED_COST: 5,
    names.TAG_PREFIX + '100%s"': "blue",
    names.REQUEST_MODEL: "50%d",
    names.KNOWN: '{"repo":["log"],"tag.100%s\\"":["person"]}',
}


def filled_and_decoded(others: dict[str, Any]) -> tuple[str | None, str | None]:
    """The text of the fields of a span that says this instead, by the stencil and by the codec."""
    first, expected = decoded(PLAIN), decoded(PLAIN | others)
    assert first is not None
    opened = open_attributes(tuple(PLAIN))
    filled = Stencil(first, opened).fill([(PLAIN | others)[name] for name in opened])
    return filled and filled.text, expected and write_fields(expected.fields, -1)


@pytest.mark.parametrize("others", [{}, {names.REPORTED_COST: -(2**63) + 1}, {names.TAG_PREFIX + '100%s"': "%"}])
def test_a_text_with_what_python_formats_is_as_good_as_another(others: dict[str, Any]) -> None:
    text, expected = filled_and_decoded(others)
    assert text is not None
    assert text == expected


@pytest.mark.parametrize(
    "others",
    [
        {names.OWNER: 5},
        {names.REPOSITORY: 5},
        {names.REPORTED_COST: "5"},
        {names.REPORTED_COST: -(2**63)},
        {names.TAG_PREFIX + '100%s"': 5},
        {names.OWNER: "ac\0me"},
    ],
)
def test_what_the_codec_refuses_is_left_to_it(others: dict[str, Any]) -> None:
    assert filled_and_decoded(others) == (None, None)
