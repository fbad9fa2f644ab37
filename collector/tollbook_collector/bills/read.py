"""Files of bills to documents: recognise, read, put pages together. The one edge where a bad file becomes a Problem."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tollbook.problem import Problem
from tollbook_collector.bills.lines import BillDocument
from tollbook_collector.bills.recognise import report_of
from tollbook_collector.bills.statement import Statement, assemble
from tollbook_collector.bills.texts import Unreadable, refuse
from tollbook_collector.bills.units import ListRate

MAX_FILE_BYTES = 512 * 1024 * 1024
_FOREIGN = (
    "Tollbook reads: Anthropic usage, cost, Claude Code and Enterprise reports, claude.ai's spend CSV, OpenAI usage and"
    " costs, Codex analytics, AWS CUR 2.0 as CSV, the BigQuery billing export as JSON lines, Cursor events and CSV,"
    " Copilot's usage CSV, and an invoice CSV (docs/commands.md has its header)."
)


class BillFile(NamedTuple):
    """A file as it was given."""

    name: str
    """Without folders."""
    raw: bytes


def read_files(
    files: Sequence[BillFile], list_rate: ListRate, scope: str | None = None
) -> tuple[list[BillDocument], list[Problem]]:
    """The documents of some files. A file that is refused gives a Problem and no document; the others are read.

    `scope` names the organisation or account where the files do not.
    """
    problems: list[Problem] = []
    pages: dict[tuple[str, ...], list[tuple[Statement, BillFile]]] = defaultdict(list)
    for number, file in enumerate(files):
        try:
            statements = _read(file, list_rate)
        except Unreadable as fault:
            problems.append(_problem(file.name, fault))
            continue
        except KeyError as fault:
            detail = f"the column {fault.args[0]!r} is missing"
            problems.append(_problem(file.name, Unreadable("column_missing", detail, "Export it with all columns.")))
            continue
        for place, statement in enumerate(statements):
            if scope and not statement.scope:
                statement.scope = scope
            together = _belongs(statement, number, place)
            pages[together].append((statement, file))
    documents: list[BillDocument] = []
    for members in pages.values():
        try:
            documents.append(_document(members))
        except Unreadable as fault:
            problems.append(_problem(members[0][1].name, fault))
    return documents, problems


def _belongs(statement: Statement, number: int, place: int) -> tuple[str, ...]:
    """Pages of one document have the same."""
    if statement.pages > 1:
        return statement.source, statement.scope, str(statement.first_day), str(statement.end_day)
    return statement.source, statement.scope, str(number), str(place)


def _document(members: list[tuple[Statement, BillFile]]) -> BillDocument:
    members.sort(key=lambda one: one[0].page)
    wanted = members[0][0].pages
    there = [statement.page for statement, _ in members]
    if wanted > 1 and there != list(range(1, wanted + 1)):
        detail = f"it has {wanted} pages; given were {', '.join(map(str, there))}"
        refuse("pages_missing", detail, "Name all pages, each once, in one command.")
    raws = [file.raw for _, file in members]
    return assemble([statement for statement, _ in members], raws)


def _read(file: BillFile, list_rate: ListRate) -> list[Statement]:
    if len(file.raw) > MAX_FILE_BYTES:
        refuse("file_too_large", f"it is larger than {MAX_FILE_BYTES} bytes", "Export a shorter span.")
    if not file.raw.strip():
        refuse("file_empty", "it is empty", "Download it again.")
    report = report_of(file.raw)
    if report is None:
        refuse("file_foreign", "it is no bill or report that is known here, or it has no rows", _FOREIGN)
    statements = report.read(file.raw, file.name, list_rate)
    if not any(statement.records for statement in statements):
        refuse("document_empty", "it has no rows", "Ask for a span of days that has some.")
    return statements


def _problem(name: str, fault: Unreadable) -> Problem:
    return Problem(reason=fault.reason, where=name, detail=fault.detail, remedy=fault.remedy)
