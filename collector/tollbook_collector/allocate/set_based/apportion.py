"""Largest remainder over many groups at once: the twin of `tollbook.money.apportion`, in 128-bit integers.

A product of an amount and a weight, each of 64 bits, always fits; nothing is ever a float.
"""

from typing import Any

LARGEST = 2**63 - 1
"""The largest amount, and the largest sum of the weights of a group."""


def shares_sql(relation: str, group: str, amounts: tuple[str, ...], item: str = "value") -> str:
    """The query of a relation of (group, item, weight, total, amounts...), each amount replaced by the item's share.

    `total` is the sum of the weights of the group. Ties go to the smaller item.
    """
    split = ", ".join(
        f"(abs({name}::HUGEINT) * weight) // total AS floor_{name},"
        f" (abs({name}::HUGEINT) * weight) % total AS rest_{name}"
        for name in amounts
    )
    ranked = ", ".join(
        f"abs({name}::HUGEINT) - sum(floor_{name}) OVER (PARTITION BY {group}) AS left_{name},"
        f" row_number() OVER (PARTITION BY {group} ORDER BY rest_{name} DESC, {item}) AS rank_{name}"
        for name in amounts
    )
    shares = ", ".join(
        f"(sign({name}) * (floor_{name} + (rank_{name} <= left_{name})::INTEGER))::BIGINT AS {name}" for name in amounts
    )
    helpers = ", ".join(f"{helper}_{name}" for name in amounts for helper in ("floor", "rest", "left", "rank"))
    return (
        f"SELECT * EXCLUDE ({helpers}) REPLACE ({shares})"
        f" FROM (SELECT *, {ranked} FROM (SELECT *, {split} FROM ({relation})))"
    )


def true_up(database: Any, cells: str, items: str, into: str) -> None:
    """Apportion each cell's amount over its items by weight: table `into` of (cell, item, amount).

    `cells` is a relation of (cell, amount), `items` of (cell, item, weight): items unique in their cell, weights of
    zero or more and not all zero, cells at least one item. This is the whole of the arithmetic of a bill's true-up,
    where the item of a cell's unseen rest is `untracked`.
    """
    joined = (
        "SELECT i.cell, i.item, i.weight, c.amount, t.total"
        f" FROM ({items}) i JOIN ({cells}) c USING (cell)"
        f" JOIN (SELECT cell, sum(weight)::HUGEINT AS total FROM ({items}) GROUP BY cell) t USING (cell)"
    )
    shares = shares_sql(joined, "cell", ("amount",), "item")
    database.execute(f"CREATE OR REPLACE TABLE {into} AS SELECT cell, item, amount FROM ({shares})")
