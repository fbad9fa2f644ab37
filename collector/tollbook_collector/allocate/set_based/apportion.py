"""Largest remainder over many groups at once: the twin of `tollbook.money.apportion`, in integers of 64 and 128 bits.

A product of an amount and a weight, each of 64 bits, always fits into 128; nothing is ever a float.
"""

from typing import Any

LARGEST = 2**63 - 1
"""The largest amount, and the largest sum of the weights of a group."""


def true_up(database: Any, cells: str, items: str, into: str, order: str = "item", *, proven: bool = True) -> None:
    """Apportion each cell's amount over its items by weight: the table `into` of (n, cell, amount), n the item's
    rowid.

    `cells` is a table of (cell, amount), `items` one of (cell, weight, ...): weights of zero or more, not all of them
    zero in a cell of an amount. Ties go to the item whose `order`, unique in its cell, is smaller.

    No cell is sorted by its items. What is left over after rounding down goes to the largest remainders: the last of
    them in each cell is found in the cell's list of remainders, and only items that have just that one are ordered.

    Raises:
        OverflowError: the weights of a cell are beyond 64 bits.
        ArithmeticError: a cell's parts do not sum to it (looked at where `proven`): it has an amount and no weights.
    """
    execute = database.execute
    execute(
        "CREATE OR REPLACE TEMP TABLE true_up_total AS SELECT c.cell, c.amount, w.total, w.weight FROM"
        f" {cells} c JOIN (SELECT cell, sum(weight)::HUGEINT AS total, max(weight) AS weight FROM {items}"
        " GROUP BY cell) w ON w.cell = c.cell"
    )
    wide = _wide(database)
    execute(
        "CREATE OR REPLACE TEMP TABLE true_up_cell AS SELECT cell, amount, abs(amount::HUGEINT)::"
        f"{wide} AS size, total::{wide} AS total FROM true_up_total"
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
        " SELECT n, cell, (sign * (part + coalesce(rest > last, false)::INTEGER))::BIGINT AS amount"
        " FROM true_up_floor JOIN true_up_left USING (cell) WHERE rest IS DISTINCT FROM last"
        " UNION ALL SELECT n, cell, (sign * (part + (row_number() OVER (PARTITION BY f.cell ORDER BY key) <= tied)"
        f"::INTEGER))::BIGINT FROM (SELECT f.*, l.*  EXCLUDE (cell), {order} AS key FROM true_up_floor f"
        f" JOIN true_up_left l USING (cell) JOIN {items} i ON i.rowid = f.n WHERE f.rest = l.last) f"
    )
    if proven:
        _prove(database, into)


def _wide(database: Any) -> str:
    """The type in which no product overflows: 64 bits are several times faster.

    Raises:
        OverflowError: the weights of a cell are beyond 64 bits.
    """
    amount, weight, total = database.execute(
        "SELECT max(abs(amount::HUGEINT)), max(weight)::HUGEINT, max(total) FROM true_up_total"
    ).fetchone()
    if int(total or 0) > LARGEST:
        raise OverflowError("weights of more than 64 bits")
    return "BIGINT" if int(amount or 0) * int(weight or 0) <= LARGEST else "HUGEINT"


def _prove(database: Any, into: str) -> None:
    off = database.execute(
        f"SELECT count(*) FROM (SELECT cell, sum(amount) AS amount FROM {into} GROUP BY cell) p"
        " JOIN true_up_cell c ON c.cell = p.cell WHERE p.amount <> c.amount"
    ).fetchone()[0]
    if off:
        raise ArithmeticError(f"the parts of {off} cells do not sum to them")
