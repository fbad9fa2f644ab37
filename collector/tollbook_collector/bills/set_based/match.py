"""Which cell each item was billed in, for all items at once: the twin of `bills/match.py`.

What is decided by an item's place (channel, day, model, class, scope, tier, ...) is decided once a place by the
reference's own code; the items follow by a join. Cells go by their number in the stable order of `cells_of`.
"""

from collections.abc import Sequence
from typing import Any

from tollbook_collector.allocate.set_based.apportion import true_up
from tollbook_collector.bills.cells import Cell
from tollbook_collector.bills.items import Group, Item
from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.match import fitting, index_of, owned
from tollbook_collector.bills.scopes import Scopes
from tollbook_collector.bills.set_based.items import KEYS, PLACE, make, same

MORE = "c:int64 i:int64 p:int64 weight:int64 text:int64 start:int64 stop:int64"


class Match:
    """Makes the tables `placed` (a place's one cell), `rest` (items i of other places) and `more` (their cells)."""

    def __init__(self, database: Any, cells: Sequence[Cell], scopes: Scopes) -> None:
        self._database = database
        self._cells = cells
        self._scopes = scopes
        self._index = index_of({cell.key: cell for cell in cells})
        self._number = {cell.key: number for number, cell in enumerate(cells)}
        self._several: dict[int, list[Cell]] = {}
        """Place -> the cells that items in it may be in."""
        self._unplaced = False
        """There are places that are not in one cell."""
        self._doubtful: set[int] = set()
        """Places whose items' owners have their say."""

    def run(self) -> None:
        """Make the tables."""
        self._place()
        names = ", ".join(f"t.{name}" for name in KEYS)
        where = "q.c IS NULL" if self._unplaced else "false"
        self._execute(
            f"CREATE OR REPLACE TABLE rest AS SELECT row_number() OVER () AS i, * FROM (SELECT q.p,"
            f" {names}, sum(tokens)::BIGINT AS tokens,"
            " sum(list_nano)::BIGINT AS list_nano, sum(calls)::BIGINT AS calls"
            f" FROM items t JOIN placed q ON {same('t', 'q', PLACE)} WHERE {where} GROUP BY q.p, {names})"
        )
        self._execute(
            "CREATE OR REPLACE TABLE more (c BIGINT, i BIGINT, tokens BIGINT, list_nano BIGINT, calls BIGINT)"
        )
        self._options()
        self._spread()
        self._untold()

    def unresolved(self) -> dict[str, int]:
        """Channel -> tokens that were spread over several cells."""
        found = self._execute(
            "SELECT channel, sum(tokens) FROM rest WHERE i IN (SELECT i FROM spread) GROUP BY channel"
        ).fetchall()
        return {channel: int(tokens) for channel, tokens in found}

    def _execute(self, sql: str) -> Any:
        return self._database.execute(sql)

    def _place(self) -> None:
        rows: list[tuple[object, ...]] = []
        for p, place in enumerate(self._execute(f"SELECT DISTINCT {', '.join(PLACE)} FROM items").fetchall()):
            item = _item(place)
            found = fitting(self._index, item)
            rows.append((p, *place, self._number[found[0].key] if len(found) == 1 else None))
            self._unplaced = self._unplaced or len(found) != 1
            if len(found) > 1:
                self._several[p] = found
                if item.scope is None:
                    self._doubtful.add(p)
        make(self._database, "placed", ("p", *PLACE, "c"), rows, MORE)

    def _options(self) -> None:
        """The table `options` of (item, cell): more than one of each item; where its owner knows it, it is settled."""
        plain = [(p, self._number[cell.key]) for p, cells in self._several.items() for cell in cells
                 if p not in self._doubtful]  # fmt: skip
        make(self._database, "plain_option", ("p", "c"), plain, MORE)
        make(self._database, "doubtful", ("p",), [(p,) for p in self._doubtful], MORE)
        asked = self._execute(
            f"SELECT DISTINCT p, account, engineer, {', '.join(PLACE)} FROM rest SEMI JOIN doubtful USING (p)"
        ).fetchall()
        who: list[tuple[object, ...]] = []
        for p, account, engineer, *place in asked:
            item = _item(place)._replace(account=account, group=Group(engineer=engineer))
            cells = owned(self._several[p], item, self._scopes)
            who += [(p, account, engineer, self._number[cell.key]) for cell in cells]
        make(self._database, "owned_option", ("p", "account", "engineer", "c"), who, MORE)
        self._execute(
            "CREATE OR REPLACE TABLE options AS SELECT i, c, count(*) OVER (PARTITION BY i) AS many FROM ("
            "SELECT r.i, o.c FROM rest r JOIN plain_option o USING (p) UNION ALL"
            f" SELECT r.i, o.c FROM rest r JOIN owned_option o ON {same('r', 'o', ('p', 'account', 'engineer'))})"
        )
        self._execute(
            "INSERT INTO more SELECT c, i, tokens, list_nano, calls FROM options JOIN rest USING (i) WHERE many = 1"
        )

    def _spread(self) -> None:
        """Split the others over their cells by what is still unseen in each; ties to the smaller text of a cell."""
        left = self._left()
        texts = {cell.key.text: cell for cell in self._cells}
        rank = {self._number[texts[text].key]: place for place, text in enumerate(sorted(texts))}
        rows = [(c, rank[c], weight, max(self._cells[c].quantity or 0, 1)) for c, weight in left.items()]
        make(self._database, "unseen", ("c", "text", "weight", "even"), rows, f"{MORE} even:int64")
        self._execute(
            "CREATE OR REPLACE TABLE spread AS SELECT o.i AS i, o.c, u.text, o.i AS cell,"
            " CASE WHEN max(u.weight) OVER (PARTITION BY o.i) > 0 THEN u.weight ELSE u.even END AS weight,"
            " u.text = min(u.text) OVER (PARTITION BY o.i) AS first"
            " FROM options o JOIN unseen u USING (c) WHERE many > 1"
        )
        self._share("tokens", "spread", "spread_tokens")
        self._execute(
            "CREATE OR REPLACE TABLE spread_counted AS SELECT s.i, s.c, s.text, s.cell, s.first, t.amount AS weight"
            " FROM spread s JOIN spread_tokens t ON t.n = s.rowid"
        )
        self._share("CASE WHEN tokens > 0 THEN list_nano ELSE 0 END", "spread_counted", "spread_money")
        self._execute(
            "INSERT INTO more SELECT s.c, s.i, s.weight, m.amount, CASE WHEN s.first THEN r.calls ELSE 0 END AS made"
            " FROM spread_counted s JOIN spread_money m ON m.n = s.rowid JOIN rest r ON r.i = s.i"
            " WHERE s.weight <> 0 OR made <> 0"
        )

    def _share(self, amount: str, items: str, into: str) -> None:
        self._execute(
            f"CREATE OR REPLACE TABLE spread_item AS SELECT i AS cell, {amount} AS amount FROM rest"
            " WHERE i IN (SELECT i FROM spread)"
        )
        true_up(self._database, "spread_item", items, into, "i.text")

    def _left(self) -> dict[int, int]:
        """Tokens of the cells that are spread over, less those of items that are in no other."""
        wanted = [int(c) for (c,) in self._execute("SELECT DISTINCT c FROM options WHERE many > 1").fetchall()]
        if not wanted:
            return {}
        found = self._execute(
            "SELECT c, sum(tokens) FROM (SELECT q.c, t.tokens FROM items t JOIN placed q"
            f" ON {same('t', 'q', PLACE)} WHERE q.c IS NOT NULL UNION ALL SELECT c, tokens FROM more) GROUP BY c"
        ).fetchall()
        seen = {int(c): int(tokens) for c, tokens in found}
        return {c: max((self._cells[c].quantity or 0) - seen.get(c, 0), 0) for c in wanted}

    def _untold(self) -> None:
        """Cells of bills that count no tokens take what is on their channel and days, and in no other cell."""
        rows: list[tuple[object, ...]] = []
        for c, cell in enumerate(self._cells):
            key = cell.key
            if key.kind != Kind.USAGE or (key.token_class and not key.owner) or not cell.mapped:
                continue
            person = self._scopes.person(key.channel, key.owner, key.day) if key.owner else ""
            if person is not None:
                rows.append((c, key.channel, key.day, key.day + key.days, key.model or None, person or None))
        make(self._database, "untold", ("c", "channel", "start", "stop", "model", "person"), rows, MORE)
        self._execute(
            "INSERT INTO more SELECT min(u.c), r.i, any_value(r.tokens), any_value(r.list_nano), any_value(r.calls)"
            " FROM rest r JOIN untold u ON u.channel = r.channel AND r.day >= u.start AND r.day < u.stop"
            " AND (u.model IS NULL OR u.model = r.model) AND (u.person IS NULL OR u.person = r.engineer)"
            " WHERE NOT EXISTS (SELECT 1 FROM options o WHERE o.i = r.i) GROUP BY r.i"
        )


def _item(place: Sequence[Any]) -> Item:
    return Item(**dict(zip(PLACE, place, strict=True)))
