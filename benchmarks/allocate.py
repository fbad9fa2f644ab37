"""A month of a million charge lines: trued up over 2,500 bill cells, placed by 40 rules, split, and crossfooted.

Run by itself: `.venv/bin/python benchmarks/allocate.py [LINES]`. The set-based engine needs the extra
`tollbook-collector[duckdb]`. Both engines are timed from the lines in memory (Arrow for DuckDB, records for Python) to
the sums by every dimension, and must agree on each of them.
"""

import random
import sys
import time
from collections.abc import Iterator
from typing import Any

from tollbook.answer import day_number
from tollbook.money import apportion
from tollbook_collector.allocate import python_engine
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import RuleSet
from tollbook_collector.allocate.set_based.connect import available, connect

LINES = 1_000_000
CELLS = 2_500
ENGINEERS = 500
TEAMS = 40
SEED = 5
FIRST = day_number("2026-10-01")
DAYS = 31
LINES_OF_PYTHON = 100_000
"""The reference is timed on a tenth and said so: its memory at a million lines is what other work needs."""


def rules() -> RuleSet:
    """40 rules with those of the standard dimensions, an effective-dated directory, two splits."""
    people = ["employee,email,team,valid_from,valid_to"]
    for number in range(ENGINEERS):
        who = f"e{number},e{number}@example.com"
        people.append(f"{who},team{number % TEAMS},2026-01-01,2026-10-15")
        people.append(f"{who},team{(number + number % 2) % TEAMS},2026-10-15,")
    text = ["version: 1", "directory: {people: people.csv}", "dimensions:", "  product:", "    rules:"]
    for number in range(9):
        text.append(f"      - {{id: repo-{number}, when: {{repo: acme/repo{number}}}, value: product{number % 8}}}")
    for number in range(10):
        text.append(f"      - {{id: project-{number}, when: {{ticket.project: P{number}}}, value: product{number}}}")
    for number in range(8):
        prefix = f"branch: {{prefix: feature{number}/}}, channel: [anthropic, bedrock]"
        text.append(f"      - {{id: branch-{number}, when: {{{prefix}}}, value: product{number}}}")
    text += [
        "      - {id: batch, when: {service_tier: batch}, value: platform}",
        "      - {id: ci, when: {engineer: ~}, value: platform}",
        "splits:",
        "  - {id: platform, pool: {product: platform}, to: product, proportional: {measure: billed}}",
        "  - {id: research, pool: {team: team39}, to: team, fixed: {team1: 60, team2: 40}}",
    ]
    found, problems = read_rules("\n".join(text), "rules.yaml", lambda name: "\n".join(people))
    if found is None:
        raise SystemExit(str(problems))
    return found


def lines(count: int) -> Iterator[tuple[str, AllocationRow]]:
    """(bill cell, line): the line's tokens are the weight of its share of the cell's money."""
    draw = random.Random(SEED)
    for number in range(count):
        cell = number % CELLS
        engineer = draw.randrange(ENGINEERS)
        yield (
            f"cell{cell}",
            AllocationRow(
                day=FIRST + cell % DAYS,
                channel=("anthropic", "bedrock", "openai")[cell % 3],
                model=f"model{cell % 7}",
                token_class=f"class{cell % 5}",
                service_tier="batch" if cell % 50 == 0 else "standard",
                engineer=f"e{engineer}@example.com" if draw.random() < 0.95 else None,
                repo=f"acme/repo{draw.randrange(60)}",
                branch=f"feature{draw.randrange(20)}/x",
                ticket=f"P{draw.randrange(25)}-{draw.randrange(1, 400)}" if draw.random() < 0.7 else None,
                calls=1,
                tokens=draw.randrange(1, 100_000),
                list_nano_usd=draw.randrange(1, 10**8),
            ),
        )


def bill(cell: str) -> int:
    """What a cell bills, in nano-dollars."""
    return 80_000_000_000 + int(cell.removeprefix("cell")) * 777_777_777


