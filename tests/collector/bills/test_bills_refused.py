"""Bad input: refused or handled with a message that says what to do; what is booked stays."""

import json
from collections.abc import Callable

import pytest

from tests.support.bills import RATES, call, cost_report, recorded, usage_report
from tollbook_collector.bills.read import BillFile, read_files
from tollbook_collector.finance import Finance, Imported

Open = Callable[..., Finance]
OCTOBER = "2026-10-20T00:00:00Z"
LATER = "2026-11-20T00:00:00Z"


def reasons(*files: BillFile) -> list[str]:
    documents, problems = read_files(files, RATES)
    assert all(problem.remedy and problem.where for problem in problems)
    assert not documents or not problems
    return [problem.reason for problem in problems]


@pytest.mark.parametrize(
    "name",
    [
        "anthropic_cost.json",
        "anthropic_usage_1.json",
        "claude_enterprise.json",
        "openai_costs.json",
        "cursor_events_1.json",
        "gcp_export.jsonl",
        "aws_cur.csv",
        "copilot.csv",
        "invoices.csv",
    ],
)
def test_a_truncated_file_is_refused_whole(name: str) -> None:
    (file,) = recorded(name)
    (reason,) = reasons(BillFile(name, file.raw[: len(file.raw) - 9]))
    assert reason in ("not_json", "file_truncated", "file_foreign", "amount_wrong")


@pytest.mark.parametrize(
    "raw", [b"", b"  \n", b"{}", b"[]", b"a,b\n1,2\n", b"\x89PNG\r\n\x1a\n\0", b'{"data":[]}', b"\xff\xfe"]
)
def test_a_foreign_file_is_refused(raw: bytes) -> None:
    (reason,) = reasons(BillFile("export.bin", raw))
    assert reason in ("file_empty", "file_foreign", "not_json")


def test_money_that_was_a_float_is_refused() -> None:
    (file,) = recorded("anthropic_cost.json")
    assert reasons(BillFile("cost.json", file.raw.replace(b'"25"', b"25.000000000000004"))) == ["amount_is_float"]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e99", "12,50", "", "1" * 61, "$5"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    assert reasons(cost_report({"wrkspc_01ACME": amount})) == ["amount_wrong"]


def test_a_missing_page_is_refused() -> None:
    assert reasons(*recorded("cursor_events_2.json")) == ["pages_missing"]
    assert reasons(*recorded("cursor_events_1.json", "cursor_events_1.json")) == ["pages_missing"]


def test_a_spend_csv_needs_its_name() -> None:
    (file,) = recorded("spend_report_2026-09-01_2026-09-14.csv")
    assert reasons(BillFile("spend.csv", file.raw)) == ["span_unknown"]


def test_one_bad_file_does_not_keep_the_others_out() -> None:
    documents, problems = read_files([*recorded("anthropic_cost.json"), BillFile("x", b"{}")], RATES)
    assert (len(documents), len(problems)) == (1, 1)


@pytest.fixture
def company(opened: Open) -> Finance:
    made = opened([call(1, output=8_000)])
    made.import_files(
        [cost_report({"wrkspc_01ACME": "25"}), usage_report({"wrkspc_01ACME": {"": 10_000}})], pulled_at=OCTOBER
    )
    assert made.reconcile("2026-09").written == 1
    return made


def unchanged(company: Finance, done: Imported, reason: str) -> None:
    """Refused for this reason, and nothing that is booked changes."""
    assert [problem.reason for problem in done.problems] == [reason]
    assert company.reconcile("2026-09").written == 0
    assert company.verify() == []


def test_the_same_file_twice_is_one_document(company: Finance) -> None:
    done = company.import_files([cost_report({"wrkspc_01ACME": "25"})], pulled_at=LATER)
    assert [(one.taken, one.note) for one in done.admissions] == [(False, "is document 1 already: nothing to do")]
    assert done.problems == ()
    assert len(company.documents()) == 2


