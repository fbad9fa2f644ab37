"""A month of a million charge lines: reconciled over 2,500 bill cells, placed by 40 rules, split, and crossfooted.

Run by itself: `.venv/bin/python benchmarks/allocate.py [LINES [LINES_OF_PYTHON [ROUNDS]]]`. The set-based engine needs
the extra `tollbook-collector[duckdb]`. It is timed from Parquet files of a day each to the sums by every dimension, the
reference from records in memory. On the reference's lines both must agree on every share and on every sum.
"""

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tollbook.answer import day_number
from tollbook_collector.allocate import python_engine
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.rows import leaves
from tollbook_collector.allocate.rules import RuleSet
from tollbook_collector.allocate.set_based.connect import available, connect
from tollbook_collector.bills.effective import Stored, current
from tollbook_collector.bills.items import item_of, summed
from tollbook_collector.bills.lines import BillDocument, BillLine, Kind, Role
from tollbook_collector.bills.reconcile import Inputs, Reconciled, reconcile
from tollbook_collector.bills.rows import allocation_rows, unbilled_rows
from tollbook_collector.bills.scopes import Scopes
from tollbook_collector.bills.seen import Seen

LINES = 1_000_000
CELLS = 2_500
ENGINEERS = 500
TEAMS = 40
SEED = 5
FIRST = day_number("2026-10-01")
DAYS = 31
LINES_OF_PYTHON = 100_000
"""The reference is timed on a tenth and said so: its memory at a million lines is what other work needs."""
ROUNDS = 3
PERIOD = "2026-10"
UNSEEN = 20
"""One token in so many that a cell bills was seen by nobody."""


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


def lines(count: int) -> Iterator[Seen]:
    """Lines of calls, each of another piece of work; line n is billed in cell n % CELLS."""
    draw = random.Random(SEED)
    for number in range(count):
        cell = number % CELLS
        engineer = draw.randrange(ENGINEERS)
        yield Seen(
            channel=("anthropic", "openai", "vertex")[cell % 3],
            day=FIRST + cell % DAYS,
            model=f"model{cell % 7}",
            token_class=("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")[cell % 5],
            workspace=f"cell{cell}" if cell % 3 == 0 else None,
            project=f"cell{cell}" if cell % 3 else None,
            principal=None,
            account=None,
            api_key=None,
            service_tier="batch" if cell % 50 == 0 else "standard",
            geo=None,
            long=False,
            engineer=f"e{engineer}@example.com" if draw.random() < 0.95 else None,
            repo=f"acme/repo{draw.randrange(60)}",
            branch=f"feature{draw.randrange(20)}/x",
            ticket=f"P{draw.randrange(25)}-{draw.randrange(1, 400)}" if draw.random() < 0.7 else None,
            tool="claude-code",
            tokens=draw.randrange(1, 100_000),
            list_nano=draw.randrange(1, 10**8),
            calls=1,
        )


def bill(given: Sequence[Seen]) -> BillDocument:
    """What the provider bills for lines: a cell each, with some tokens that nobody saw."""
    tokens = [0] * CELLS
    for number, line in enumerate(given):
        tokens[number % CELLS] += line.tokens
    made = tuple(
        BillLine(
            day=line.day,
            period=PERIOD,
            kind=Kind.USAGE,
            amount_nano=80_000_000_000 + cell * 777_777_777,
            scope=line.workspace or line.project,
            model=line.model,
            service_tier=line.service_tier,
            token_class=line.token_class,
            quantity=tokens[cell] + tokens[cell] // UNSEEN,
            channel=line.channel,
            sku=f"sku{cell}",
        )
        for cell, line in enumerate(given[:CELLS])
    )
    return BillDocument(
        channel="anthropic",
        source="bench",
        scope="",
        role=Role.BILL,
        first_day=FIRST,
        end_day=FIRST + DAYS,
        currency="USD",
        total_nano=sum(line.amount_nano for line in made),
        records=len(made),
        ignored=0,
        whole=False,
        sha256="",
        lines=made,
    )


def key(channel: str, model: str | None) -> str | None:
    """Models are spelt alike on both sides."""
    return model


def inputs(document: BillDocument, given: Sequence[Seen] = ()) -> Inputs:
    """A month of that bill; the set-based engine has its lines elsewhere."""
    documents = current([Stored(1, "2026-11-20T00:00:00Z", document)])
    items = summed(item_of(line, key, Scopes()) for line in given)
    return Inputs(period=PERIOD, documents=documents, items=items, key=key)


Sums = dict[str, tuple[dict[str | None, int], ...]]
"""Dimension -> (list, billed, effective) nano-dollars by value."""


