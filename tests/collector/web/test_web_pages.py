"""Pages over a real record: what they say, in HTML, CSV and JSON, and that names from outside stay texts."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.web.web_bench import Browser, alone, made_on
from tollbook_collector.api.app import Gate

PAGES = (
    "/",
    "/?last=all",
    "/tickets/PAY-101",
    "/tickets/NO-1",
    "/engineers/ada@example.com",
    "/repos/acme/payments",
    "/teams/no%20team",
    "/flow",
    "/unassigned",
    "/live",
    "/reconciliation",
    "/rules",
    "/rules?dimension=ticket&value=PAY-101",
    "/rules?dimension=team&unallocated=1",
)
MARKUP = "<img src=x onerror=alert(1)>"
STRANGE = {
    "branch": f'feature/PAY-7"{MARKUP}',
    "repo": "acme/</table><script>alert(1)</script>",
    "engineer": "=HYPERLINK(1)'<b>@example.com",
    "model": "{{ 7 * 7 }}{% raw %}",
    "session_id": "javascript:alert(1)\u202e",
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with alone(tmp_path_factory.mktemp("web"), *(make_claim(number) for number in range(40))) as (browser, _):
        yield browser


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    claims = [made_on(make_claim(number), **STRANGE) for number in range(3)]
    claims.append(made_on(make_claim(9), **(STRANGE | {"branch": f"main{MARKUP}"})))
    with alone(tmp_path_factory.mktemp("strange"), *claims) as (browser, _):
        yield browser


@pytest.mark.parametrize("path", [*PAGES, "/teams/none", "/nowhere"])
def test_every_answer_has_its_headers(pages: Browser, path: str) -> None:
    headers = pages.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'; base-uri 'none'" in policy
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_inline_and_nothing_is_elsewhere(pages: Browser, path: str) -> None:
    text = pages.page(path)
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=", text) == []
    assert re.findall(r'(?:src|href|action)="(?!/|#)', text) == []


@pytest.mark.parametrize("path", PAGES)
def test_links_of_pages_lead_to_pages(pages: Browser, path: str) -> None:
    links = [link for link in pages.links(path) if not link.startswith("#")]
    assert len(links) > 1
    for link in links:
        assert pages.get(link).status_code in (200, 303), link


def test_every_table_is_there_as_csv_and_json_with_the_same_rows(pages: Browser) -> None:
    seen: set[str] = set()
    for path in PAGES:
        for link in [one for one in pages.links(path) if "as=json" in one]:
            found = pages.get(link).json()
            answer = pages.get(link.replace("as=json", "as=csv"))
            assert answer.headers["content-type"] == "text/csv; charset=utf-8"
            assert answer.headers["content-disposition"] == f'attachment; filename="tollbook-{found["table"]}.csv"'
            rows = list(csv.DictReader(io.StringIO(answer.text)))
            assert len(rows) == len(found["rows"])
            for row, other in zip(rows, found["rows"], strict=True):
                money = [name for name in other if name.endswith("_nano_usd")]
                assert [row[name] for name in money] == [
                    "" if other[name] is None else str(other[name]) for name in money
                ]
            seen.add(found["table"])
    assert seen >= {"by-ticket", "by-team", "by-engineer", "by-repo", "by-model", "by-channel", "by-day", "by-branch"}
    assert seen >= {"flow", "unassigned", "calls", "channels", "cells", "values", "reasons", "documents", "evidence"}


def test_tables_of_the_overview_all_have_the_same_total(pages: Browser) -> None:
    totals = {
        name: pages.get(f"/?table=by-{name}&as=json").json()["total"]
        for name in ("ticket", "team", "engineer", "repo", "model", "channel", "day")
    }
    assert {total["list_nano_usd"] for total in totals.values()} == {
        pages.get("/api/v1/spend").json()["total"]["list_nano_usd"]
    }
    assert {total["calls"] for total in totals.values()} == {40}


def test_names_from_outside_stay_texts(strange: Browser) -> None:
    for path in ("/", "/tickets/PAY-7", "/flow", "/unassigned", "/live", "/rules?dimension=repo", "/?last=7"):
        text = strange.page(path)
        assert MARKUP not in text
        assert "<script>alert" not in text
        assert ">49<" not in text
        assert "\u202e" not in re.sub(r'value="[^"]*"', "", text), "but in a form, which must send what is stored"
    links = [link for link in strange.links("/") if link.startswith(("/repos/", "/engineers/"))]
    assert len(links) == 2
    for link in links:
        assert MARKUP not in strange.page(link)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/teams/none", 404, "Choose other days"),
        ("/engineers/nobody@example.com", 404, "Choose other days"),
        ("/repos/no/where", 404, "Choose other days"),
        ("/?last=5", 400, "last=30"),
        ("/?from=yesterday", 400, "2026-10-01"),
        ("/?from=2026-10-02&to=2026-10-01", 400, "exclusive"),
        ("/?last=7&last=30", 400, "Give it once"),
        ("/?from=" + "1" * 2_000, 400, "Give it once"),
        ("/?table=by-nothing&as=csv", 400, "by-ticket"),
        ("/?table=by-ticket&as=xlsx", 400, "csv or json"),
        ("/rules?dimension=teem", 400, "Did you mean team?"),
        ("/rules?period=2026-13", 400, "2026-10"),
        ("/static/000000000000/style.css", 404, "no such file"),
        ("/static/../../config.py", 404, ""),
    ],
)
def test_what_is_not_there_is_said_and_what_to_do(pages: Browser, path: str, status: int, says: str) -> None:
    answer = pages.get(path)
    assert (answer.status_code, says in answer.text) == (status, True), answer.text[-900:]


def test_a_page_that_is_not_there_is_said_in_words_to_browsers_and_in_json_to_programs(pages: Browser) -> None:
    answer = pages.get("/nowhere", accept="text/html,*/*")
    assert (answer.status_code, "There is nothing here" in answer.text) == (404, True)
    assert pages.get("/nowhere").json()["error"]["code"] == "page_unknown"
    assert pages.get("/api/v2/x", accept="text/html").json()["error"]["code"] == "page_unknown"


def test_a_ticket_is_found_by_its_key_in_any_case(pages: Browser) -> None:
    assert pages.get("/find?ticket=pay-101").headers["location"] == "/tickets/PAY-101"
    assert pages.get("/find?ticket=").headers["location"] == "/"
    assert pages.get("/find?ticket=//evil.example").headers["location"] == "/tickets/%2F%2Fevil.example"


def test_another_host_gets_no_page(pages: Browser) -> None:
    assert pages.get("/", host="evil.example.com").status_code == 403


def test_until_the_store_is_open_pages_say_so() -> None:
    answer = Browser(Gate()).get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "In a moment" in answer.text


def test_without_calls_every_page_stands(tmp_path: Path) -> None:
    with alone(tmp_path) as (browser, _):
        for path in ("/", "/flow", "/unassigned", "/live", "/reconciliation", "/rules", "/tickets/PAY-1"):
            browser.page(path)


def test_files_are_kept_by_browsers_and_sent_compressed(pages: Browser) -> None:
    (style,) = [link for link in pages.links("/") if link.endswith(".css")]
    answer = pages.get(style)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in pages.get(style, **{"accept-encoding": "identity"}).headers
