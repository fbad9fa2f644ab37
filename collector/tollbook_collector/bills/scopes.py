"""Dated scopes: what a key hint, account or access key stands for, and whose it is.

A CSV with the columns channel, hint, workspace, project, principal, owner, valid_from, valid_to; `valid_to` is
exclusive and may be empty. `owner` is an e-mail address, or a name such as `team:platform` where no person owns it.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from tollbook.answer import day_text
from tollbook_collector.bills.texts import Unreadable, csv_header, csv_rows, day_of, refuse

COLUMNS = ("channel", "hint", "workspace", "project", "principal", "owner", "valid_from", "valid_to")
FOREVER = 2**31


class ScopeRow(NamedTuple):
    """One line of the table: days are UTC, `valid_to` exclusive."""

    channel: str
    hint: str
    workspace: str
    project: str
    principal: str
    owner: str
    valid_from: int
    valid_to: int


class Scopes:
    """The table, to be asked by day."""

    def __init__(self, rows: Iterable[ScopeRow] = ()) -> None:
        self.rows = tuple(sorted(rows))
        self._by_hint: dict[tuple[str, str], list[ScopeRow]] = {}
        for row in self.rows:
            self._by_hint.setdefault((row.channel, row.hint), []).append(row)

    def at(self, channel: str, hint: str, day: int) -> ScopeRow | None:
        """What a hint stood for on a day."""
        rows = self._by_hint.get((channel, hint), ())
        return next((row for row in rows if row.valid_from <= day < row.valid_to), None)

    def person(self, channel: str, owner: str | None, day: int) -> str | None:
        """Whose an owner of a bill line (`user:`, `account:`, `key:`, `principal:` and an id) is; `None`: unknown.

        An e-mail address is itself, and so is the last part of an assumed role's ARN that looks like one.
        """
        if not owner:
            return None
        kind, _, value = owner.partition(":")
        row = self.at(channel, value, day)
        if row is not None and row.owner:
            return row.owner
        last = value.rsplit("/", 1)[-1].lower()
        return last if kind in ("user", "principal") and "@" in last else None


def read_scopes(raw: bytes) -> list[ScopeRow]:
    """The rows of a scopes file.

    Raises:
        Unreadable: a column is missing, a date is wrong, or two rows say different things of one day.
    """
    missing = [name for name in COLUMNS if name not in csv_header(raw)]
    if missing:
        refuse("column_missing", f"the columns {', '.join(missing)} are missing", f"The header is {','.join(COLUMNS)}.")
    rows: list[ScopeRow] = []
    for line, row in csv_rows(raw):
        if not row["channel"].strip() or not row["hint"].strip():
            refuse("scope_incomplete", f"line {line} has no channel or no hint", "Fill both columns.")
        first = day_of(row["valid_from"].strip() or "1970-01-01", f"line {line}: valid_from")
        last = row["valid_to"].strip()
        end = day_of(last, f"line {line}: valid_to") if last else FOREVER
        if end <= first:
            refuse("scope_days", f"line {line} ends before it begins", "valid_to is exclusive.")
        channel, hint, workspace, project, principal, owner = (row[name].strip() for name in COLUMNS[:6])
        rows.append(ScopeRow(channel, hint, workspace, project, principal, owner, first, end))
    _no_overlap(rows)
    return rows


def _no_overlap(rows: list[ScopeRow]) -> None:
    ordered = sorted(rows, key=lambda row: (row.channel, row.hint, row.valid_from))
    for before, after in pairwise(ordered):
        if (before.channel, before.hint) == (after.channel, after.hint) and after.valid_from < before.valid_to:
            detail = f"a hint of {before.channel} has two rows on {day_text(after.valid_from)}"
            raise Unreadable("scope_overlap", detail, "End the earlier one with valid_to.")
