"""`verify` names each invariant that somebody breaks behind its back."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.support.bills import call, cost_report, usage_report
from tests.support.invoice import invoice
from tollbook_collector.finance import Finance
from tollbook_collector.ledger.entries import Amounts, Entry, Place, Posting

Open = Callable[..., Finance]
PULLED = "2026-10-20T00:00:00Z"


@pytest.fixture
def company(opened: Open) -> Finance:
    made = opened([call(1, output=8_000)])
    made.import_files(
        [cost_report({"wrkspc_01ACME": "25"}), usage_report({"wrkspc_01ACME": {"": 10_000}})], pulled_at=PULLED
    )
    made.reconcile("2026-09")
    return made


def broken(company: Finance, statement: str) -> str:
    """What verify says after a statement."""
    assert company.verify() == []
    with closing(sqlite3.connect(company.file.path)) as connection, connection:
        connection.execute(statement)
        connection.commit()
    connection.close()
    return " | ".join(company.verify())


def test_an_entry_out_of_balance(company: Finance) -> None:
    said = broken(company, "UPDATE posting SET nano_usd = nano_usd + 1 WHERE account = 'tracked'")
    assert "entry 1 is out of balance by 1 nano-dollars" in said
    assert "engineer sums to" in said


def test_a_document_whose_lines_do_not_add_up(company: Finance) -> None:
    said = broken(company, "UPDATE line SET amount_nano = amount_nano + 7 WHERE document = 1")
    assert "document 1: its lines sum to 250000007, its total is 250000000" in said
    assert "document 1: 250000000 nano-dollars are posted, it bills 250000007" in said


def test_an_entry_that_was_taken_out(company: Finance) -> None:
    said = broken(company, "DELETE FROM entry")
    assert "document 1: 0 nano-dollars are posted, it bills 250000000" in said


def test_money_that_no_rule_gave(company: Finance) -> None:
    said = broken(company, "UPDATE posting SET rule = '' WHERE account = 'tracked'")
    assert said == "tracked of grace@acme.example: 200000000 nano-dollars have no rule"


def test_money_owed_for_a_document_that_was_never_imported(company: Finance) -> None:
    said = broken(company, "UPDATE posting SET document = 99 WHERE account LIKE 'payable%'")
    assert "2026-09: document 99 is owed money and was never imported" in said
    assert "document 99: 250000000 nano-dollars are posted, it bills 0" in said


def test_postings_that_reconciling_again_does_not_give(company: Finance) -> None:
    """All sums hold; the money stands with somebody else."""
    said = broken(company, "UPDATE posting SET engineer = 'eve@acme.example' WHERE account = 'tracked'")
    assert said == "2026-09: reconciling the same inputs again gives other postings"


def test_a_line_that_was_taken_out_of_a_document(company: Finance) -> None:
    said = broken(company, "DELETE FROM line WHERE document = 1")
    assert "document 1: its lines sum to 0, its total is 250000000" in said


def test_a_closed_month_that_was_changed(company: Finance) -> None:
    assert isinstance(company.close("2026-09"), str)
    said = broken(company, "UPDATE posting SET tokens = tokens + 1 WHERE account = 'tracked'")
    assert "2026-09 is closed, and its entries are not those it was closed with" in said


def test_an_entry_that_was_posted_twice(company: Finance) -> None:
    """Every entry balances, every dimension crossfoots, and a call's money stands twice."""
    names = "account, document, owner, engineer, repo, branch, ticket, tool, nano_usd, tokens, list_nano_usd, rule"
    said = broken(
        company,
        f"INSERT INTO posting SELECT tenant, entry, n + 100, {names}, weight, weights FROM posting",
    )
    assert "document 1: 500000000 nano-dollars are posted, it bills 250000000" in said


def test_a_document_that_was_replaced_and_still_stands(company: Finance) -> None:
    company.import_files([cost_report({"wrkspc_01ACME": "26"})], pulled_at="2026-10-21T00:00:00Z")
    company.reconcile("2026-09")
    said = broken(company, "DELETE FROM posting WHERE entry = 2")
    assert "document 1: 250000000 nano-dollars are posted, it bills 0" in said
    assert "document 3: 0 nano-dollars are posted, it bills 260000000" in said


def test_a_credit_that_was_taken_out(company: Finance) -> None:
    company.import_files([invoice(("Credit", "2026-09-01", "2026-10-01", "-0.05"))], pulled_at=PULLED)
    company.reconcile("2026-09")
    said = broken(company, "UPDATE posting SET nano_usd = 0 WHERE account = 'credit'")
    assert "entry 2 is out of balance by 50000000 nano-dollars" in said
    said = " | ".join(company.verify())
    assert "sums to 250000000 nano-dollars, the bills to 200000000" in said


def test_an_unknown_sku_that_was_taken_out(company: Finance) -> None:
    line = ("Surcharge", "2026-09-01", "2026-10-01", "0.07")
    company.import_files([invoice(line)], pulled_at=PULLED)
    company.reconcile("2026-09")
    assert any(one.unmapped for one in (stored.document for stored in company.file.documents()))
    said = broken(company, "DELETE FROM line WHERE document = 3")
    assert "document 3: its lines sum to 0, its total is 70000000" in said


def test_an_entry_out_of_balance_cannot_be_built() -> None:
    postings = (Posting(Place("payable:anthropic"), Amounts(-5)), Posting(Place("tracked"), Amounts(4)))
    with pytest.raises(ValueError, match="out of balance by -1"):
        Entry(cell="c", about="2026-09", booked_in="2026-09", postings=postings)