def in_python(given: list[tuple[str, AllocationRow]], of: RuleSet) -> dict[str, dict[str | None, int]]:
    """Billed nano-dollars by the values of every dimension, by the reference."""
    import dataclasses

    weights: dict[str, dict[str, int]] = {}
    for number, (cell, line) in enumerate(given):
        weights.setdefault(cell, {})[f"{number:09d}"] = line.tokens
    billed: dict[int, int] = {}
    for cell, parts in weights.items():
        billed |= {int(item): amount for item, amount in apportion(bill(cell), parts).items()}
    rows = [
        dataclasses.replace(line, billed_nano_usd=billed[n], effective_nano_usd=billed[n])
        for n, (_, line) in enumerate(given)
    ]
    allocation = python_engine.allocate(rows, of)
    sums: dict[str, dict[str | None, int]] = {name: {} for name in of.names}
    for piece in allocation.pieces:
        for name, placed in zip(of.names, piece.places, strict=True):
            of_name = sums[name]
            of_name[placed.value] = of_name.get(placed.value, 0) + (piece.amounts[1] or 0)
    return sums


def loaded(given: list[tuple[str, AllocationRow]], of: RuleSet) -> Any:
    """A database with the table `lines`, as the reader of Parquet day files would hand it over."""
    from tollbook_collector.allocate.set_based.load import load_rows

    database = connect(threads=2)
    load_rows(database, [line for _, line in given], of)
    database.execute("ALTER TABLE rows RENAME TO lines")
    database.execute(f"ALTER TABLE lines ADD COLUMN cell VARCHAR; UPDATE lines SET cell = 'cell' || (n % {CELLS})")
    database.execute("CREATE TABLE cells (cell VARCHAR, amount BIGINT)")
    database.executemany("INSERT INTO cells VALUES (?, ?)", [(f"cell{n}", bill(f"cell{n}")) for n in range(CELLS)])
    return database


def in_sets(database: Any, of: RuleSet) -> dict[str, dict[str | None, int]]:
    """The same, set-based."""
    from tollbook_collector.allocate.set_based.apportion import true_up
    from tollbook_collector.allocate.set_based.engine import Engine

    # The reference breaks ties by the number with leading zeros, which orders as the number does.
    items = "SELECT cell, n AS item, tokens AS weight FROM lines"
    true_up(database, "SELECT cell, amount FROM cells", items, "billed")
    database.execute(
        "CREATE TABLE rows AS SELECT l.* EXCLUDE (cell) REPLACE (b.amount AS m1, b.amount AS m2)"
        " FROM lines l JOIN billed b ON b.item = l.n"
    )
    engine = Engine(database, of)
    engine.run()
    return {name: engine.sums(name)[1] for name in of.names}


def main(arguments: list[str]) -> int:
    """Print both engines; returns 1 where they differ."""
    count = int(arguments[0]) if arguments else LINES
    of = rules()
    many = sum(len(dimension.rules) for dimension in of.dimensions)
    few = list(lines(min(count, LINES_OF_PYTHON)))
    started = time.perf_counter()
    expected = in_python(few, of)
    seconds = time.perf_counter() - started
    print(f"allocate: {len(few):,} lines, {CELLS:,} cells, {many} rules, reference in Python: {seconds:.2f} s")
    if not available():
        print("allocate: set-based engine: the extra tollbook-collector[duckdb] is not installed")
        return 0
    same = in_sets(loaded(few, of), of) == expected
    database = loaded(list(lines(count)), of)
    started = time.perf_counter()
    found = in_sets(database, of)
    seconds = time.perf_counter() - started
    whole = sum(bill(f"cell{n}") for n in range(CELLS))
    exact = all(sum(values.values()) == whole for values in found.values())
    print(f"allocate: {count:,} lines, {CELLS:,} cells, {many} rules, set-based (DuckDB): {seconds:.2f} s (target 5 s)")
    print(f"allocate: engines {'agree' if same else 'DIFFER'}; every dimension {'sums exactly' if exact else 'IS OFF'}")
    return 0 if same and exact else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
