"""One person whom two channels know by two names: pulled from both, billed to one."""

from decimal import Decimal
from pathlib import Path

from tests.support.pulling import FIRST, pull, source_of
from tests.support.recorded_provider import Play
from tollbook_collector.allocate.open_rules import open_rules
from tollbook_collector.allocate.python_engine import allocate
from tollbook_collector.allocate.report import tabulate
from tollbook_collector.bills.convert import Rate
from tollbook_collector.bills.lines import CODEX_CREDIT
from tollbook_collector.finance import Finance

GRACE_CODEX_CREDITS = 12_500_000_000 + 30_750_000_000
"""Nano-credits under g.hopper@acme.example, each worth 4 cents."""
GRACE_CURSOR = 629_248_200
"""Nano-dollars under grace.hopper@acme.example, in two spellings."""
ALAN_CODEX = 250_000_000 // 25
RULES = "version: 1\ndirectory: {people: people.csv, identities: names.csv}\n"
PEOPLE = "employee,email,team\ne7,grace@acme.example,compilers\ne8,alan@acme.example,theory\n"
NAMES = "identity,employee\ngrace.hopper@acme.example,e7\ng.hopper@acme.example,e7\n"


def by_engineer(company: Finance, folder: Path) -> dict[str | None, int]:
    """Engineer -> billed nano-dollars of October."""
    (folder / "rules.yaml").write_text(RULES)
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "names.csv").write_text(NAMES)
    opened = open_rules(folder / "rules.yaml")
    assert opened.bundle is not None, opened.problems
    table = tabulate(allocate(company.rows("2026-10"), opened.bundle.rules), ["engineer"])
    return {row["key"][0]: row["billed_nano_usd"] for row in table.as_json()["rows"] if row["billed_nano_usd"]}


def test_two_channels_name_one_person(play: Play, company: Finance, tmp_path: Path) -> None:
    company.file.put_rate(Rate(CODEX_CREDIT, FIRST, Decimal("0.04"), "the contract"))
    for channel in ("cursor", "codex"):
        pull(company, source_of(channel, play(channel)))
    assert by_engineer(company, tmp_path) == {
        "grace@acme.example": GRACE_CURSOR + GRACE_CODEX_CREDITS // 25,
        "alan@acme.example": ALAN_CODEX,
    }
