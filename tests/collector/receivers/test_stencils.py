"""Sessions that differ in what they say of themselves alone are read by a stencil, and read as ever."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collector.claim_maker import make_claim, make_span
from tests.support.law import law
from tests.support.strange_claims import odd_text, strange_claims
from tollbook import attributes as names
from tollbook.canonical import write
from tollbook.claim import Claim, Register
from tollbook.span_stencil import open_attributes
from tollbook_collector.receivers import alike, spans
from tollbook_collector.receivers.alike import Alike
from tollbook_collector.receivers.envelope import Part
from tollbook_collector.receivers.spans import Read, read_spans
from tollbook_collector.shapes import Shapes

HOSTILE: tuple[bytes, ...] = tuple(
    map(
        bytes.fromhex,
        (
            "",  # no value at all
            "1200",  # a value of no type
            "12020a00",  # an empty text
            "1204 0a02 6162",  # ab
            "1203 0a01 00",  # NUL
            "1203 0a01 ff",  # not UTF-8
            "1205 0a03 eda080",  # a surrogate
            "1204 0a02 c080",  # NUL in two bytes
            "1204 0a03 6162",  # too short by a byte
            "1204 0a01 6162",  # too long by one
            "1205 0a8200 6162",  # a length in two bytes
            "128400 0a02 6162",  # another
            "1206 0a01 61 0a01 62",  # said twice
            "1207 0a03 2f252f 1805",  # a text, and a number after it
            "1202 1805",  # a number
            "1203 188500",  # a number in two bytes
            "120b 18ffffffffffffffffff01",  # -1
            "120b 1880808080808080808001",  # the least number
            "1202 1001",  # a truth
            "1206 0a04 25732525",  # what Python formats
            "1208 0a06 5c7530303030",  # what JSON escapes
            "1206 0a04 c3a42f22",  # more than ASCII
            "12cd01 0aca01" + "78" * 202,  # a long text
        ),
    )
)
"""Values, each with the tag of its field."""


@contextmanager
def fresh() -> Generator[Alike]:
    with pytest.MonkeyPatch.context() as patch:
        memory = Alike()
        patch.setattr(spans, "_ALIKE", memory)
        yield memory


def attributes_of(claim: Claim) -> list[bytes]:
    return [each.SerializeToString() for each in make_span(claim).attributes]


def span_of(claim: Claim, attributes: Sequence[bytes]) -> bytes:
    bare = make_span(claim)
    del bare.attributes[:]
    return bare.SerializeToString() + b"".join([b"\x4a" + _length(each) + each for each in attributes])


def _length(raw: bytes) -> bytes:
    size = len(raw)
    return bytes((size,)) if size < 0x80 else bytes((size & 0x7F | 0x80, size >> 7))


def _key(attribute: bytes) -> str:
    return attribute[2 : 2 + attribute[1]].decode()


def hostile(claim: Claim, choice: Random) -> bytes:
    """Its span with some of what its session says written in another way, lost, doubled or moved."""
    attributes = attributes_of(claim)
    opened = open_attributes([*map(_key, attributes)])
    for place in [place for place, each in enumerate(attributes) if _key(each) in opened]:
        if choice.random() < 0.4:
            size = 2 + attributes[place][1]
            attributes[place] = attributes[place][:size] + choice.choice(HOSTILE)
    place = choice.randrange(len(attributes))
    match choice.randrange(6):
        case 0:
            del attributes[place]
        case 1:
            attributes.insert(choice.randrange(len(attributes)), attributes[place])
        case 2:
            attributes.insert(choice.randrange(len(attributes)), attributes.pop(place))
        case _:
            pass
    return span_of(claim, attributes)


def read(raw: bytes) -> Read:
    return read_spans([Part(resource=b"", spans=(raw,))])


def told(found: Read, shapes: Shapes) -> object:
    """All that anybody can see of what was read."""
    return found, [(shapes.write(each), list(each.fields)) for each in found.claims]


def anew(raw: bytes) -> object:
    with fresh():
        found = read(raw)
    return found, [(write(each), list(each.fields)) for each in found.claims]


def another_session(claim: Claim, text: Callable[[], str]) -> Claim:
    """The same of another session: every text of it that may differ is another one."""
    kept = {"tool", "channel", "provider", "billing", "purpose"}
    fields = {
        name: register if name in kept or not isinstance(register.value, str) else register._replace(value=text())
        for name, register in claim.fields.items()
    }
    return replace(claim, fields=fields)


@law
@given(st.lists(strange_claims(), min_size=1, max_size=2), st.randoms(use_true_random=False), st.data())
def test_a_hostile_session_reads_the_same_whatever_was_read_before(
    some: list[Claim], choice: Random, data: st.DataObject
) -> None:
    some = [*some, make_claim(1), make_claim(2)]
    raws = [span_of(claim, attributes_of(claim)) for claim in some]
    others = [another_session(claim, lambda: data.draw(odd_text)) for claim in some]
    raws += [span_of(claim, attributes_of(claim)) for claim in others]
    raws += [hostile(choice.choice(some), choice) for _ in range(12)]
    raws += raws[:4]
    shapes = Shapes()
    with fresh():
        remembered = [told(read(raw), shapes) for raw in raws]
    assert remembered == [anew(raw) for raw in raws]


def sessions(count: int, **more: Register) -> list[Claim]:
    """First calls of as many sessions, which differ in all that sessions may differ in."""
    claims: list[Claim] = []
    for number in range(count):
        claim = make_claim(7)
        order = claim.fields["session_id"].order
        said = {
            name: claim.fields[name]._replace(value=f"{name}-{number}/x")
            for name in ("session_id", "engineer", "device", "repo", "branch", "tag.team-color")
        }
        said |= {name: register._replace(order=order) for name, register in more.items()}
        claims.append(replace(claim, fields={**claim.fields, **said}))
    return claims


@contextmanager
def counted() -> Generator[list[object]]:
    """What is read in full meanwhile."""
    whole: list[object] = []
    read_whole = spans._read_whole  # pyright: ignore[reportPrivateUsage]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "_read_whole", lambda *given: whole.append(given) or read_whole(*given))
        yield whole


def test_of_sessions_that_differ_in_themselves_alone_one_is_read_in_full() -> None:
    claims = sessions(20)
    with fresh() as memory, counted() as whole:
        assert [read(span_of(each, attributes_of(each))).claims for each in claims] == [(each,) for each in claims]
        assert len(whole) == 1
        assert len(memory) == 20, "each is known from then on"


def test_what_a_call_cost_is_read_and_not_remembered() -> None:
    claims = [sessions(1, reported_cost_nano_usd=Register(0, 0, 5 * number - 9))[0] for number in range(20)]
    with fresh() as memory, counted() as whole:
        assert [read(span_of(each, attributes_of(each))).claims for each in claims] == [(each,) for each in claims]
        assert len(whole) == 1
        assert len(memory) == 0


def test_a_long_branch_is_read_in_full_once() -> None:
    (claim,) = sessions(1)
    long = replace(claim, fields={**claim.fields, "branch": claim.fields["branch"]._replace(value="b" * 200)})
    with fresh(), counted() as whole:
        for _ in range(5):
            assert read(span_of(long, attributes_of(long))).claims == (long,)
        assert len(whole) == 1


def test_an_order_that_a_field_names_itself_is_not_that_of_the_next_span() -> None:
    claim = make_claim(1)
    first, later = make_span(claim), make_span(claim)
    order = claim.fields["branch"].order
    for span in (first, later):
        for attribute in span.attributes:
            if attribute.key == names.KNOWN:
                said = attribute.value.string_value
                attribute.value.string_value = said.replace('["reflog"]', f'["reflog",{order}]')
                assert attribute.value.string_value != said
            if attribute.key == names.ORDER and span is later:
                attribute.value.int_value = order - 1
    with fresh():
        read(first.SerializeToString())
        (found,) = read(later.SerializeToString()).claims
    assert (found.fields["branch"].order, found.fields["session_id"].order) == (order, order - 1)


def test_what_is_remembered_of_many_stencils_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "MAX_STENCILS", 3)
    claim = make_claim(1)
    with fresh() as memory:
        for number in range(20):
            model = claim.fields["model"]._replace(value=f"model-{number}")
            other = replace(claim, fields={**claim.fields, "model": model})
            assert read(span_of(other, attributes_of(other))).claims == (other,)
        assert 1 <= memory.stencils <= 2 * 3, "two generations"
