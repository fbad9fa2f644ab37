"""Rows and rules for tests of allocation: made by hand, and drawn at random."""

from typing import Any

from hypothesis import strategies as st

from tollbook.answer import day_number
from tollbook_collector.allocate.order import needs
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import (
    By,
    Condition,
    Constant,
    Copy,
    Days,
    Dimension,
    Entry,
    Even,
    Find,
    Fixed,
    Grain,
    Lookup,
    Origin,
    Proportional,
    Rule,
    RuleSet,
    Source,
    Split,
    Stream,
    Streamed,
    Test,
    Yield,
)

FIRST = day_number("2026-09-29")
"""Random rows lie on this day and the five after it: two months."""
TEXTS = ("ada", "ben", "éva", "a", "a_b", "a%b", "PAY-1", "PAY-", "-7", "A-B-2", "x\\y", "𝛼b", "🧑🏽‍💻x")
VALUES = ("p", "q", "r", "ö", "🙂")
_NAMES = ("d_one", "d_two", "d_three")
_ROW_SOURCES = ("engineer", "repo", "ticket", "untracked")


def row(day: str = "2026-10-05", **values: Any) -> AllocationRow:
    """A row of one day, a dollar's worth unless it says otherwise."""
    defaults: dict[str, Any] = {
        "channel": "anthropic",
        "model": "claude-sonnet-5",
        "token_class": "output",
        "list_nano_usd": 10**9,
    }
    return AllocationRow(day=day_number(day), **defaults | values)


texts = st.sampled_from(TEXTS)
maybe_text = st.none() | texts
amounts = st.integers(-(10**12), 10**12) | st.integers(-5, 5) | st.sampled_from([2**63 - 1, -(2**63)])
days = st.integers(FIRST, FIRST + 5)


@st.composite
def rows(draw: st.DrawFn) -> AllocationRow:
    billed = draw(st.none() | amounts)
    return AllocationRow(
        day=draw(days),
        channel=draw(st.sampled_from(["anthropic", "openai"])),
        model="m",
        token_class="output",
        engineer=draw(maybe_text),
        repo=draw(maybe_text),
        ticket=draw(maybe_text),
        tags=draw(st.sampled_from([(), (("team", "p"),), (("team", "q"), ("z", "a"))])),
        untracked=draw(st.booleans()),
        calls=draw(st.integers(0, 3)),
        tokens=draw(st.integers(0, 1000)),
        list_nano_usd=draw(amounts),
        billed_nano_usd=billed,
        effective_nano_usd=draw(st.just(billed) if billed is None else st.just(billed) | amounts),
    )


@st.composite
def spans(draw: st.DrawFn) -> Days:
    start = draw(st.none() | days)
    end = draw(st.none() | days)
    return Days(start, None if end is None or (start is not None and end <= start) else end)


@st.composite
def conditions(draw: st.DrawFn, dimensions: tuple[str, ...]) -> Condition:
    source = draw(sources(dimensions))
    test = Test.PRESENT if source.name == "untracked" else draw(st.sampled_from(list(Test)))
    patterns = texts | st.sampled_from(["a*", "?", "*%*", "*_b", "?da", "*\\*", "", "-"])
    known = st.lists(patterns | st.sampled_from(VALUES), min_size=1, max_size=3)
    values = () if test is Test.PRESENT else tuple(draw(known))
    return Condition(source=source, test=test, values=values, negated=draw(st.booleans()))


@st.composite
def sources(draw: st.DrawFn, dimensions: tuple[str, ...]) -> Source:
    found = [Source(Origin.ROW, name) for name in _ROW_SOURCES]
    found += [Source(Origin.TAG, "team"), Source(Origin.PROJECT, "ticket")]
    found += [Source(Origin.DIMENSION, name) for name in dimensions] * 2
    return draw(st.sampled_from(found))


@st.composite
def yields(draw: st.DrawFn, dimensions: tuple[str, ...]) -> Yield:
    source = draw(sources(dimensions).filter(lambda each: each.name != "untracked"))
    return draw(
        st.one_of(
            st.builds(Constant, value=st.sampled_from(VALUES)),
            st.just(Copy(source=source)),
            st.just(Find(lookup="table", column=draw(st.sampled_from(["c", "d"])), on=source)),
        )
    )


@st.composite
def lookups(draw: st.DrawFn) -> Lookup:
    """A table whose entries hold before, after, or before and after a day."""
    entries: dict[str, tuple[Entry, ...]] = {}
    for key in draw(st.sets(texts | st.sampled_from(VALUES), max_size=6)):
        change = draw(st.none() | days)
        ends = [Days()] if change is None else [Days(None, change), Days(change, None)]
        values = st.dictionaries(st.sampled_from(["c", "d"]), st.sampled_from(VALUES))
        entries[key] = tuple(Entry(each, draw(values), 1) for each in ends if draw(st.integers(0, 3)))
    return Lookup(name="table", columns=("c", "d"), entries=entries)


def _by(draw: st.DrawFn) -> By:
    some = tuple(draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=4, unique=True)))
    weights = {value: draw(st.integers(0, 10**12)) for value in some}
    return draw(
        st.sampled_from(
            [
                Even(values=some),
                Even(of=("table", "c")),
                Fixed(weights=weights),
                Streamed(stream="orders"),
                Proportional(values=some, measure="list", grain=Grain.MONTH),
                Proportional(values=(), measure="billed", grain=Grain.DAY),
            ]
        )
    )


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """Any rules at all that can be worked out, cyclic splits among them: what engines must agree on is wider."""
    dimensions: list[Dimension] = []
    for place, name in enumerate(_NAMES):
        known = _NAMES[:place]
        rules = [
            Rule(
                id=f"{name}.{number}",
                when=tuple(draw(st.lists(conditions(known), max_size=2))),
                gives=draw(yields(known)),
                days=draw(spans()),
                line=number,
            )
            for number in range(draw(st.integers(0, 3)))
        ]
        default = draw(st.none() | st.sampled_from(VALUES))
        dimensions.append(Dimension(name=name, rules=tuple(rules), default=default))
    assert not needs(dimensions[0])
    splits = tuple(
        Split(
            id=f"s{number}",
            pool=tuple(draw(st.lists(conditions(_NAMES), min_size=1, max_size=2))),
            to=draw(st.sampled_from(_NAMES)),
            by=_by(draw),
            even_if_empty=draw(st.booleans()),
            days=draw(spans()),
            line=number,
        )
        for number in range(draw(st.integers(0, 3)))
    )
    figures = {day: {"p": draw(st.integers(0, 9)), "ö": draw(st.integers(0, 9))} for day in (FIRST, FIRST + 3)}
    return RuleSet(
        name="rules.yaml",
        dimensions=tuple(dimensions),
        splits=splits,
        lookups={"table": draw(lookups())},
        streams={"orders": Stream(name="orders", grain=Grain.DAY, weights=figures)},
    )