def test_cents_read_as_dollars_are_refused(company: Finance) -> None:
    done = company.import_files([cost_report({"wrkspc_01ACME": "2500"})], pulled_at=LATER)
    unchanged(company, done, "amount_scale")


def test_a_first_bill_at_a_wrong_scale_is_not_posted(opened: Open) -> None:
    company = opened([call(1, output=8_000)])
    company.import_files(
        [cost_report({"wrkspc_01ACME": "2500"}), usage_report({"wrkspc_01ACME": {"": 10_000}})], pulled_at=OCTOBER
    )
    done = company.reconcile("2026-09")
    assert (done.blocked, done.written) == (True, 0)
    assert "unit_suspect" in [finding.reason for finding in done.reconciled.findings]


def test_an_older_document_does_not_replace_a_newer(company: Finance) -> None:
    done = company.import_files([cost_report({"wrkspc_01ACME": "24"})], pulled_at="2026-10-01T00:00:00Z")
    unchanged(company, done, "document_older")


def test_two_files_of_the_same_days_have_no_order(company: Finance) -> None:
    files = [cost_report({"wrkspc_01ACME": "24"}), cost_report({"wrkspc_01ACME": "26"})]
    done = company.import_files(files, pulled_at=LATER)
    assert [one.taken for one in done.admissions] == [True, False]
    assert [problem.reason for problem in done.problems] == ["order_unknown"]


def test_a_document_is_not_torn_apart(opened: Open) -> None:
    company = opened()
    (spend,) = recorded("spend_report_2026-09-01_2026-09-14.csv")
    company.import_files([spend], pulled_at=OCTOBER)
    part = BillFile("spend_report_2026-09-10_2026-09-12.csv", spend.raw.replace(b"0.60", b"0.59"))
    done = company.import_files([part], pulled_at=LATER)
    assert [problem.reason for problem in done.problems] == ["overlap_partial"]


def test_a_dry_run_writes_nothing(opened: Open) -> None:
    company = opened()
    done = company.import_files(recorded("anthropic_cost.json"), pulled_at=OCTOBER, dry_run=True)
    assert [one.taken for one in done.admissions] == [True]
    assert company.documents() == []


def test_a_bill_for_a_closed_month_goes_to_the_next(company: Finance) -> None:
    hash_ = company.close("2026-09")
    assert isinstance(hash_, str)
    done = company.import_files([cost_report({"wrkspc_01ACME": "26"})], pulled_at=LATER)
    assert "2026-09 is closed" in done.admissions[0].note
    posted = company.reconcile("2026-09")
    assert (posted.booked_in, posted.written) == ("2026-10", 1)
    assert company.file.closed() == {"2026-09": hash_}
    assert company.verify() == []
    assert company.reconcile("2026-09").written == 0
    september, october = ([row.billed_nano_usd for row in company.rows(month)] for month in ("2026-09", "2026-10"))
    assert (september, october) == ([200_000_000, 50_000_000], [8_000_000, 2_000_000])


def test_a_month_is_closed_once_and_only_when_final(company: Finance, opened: Open) -> None:
    assert isinstance(company.close("2026-09"), str)
    again = company.close("2026-09")
    assert not isinstance(again, str)
    assert "closed already" in again.detail
    early = opened()
    assert not isinstance(early.close("2026-09"), str)
    early.import_files([cost_report({"wrkspc_01ACME": "25"})], pulled_at="2026-09-15T00:00:00Z")
    refused = early.close("2026-09")
    assert not isinstance(refused, str)
    assert "provisional" in refused.detail


def test_a_currency_without_a_rate_keeps_the_month_open(opened: Open) -> None:
    company = opened()
    company.import_files(recorded("invoices.csv"), pulled_at=OCTOBER)
    done = company.reconcile("2026-09")
    assert done.as_json()["total"]["billed_nano_usd"] == 115 * 10**9
    refused = company.close("2026-09")
    assert not isinstance(refused, str)
    assert "EUR" in refused.detail
    assert json.dumps([row["total_nano_usd"] for row in company.documents()]) == "[120000000000, -5000000000, null]"
