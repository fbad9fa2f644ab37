"""The pages of two organisations with bills and rules: each sees its own books, and no byte of the other's."""

from collections.abc import Iterator

import pytest

from tests.collector.auth.api_client import Answer
from tests.collector.auth.auth_bench import bench
from tests.collector.auth.two_tenants import SECRET, TwoTenants
from tests.support.bills import RECORDINGS
from tollbook_collector.auth.records import Role

OURS = "wrkspc_01ACME"
"""Stands in A's bill and nowhere in B's."""
MONTH = {"period": "2026-09"}
PAGES: tuple[tuple[str, dict[str, str]], ...] = (
    ("/reconciliation", MONTH),
    ("/reconciliation", {**MONTH, "table": "cells", "as": "json"}),
    ("/reconciliation", {**MONTH, "table": "channels", "as": "csv"}),
    ("/rules", MONTH),
    ("/rules", {**MONTH, "dimension": "product"}),
    ("/rules", {**MONTH, "dimension": "product", "value": "everything"}),
    ("/rules", {**MONTH, "dimension": "ticket", "unallocated": "1"}),
    ("/", {"from": "2026-09-01", "to": "2026-11-01"}),
    ("/tickets/PAY-101", {}),
)
RULES = """\
version: 1
dimensions: {product: {rules: [{id: ours, when: {channel: anthropic}, value: everything}]}}
"""


class TwoCompanies:
    """Both with a bill of the same month, and somebody of finance."""

    def __init__(self, two: TwoTenants) -> None:
        self.two = two
        self.tokens = {
            "ours": two.tokens[Role.FINANCE],
            "theirs": two.parts.asker(f"treasurer@{SECRET}.example.com", Role.FINANCE, SECRET, 2),
        }
        home = two.parts.settings.home
        (home / "rules.yaml").write_text(RULES)
        theirs = RULES.replace("ours", SECRET)
        (home / "tenants" / "2" / "rules.yaml").write_text(theirs)
        bill = (RECORDINGS / "anthropic_cost.json").read_bytes()
        assert OURS.encode() in bill
        answer = two.client.ask(
            "POST", "/api/v1/bills", f"Bearer {self.tokens['ours']}", query={"name": "b"}, body=bill
        )
        assert answer.status == 200, answer.body

    def page(self, who: str, path: str, query: dict[str, str]) -> Answer:
        """A page as soon as its month is worked out."""
        for _ in range(20):
            answer = self.two.client.get(path, self.tokens[who], **query)
            if answer.status != 503 and b'http-equiv="refresh"' not in answer.body:
                return answer
        pytest.fail(f"{path} is never worked out")


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoCompanies]:
    with bench(tmp_path_factory.mktemp("books-of-two"), smallest_group=1) as parts:
        yield TwoCompanies(TwoTenants(parts))


@pytest.mark.parametrize(("path", "query"), PAGES, ids=lambda one: one if isinstance(one, str) else "&".join(one))
def test_each_sees_its_own_books_and_no_byte_of_the_other_s(
    companies: TwoCompanies, path: str, query: dict[str, str]
) -> None:
    """Asked in turns, so that what was worked out for one is there to be mistaken for the other's."""
    for who in ("theirs", "ours", "theirs", "ours"):
        answer = companies.page(who, path, query)
        text = answer.body.decode().lower()
        assert answer.status == 200, (who, text[-600:])
        assert (OURS.lower() in text, SECRET in text) in {
            "ours": {(True, False), (False, False)},
            "theirs": {(False, True), (False, False)},
        }[who]


@pytest.mark.parametrize(("who", "mark"), [("ours", OURS), ("theirs", SECRET)])
def test_the_marks_are_there_to_be_found(companies: TwoCompanies, who: str, mark: str) -> None:
    assert mark in companies.page(who, "/reconciliation", MONTH).body.decode()
    billed = companies.page(who, "/reconciliation", {**MONTH, "table": "channels", "as": "json"}).json["total"]
    assert billed["billed_nano_usd"] > 0
    reasons = {**MONTH, "dimension": "product", "value": "everything", "table": "reasons", "as": "json"}
    rule = {"ours": "ours", "theirs": SECRET}[who]
    assert [row["rule"] for row in companies.page(who, "/rules", reasons).json["rows"]] == [rule]


def test_whether_the_other_has_bills_is_not_told(companies: TwoCompanies) -> None:
    parts = companies.two.parts
    parts.access.make_tenant("third", parts.clock())
    token = parts.asker("cfo@third.example", Role.FINANCE, None, 3)
    assert b"No bill has been imported" in companies.two.client.get("/", token).body
