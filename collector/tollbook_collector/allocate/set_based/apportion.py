"""Largest remainder over many groups at once: the twin of `tollbook.money.apportion`, in integers of 64 and 128 bits.

A product of an amount and a weight, each of 64 bits, always fits into 128; nothing is ever a float.
"""

from typing import Any

LARGEST = 2**63 - 1
"""The largest amount, and the largest sum of the weights of a group."""


def true_up(database: Any, cells: str, items: str, into: str, order: str = "item", *, proven: bool = True) -> None:
    """Apportion each cell's amount over its items by weight: the table `into` of (n, amount), n the item's rowid.

    `cells` is a table of (cell, amount), `items` one of (cell, weight, ...): weights of zero or more, not all of them
    zero in a cell of an amount. Ties go to the item whose `order`, unique in its cell, is smaller.

    No cell is sorted by its items. What is left over after rounding down goes to the largest remainders: the last of
    them in each cell is found in the cell's list of remainders, and only items that have just that one are ordered.

    Raises:
        OverflowError: the weights of a cell are beyond 64 bits.
        ArithmeticError: a cell's parts do not sum to it (looked at where `proven`): it has an amount and no weights.
    """
    execute = database.execute
    wide = _wide(database, cells, items)
    execute(
        "CREATE OR REPLACE TEMP TABLE true_up_cell AS"
        f" SELECT c.cell, c.amount, abs(c.amount::{wide}) AS size, w.total FROM {cells} c"
        f" JOIN (SELECT cell, sum(weight)::{wide} AS total FROM {items} GROUP BY cell) w ON w.cell = c.cell"
    )
    execute(
        "CREATE OR REPLACE TEMP TABLE true_up_floor AS SELECT i.rowid AS n, c.cell,"
        f" coalesce((c.size * i.weight) // nullif(c.total, 0), 0)::{wide} AS part,"
        f" coalesce((c.size * i.weight) % nullif(c.total, 0), 0)::{wide} AS rest"
        f" FROM {items} i JOIN true_up_cell c ON c.cell = i.cell"
    )
    execute(
        "CREATE OR REPLACE TEMP TABLE true_up_left AS SELECT cell, sign(amount)::BIGINT AS sign, rests[lost] AS last,"
        " lost - list_position(rests, rests[lost]) + 1 AS tied"
        " FROM (SELECT cell, any_value(c.amount) AS amount, (any_value(c.size) - sum(f.part))::BIGINT AS lost,"
        " list_sort(list(f.rest), 'DESC') AS rests FROM true_up_floor f JOIN true_up_cell c USING (cell) GROUP BY cell)"
    )
    execute(
        f"CREATE OR REPLACE TABLE {into} AS"
        " SELECT n, (sign * (part + coalesce(rest > last, false)::INTEGER))::BIGINT AS amount"
        " FROM true_up_floor JOIN true_up_left USING (cell) WHERE rest IS DISTINCT FROM last"
        " UNION ALL SELECT n, (sign * (part + (row_number() OVER (PARTITION BY f.cell ORDER BY key) <= tied)::INTEGER))"
        f"::BIGINT FROM (SELECT f.*, l.*  EXCLUDE (cell), {order} AS key FROM true_up_floor f"
        f" JOIN true_up_left l USING (cell) JOIN {items} i ON i.rowid = f.n WHERE f.rest = l.last) f"
    )
    if proven:
        _prove(database, items, into)


def _wide(database: Any, cells: str, items: str) -> str:
    """The type in which no product overflows: 64 bits are several times faster.

    Raises:
        OverflowError: the weights of a cell are beyond 64 bits.
    """
    (amount,) = database.execute(f"SELECT max(abs(amount::HUGEINT)) FROM {cells}").fetchone()
    weight, total = database.execute(
        f"SELECT max(weight), max(total) FROM (SELECT max(weight)::HUGEINT AS weight, sum(weight) AS total FROM {items}"
        " GROUP BY cell)"
    ).fetchone()
    if int(total or 0) > LARGEST:
        raise OverflowError("weights of more than 64 bits")
    return "BIGINT" if int(amount or 0) * int(weight or 0) <= LARGEST else "HUGEINT"


def _prove(database: Any, items: str, into: str) -> None:
    off = database.execute(
        f"SELECT count(*) FROM (SELECT c.cell FROM true_up_cell c JOIN {items} i ON i.cell = c.cell"
        f" JOIN {into} p ON p.n = i.rowid GROUP BY c.cell, c.amount HAVING sum(p.amount) <> c.amount)"
    ).fetchone()[0]
    if off:
        raise ArithmeticError(f"the parts of {off} cells do not sum to them")
