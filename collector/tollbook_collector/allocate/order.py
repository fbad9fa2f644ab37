"""The order in which dimensions can be worked out: each after those it looks at."""

from collections.abc import Sequence

from tollbook_collector.allocate.reading import Reading
from tollbook_collector.allocate.rules import Dimension, Origin, sources_of


def needs(dimension: Dimension) -> frozenset[str]:
    """The dimensions that a dimension looks at."""
    return frozenset(
        source.name for rule in dimension.rules for source in sources_of(rule) if source.origin is Origin.DIMENSION
    )


def ordered(dimensions: Sequence[Dimension], reading: Reading) -> tuple[Dimension, ...]:
    """The dimensions, each after all it needs, else as they stand. A cycle is a problem, and what is in it left out."""
    waiting = {dimension.name: dimension for dimension in dimensions}
    done: list[Dimension] = []
    while True:
        ready = next((each for each in waiting.values() if not needs(each) & waiting.keys()), None)
        if ready is None:
            break
        done.append(waiting.pop(ready.name))
    if waiting:
        names = cycle(waiting)
        first = waiting[names[0]]
        path = " -> ".join((*names, names[0]))
        reading.wrong("cycle", first.line, f"the dimensions need each other: {path}", "Use row.<attribute> in one.")
    return tuple(done)


def cycle(waiting: dict[str, Dimension]) -> list[str]:
    """The names along one cycle."""
    path = [next(iter(waiting))]
    while True:
        following = min(needs(waiting[path[-1]]) & waiting.keys())
        if following in path:
            return path[path.index(following) :]
        path.append(following)


def dependents(dimensions: Sequence[Dimension], changed: str) -> tuple[Dimension, ...]:
    """The dimensions that may change when one does, in order; itself excluded."""
    moved = {changed}
    found: list[Dimension] = []
    for dimension in dimensions:
        if dimension.name != changed and needs(dimension) & moved:
            moved.add(dimension.name)
            found.append(dimension)
    return tuple(found)
