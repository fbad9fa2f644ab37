"""Tables of what was spent, from the answers to questions. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tollbook_collector.auth.table import WITHHELD
from tollbook_collector.web import words
from tollbook_collector.web.table import Column, Kind, Mark, Row, Table
from tollbook_collector.web.visit import NO_TEAM, SMALL_TEAMS

MONEY = Column("list", "Estimated", Kind.MONEY)
CALLS = Column("calls", "Calls", Kind.COUNT)
TITLES: Mapping[str, str] = {
    "ticket": "Tickets",
    "engineer": "Engineers",
    "team": "Teams",
    "repo": "Repositories",
    "branch": "Branches",
    "model": "Models",
    "channel": "Channels",
    "tool": "Tools",
    "day": "Days",
    "session": "Sessions",
}
NOTHING: Mapping[str, str] = {
    "ticket": "unassigned",
    "team": "no engineer known",
    "engineer": "no engineer known",
    "repo": "no repository known",
    "branch": "no branch known",
}
"""How a row without a key is called."""
_FOLDERS = {"ticket": "tickets", "engineer": "engineers", "team": "teams", "repo": "repos"}
_NO_PAGE = frozenset({WITHHELD, NO_TEAM, SMALL_TEAMS, "erased"})


def link_of(dimension: str, key: str | None, query: Mapping[str, str]) -> str | None:
    """The page of a value, over the same days; money without a ticket leads to where it is given one."""
    kept = {name: query[name] for name in ("from", "to", "last") if name in query}
    if key is None:
        return words.address("unassigned", **kept) if dimension == "ticket" else None
    folder = _FOLDERS.get(dimension)
    if folder is None or key in _NO_PAGE:
        return None
    return repo_link(key, **kept) if dimension == "repo" else words.address(folder, key, **kept)


def repo_link(repo: str, **query: str) -> str:
    """The page of a repository. A browser would take `..` out of an address, so such a name stands as one part."""
    parts = repo.split("/")
    return words.address("repos", *([repo] if set(parts) & {"", ".", ".."} else parts), **query)


def table_of(
    dimension: str,
    rows: Iterable[Mapping[str, Any]],
    query: Mapping[str, str],
    place: int = 0,
    calls_in_all: int | None = None,
) -> Table:
    """A table by one dimension, of rows whose key has it at a place; rows of one value are summed. `calls_in_all` is
    needed for tickets: a call of two counts under each, and once in the total."""
    sums: dict[str | None, list[int]] = {}
    for row in rows:
        mine = sums.setdefault(row["key"][place], [0, 0])
        mine[0] += row["calls"]
        mine[1] += row["list_nano_usd"]
    ordered = sorted(sums.items(), key=lambda one: (one[0] is not None, -one[1][1], one[0] or ""))
    made: list[Row] = []
    for key, (calls, money) in ordered:
        link = link_of(dimension, key, query)
        name = NOTHING.get(dimension, "unknown") if key is None else key
        mark = Mark.PLAIN if key is not None else Mark.UNASSIGNED if dimension == "ticket" else Mark.REMAINDER
        made.append(Row(cells=(name, calls, money), links={dimension: link} if link else {}, mark=mark))
    in_all = sum(calls for calls, _ in sums.values()) if calls_in_all is None else calls_in_all
    total = (None, in_all, sum(money for _, money in sums.values()))
    return Table(
        name=f"by-{dimension}",
        title=TITLES[dimension],
        columns=(Column(dimension, dimension.capitalize()), CALLS, MONEY),
        rows=tuple(made),
        total=total,
        bar="list",
    )


def only(rows: Iterable[Mapping[str, Any]], place: int, value: str) -> list[Mapping[str, Any]]:
    """The rows of one value."""
    return [row for row in rows if row["key"][place] == value]


def day_table(rows: Iterable[Mapping[str, Any]], days: Iterable[str], place: int = 0) -> Table:
    """Spend by day, every day in turn."""
    sums: dict[str, list[int]] = {day: [0, 0] for day in days}
    for row in rows:
        mine = sums.setdefault(row["key"][place], [0, 0])
        mine[0] += row["calls"]
        mine[1] += row["list_nano_usd"]
    made = tuple(Row(cells=(day, *sums[day])) for day in sorted(sums))
    total = (None, sum(calls for calls, _ in sums.values()), sum(money for _, money in sums.values()))
    columns = (Column("day", "Day"), CALLS, MONEY)
    return Table(name="by-day", title="Day by day", columns=columns, rows=made, total=total, bar="list", in_order=True)


def sum_of(rows: Iterable[Mapping[str, Any]], which: Callable[[Mapping[str, Any]], bool] = lambda row: True) -> int:
    """Nano-dollars of the rows that are asked for."""
    return sum(row["list_nano_usd"] for row in rows if which(row))
