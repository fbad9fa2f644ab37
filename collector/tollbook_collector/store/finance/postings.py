"""Runs, entries and postings in the finance file: only ever added."""

import sqlite3
from collections.abc import Iterable, Iterator

from tollbook_collector.bills.items import Group
from tollbook_collector.bills.lines import Kind
from tollbook_collector.ledger.entries import Amounts, Entry, Place, Posting, Why
from tollbook_collector.ledger.verify import merged

_POSTING = (
    "p.account, p.engineer, p.repo, p.branch, p.ticket, p.tool, p.owner, p.document,"
    " p.nano_usd, p.tokens, p.list_nano_usd, p.rule, p.weight, p.weights"
)


def put_run(
    connection: sqlite3.Connection, tenant: int, period: str, input_hash: str, entries: Iterable[Entry], now_ns: int
) -> int:
    """Add a run with its entries inside a transaction; returns its number."""
    run = _next(connection, "run", tenant)
    connection.execute("INSERT INTO run VALUES (?, ?, ?, ?, ?)", (tenant, run, period, input_hash, now_ns))
    number = _next(connection, "entry", tenant)
    for entry in entries:
        head = (tenant, number, run, entry.about, entry.booked_in, entry.cell)
        connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", head)
        rows = (_row(tenant, number, n, posting) for n, posting in enumerate(entry.postings))
        connection.executemany(f"INSERT INTO posting VALUES ({', '.join('?' * 17)})", rows)
        number += 1
    return run


def _next(connection: sqlite3.Connection, table: str, tenant: int) -> int:
    sql = f"SELECT COALESCE(MAX(number), 0) FROM {table} WHERE tenant = ?"
    return int(connection.execute(sql, (tenant,)).fetchone()[0]) + 1


def _row(tenant: int, entry: int, n: int, posting: Posting) -> tuple[object, ...]:
    place, amounts, why = posting
    group = place.group
    return (
        tenant,
        entry,
        n,
        place.account,
        place.document,
        place.owner,
        group.engineer,
        group.repo,
        group.branch,
        group.ticket,
        group.tool,
        *amounts,
        why.rule,
        str(why.weight),
        str(why.weights),
    )


def _posting(row: tuple[str | int, ...]) -> Posting:
    account, engineer, repo, branch, ticket, tool, owner = map(str, row[:7])
    document, nano_usd, tokens, listed = map(int, row[7:11])
    group = Group(engineer, repo, branch, ticket, tool)
    why = Why(str(row[11]), int(row[12]), int(row[13]))
    return Posting(Place(account, group, owner, document), Amounts(nano_usd, tokens, listed), why)


def last_hash(connection: sqlite3.Connection, tenant: int, period: str) -> str | None:
    """The input hash of a month's last run."""
    sql = "SELECT input_hash FROM run WHERE tenant = ? AND period = ? ORDER BY number DESC LIMIT 1"
    row = connection.execute(sql, (tenant, period)).fetchone()
    return None if row is None else str(row[0])


def standing(connection: sqlite3.Connection, tenant: int, about: str) -> dict[str, dict[Place, Amounts]]:
    """What stands about a month, wherever it was posted: cell -> place -> amounts."""
    sql = (
        f"SELECT e.cell, {_POSTING} FROM entry e JOIN posting p ON p.tenant = e.tenant AND p.entry = e.number"
        " WHERE e.tenant = ? AND e.about = ? ORDER BY e.number, p.n"
    )
    found = ((str(cell), _posting(tuple(row))) for cell, *row in connection.execute(sql, (tenant, about)))
    return merged((cell, posting.place, posting.amounts) for cell, posting in found)


def entries(
    connection: sqlite3.Connection, tenant: int, booked_in: str | None = None
) -> Iterator[tuple[int, Entry | tuple[Posting, ...]]]:
    """Entries by number, of one month or all; one out of balance comes as its bare postings."""
    return _entries(connection, tenant, "booked_in = ?", booked_in) if booked_in else _entries(connection, tenant, "1")


def fees(connection: sqlite3.Connection, tenant: int, before: str) -> Iterator[tuple[int, Entry | tuple[Posting, ...]]]:
    """As `entries`, of the fees posted to months before one."""
    return _entries(connection, tenant, "booked_in < ? AND cell LIKE ?", before, f"%\x1f{Kind.SEAT}")


def _entries(
    connection: sqlite3.Connection, tenant: int, where: str, *values: str
) -> Iterator[tuple[int, Entry | tuple[Posting, ...]]]:
    sql = f"SELECT number, about, booked_in, cell FROM entry WHERE tenant = ? AND {where} ORDER BY number"
    of_entry = f"SELECT {_POSTING} FROM posting p WHERE p.tenant = ? AND p.entry = ? ORDER BY p.n"
    for number, about, month, cell in connection.execute(sql, (tenant, *values)).fetchall():
        postings = tuple(map(_posting, connection.execute(of_entry, (tenant, number))))
        try:
            yield number, Entry(cell=cell, about=about, booked_in=month, postings=postings)
        except ValueError:
            yield number, postings


def months(connection: sqlite3.Connection, tenant: int) -> list[str]:
    """The months that were reconciled, or have entries about them."""
    sql = "SELECT about FROM entry WHERE tenant = ? UNION SELECT period FROM run WHERE tenant = ? ORDER BY 1"
    return [str(period) for (period,) in connection.execute(sql, (tenant, tenant))]
