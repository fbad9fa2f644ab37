"""From a rules file's tree to splits."""

from collections.abc import Mapping

from tollbook_collector.allocate.read_dimension import read_conditions
from tollbook_collector.allocate.reading import MOST_VALUES, Reading
from tollbook_collector.allocate.rows import MEASURES
from tollbook_collector.allocate.rules import (
    By,
    Even,
    Fixed,
    Grain,
    Lookup,
    Proportional,
    Split,
    Stream,
    Streamed,
)
from tollbook_collector.allocate.yaml_tree import Items, Map, Scalar, Value
from tollbook_collector.nearest import suggestion

LARGEST_WEIGHT = 10**12
_BY = ("even", "fixed", "proportional", "stream")
_KEYS = ("id", "pool", "to", *_BY, "if_empty", "valid_from", "valid_to")
_GRAINS = tuple(grain.value for grain in Grain)


def read_split(
    reading: Reading, item: Value, lookups: Mapping[str, Lookup], streams: Mapping[str, Stream]
) -> Split | None:
    """One split: a pool, a dimension to split it over, and by what."""
    at = reading.map(item, item.line, "a split")
    if at is None:
        return None
    reading.keys(at, _KEYS)
    split_id = reading.id(at)
    pool = read_conditions(reading, at.entries.get("pool"), at.line, None)
    if not pool:
        reading.wrong("shape_wrong", at.line, "a split needs a pool: without one it would move all money there is")
    to = reading.text(at.entries.get("to"), at.line, "to")
    if to is not None and to not in reading.dimensions:
        remedy = suggestion(to, reading.dimensions)
        reading.wrong("name_unknown", at.lines["to"], f"there is no dimension {to!r}", remedy)
        return None
    by = _by(reading, at, lookups, streams)
    if_empty = reading.text(at.entries["if_empty"], at.line, "if_empty") if "if_empty" in at.entries else "keep"
    if if_empty not in ("keep", "even"):
        reading.wrong("name_unknown", at.lines["if_empty"], "if_empty is keep or even")
    if to is None or by is None or not pool:
        return None
    return Split(
        id=split_id, pool=pool, to=to, by=by, even_if_empty=if_empty == "even", days=reading.days(at), line=at.line
    )


def _by(reading: Reading, at: Map, lookups: Mapping[str, Lookup], streams: Mapping[str, Stream]) -> By | None:
    given = [key for key in _BY if key in at.entries]
    if len(given) != 1:
        reading.wrong("shape_wrong", at.line, f"exactly one of {', '.join(_BY)} is needed")
        return None
    value, line = at.entries[given[0]], at.lines[given[0]]
    match given[0]:
        case "even":
            return _even(reading, value, line, lookups)
        case "fixed":
            return _fixed(reading, value, line)
        case "proportional":
            return _proportional(reading, value, line)
        case _:
            stream = reading.text(value, line, "stream")
            if stream is None or stream not in streams:
                reading.wrong("name_unknown", line, f"there is no stream {stream!r}", suggestion(str(stream), streams))
                return None
            return Streamed(stream=stream)


def _even(reading: Reading, value: Value, line: int, lookups: Mapping[str, Lookup]) -> Even | None:
    """A list of values, or `lookup.column`: its values of each day."""
    if isinstance(value, Items):
        return Even(values=reading.texts(value, "even"))
    text = reading.text(value, line, "even") or ""
    table, _, column = text.partition(".")
    if table in lookups and column in lookups[table].columns:
        return Even(of=(table, column))
    known = [f"{name}.{each}" for name, lookup in lookups.items() for each in lookup.columns]
    reading.wrong("name_unknown", line, f"{text!r} is no list and no column of a lookup", suggestion(text, known))
    return None


def _fixed(reading: Reading, value: Value, line: int) -> Fixed | None:
    at = reading.map(value, line, "fixed")
    weights: dict[str, int] = {}
    for key, each in (at.entries if at is not None else {}).items():
        weight = each.value if isinstance(each, Scalar) else None
        if type(weight) is not int or not 0 <= weight <= LARGEST_WEIGHT:
            reading.wrong("weight_wrong", each.line, f"a weight is a whole number of 0 to {LARGEST_WEIGHT}")
        else:
            weights[key] = weight
    if not any(weights.values()) or len(weights) > MOST_VALUES:
        reading.wrong("weight_wrong", line, "no weight is above zero: the money would have nowhere to go")
        return None
    return Fixed(weights=weights)


def _proportional(reading: Reading, value: Value, line: int) -> Proportional | None:
    at = reading.map(value, line, "proportional")
    if at is None:
        return None
    reading.keys(at, ("values", "measure", "grain"))
    named = at.entries.get("values")
    measure = reading.text(at.entries["measure"], line, "measure") if "measure" in at.entries else "effective"
    grain = reading.text(at.entries["grain"], line, "grain") if "grain" in at.entries else Grain.MONTH.value
    if measure not in MEASURES:
        reading.wrong("name_unknown", at.lines["measure"], f"measure is one of {', '.join(MEASURES)}")
        return None
    if grain not in _GRAINS:
        reading.wrong("name_unknown", at.lines["grain"], f"grain is one of {', '.join(_GRAINS)}")
        return None
    values = () if named is None else reading.texts(named, "values")
    return Proportional(values=values, measure=measure, grain=Grain(grain))