class Took(NamedTuple):
    """Seconds of the clock, and of processors."""

    reconcile: float
    allocate: float
    processor: float

    def text(self) -> str:
        whole = self.reconcile + self.allocate
        return f"{self.reconcile:.2f} s + {self.allocate:.2f} s = {whole:.2f} s ({self.processor:.2f} s of processors)"


def processor() -> float:
    """Processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def in_python(month: Inputs, of: RuleSet) -> tuple[Reconciled, Sums, Took]:
    """By the reference."""
    began, used = time.perf_counter(), processor()
    reconciled = reconcile(month)
    between = time.perf_counter()
    rows = leaves([*allocation_rows(reconciled), *unbilled_rows(reconciled.unbilled)])
    allocation = python_engine.allocate(rows, of)
    sums: Sums = {name: ({}, {}, {}) for name in of.names}
    for piece in allocation.pieces:
        for name, placed in zip(of.names, piece.places, strict=True):
            for found, amount in zip(sums[name], piece.amounts, strict=True):
                found[placed.value] = found.get(placed.value, 0) + (amount or 0)
    return reconciled, sums, Took(between - began, time.perf_counter() - between, processor() - used)


def write_days(given: Sequence[Seen], folder: Path) -> list[str]:
    """Parquet files of a day each, as the store writes them."""
    import pyarrow
    from pyarrow import parquet

    by_day: dict[int, list[Seen]] = {}
    for line in given:
        by_day.setdefault(line.day, []).append(line)
    files: list[str] = []
    for day, some in by_day.items():
        columns = dict(zip(Seen._fields, zip(*some, strict=True), strict=True))
        texts = {name: pyarrow.array(column, pyarrow.string()) for name, column in columns.items() if name in TEXTS}
        files.append(str(folder / f"{day}.parquet"))
        parquet.write_table(pyarrow.table(columns | texts), files[-1], compression="zstd")
    return files


TEXTS = frozenset(Seen._fields) - {"day", "long", "tokens", "list_nano", "calls"}


def in_sets(files: Sequence[str], document: BillDocument, of: RuleSet, whole: bool) -> tuple[Any, Sums, Took]:
    """The same, set-based; the shares of every cell as records only where `whole`."""
    from tollbook_collector.allocate.set_based.engine import Engine
    from tollbook_collector.bills.set_based.engine import Month
    from tollbook_collector.bills.set_based.items import load_seen
    from tollbook_collector.bills.set_based.rows import load_month

    began, used = time.perf_counter(), processor()
    database = connect(threads=2)
    named = ", ".join(f"'{name}'" for name in files)
    load_seen(database, f"read_parquet([{named}])", key, Scopes())
    month = Month(database, inputs(document))
    month.run()
    reconciled = month.summary()
    between = time.perf_counter()
    load_month(database, month, of)
    engine = Engine(database, of)
    engine.run()
    sums = {name: engine.sums(name) for name in of.names}
    took = Took(between - began, time.perf_counter() - between, processor() - used)
    if whole:
        reconciled = month.reconciled()
    database.close()
    return reconciled, sums, took


def main(arguments: list[str]) -> int:
    """Print both engines; returns 1 where they differ."""
    count, few, rounds = [*map(int, arguments), *(LINES, LINES_OF_PYTHON, ROUNDS)[len(arguments) :]][:3]
    of = rules()
    many = sum(len(dimension.rules) for dimension in of.dimensions)
    given = list(lines(count))
    some = given[: min(count, few)]
    month = inputs(bill(some), some)
    expected, sums, took = in_python(month, of)
    print(
        f"{len(some):,} lines, {CELLS:,} cells, {many} rules, reference in Python (reconcile + allocate): {took.text()}"
    )
    if not available():
        print("set-based engine: the extra tollbook-collector[duckdb] is not installed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found, set_sums, _ = in_sets(write_days(some, Path(folder)), bill(some), of, True)
        same = found == expected and set_sums == sums
    document = bill(given)
    with tempfile.TemporaryDirectory() as folder:
        files = write_days(given, Path(folder))
        del given
        runs = [in_sets(files, document, of, False) for _ in range(rounds)]
    best = min((took for _, _, took in runs), key=lambda each: each.reconcile + each.allocate)
    print(f"{count:,} lines, set-based by DuckDB, best of {rounds}: {best.text()}; target 5 s")
    exact = all(sum(values[1].values()) == document.total_nano for _, found, _ in runs for values in found.values())
    print(f"engines {'agree' if same else 'DIFFER'} line for line")
    print(f"every dimension {'sums to the bill exactly' if exact else 'IS OFF'}")
    return 0 if same and exact else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
