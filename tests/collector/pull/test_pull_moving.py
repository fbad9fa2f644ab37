"""Lists that change while they are read, and totals that groups do not reach."""

import json

from tests.collector.pull.test_pull_channels import EXPECTED
from tests.support.pulling import END, FIRST, Waits, problems, pull, source_of, totals
from tests.support.recorded_provider import Fault, Play, Provider
from tollbook_collector.finance import Finance
from tollbook_collector.pull.bills import MOST_RESTARTS
from tollbook_collector.pull.spans import Span, Wish


def cursor_page(provider: Provider, number: int) -> dict[str, object]:
    return json.loads(provider.exchanges[number].answer)


def test_cursor_is_asked_no_faster_than_it_allows(play: Play, company: Finance) -> None:
    waits = Waits()
    pull(company, source_of("cursor", play("cursor")), waits)
    assert waits.waited == [3.0]


def test_a_list_that_grows_between_two_pages_is_read_again(play: Play, company: Finance) -> None:
    provider = play("cursor")
    first = cursor_page(provider, 0) | {"totalUsageEventsCount": 3}
    provider.exchanges[0].answer = json.dumps(first)
    done = pull(company, source_of("cursor", provider))
    assert (problems(done), totals(company)) == (["unsteady"], {})
    assert len(provider.asked) == 2 * MOST_RESTARTS


def test_an_event_missing_from_the_pages_takes_nothing(play: Play, company: Finance) -> None:
    provider = play("cursor")
    second = cursor_page(provider, 1) | {"usageEvents": []}
    provider.exchanges[1].answer = json.dumps(second)
    done = pull(company, source_of("cursor", provider))
    assert (problems(done), totals(company)) == (["unsteady"], {})


def test_an_event_at_the_inclusive_edge_of_a_window_is_of_its_own_day(play: Play, company: Finance) -> None:
    provider = play("cursor")
    edge = str(END * 86_400_000)
    provider.change('"timestamp": "1791158400007"', f'"timestamp": "{edge}"')
    pull(company, source_of("cursor", provider))
    assert totals(company) == {"cursor_usage_events": EXPECTED["cursor"]["cursor_usage_events"] - 305_000_000}


def test_money_outside_the_largest_groups_is_kept_as_a_row_of_its_own(play: Play, company: Finance) -> None:
    pull(company, source_of("claude_enterprise", play("claude_enterprise")))
    (first,) = [
        one.document
        for one in company.file.documents()
        if one.document.source == "claude_enterprise_cost_report" and one.document.first_day == FIRST
    ]
    assert [(line.model, line.amount_nano) for line in first.lines if line.model is None] == [(None, 35_000_000)]
    assert first.scope == "org_01PULLDEMO"


def test_a_page_that_expired_is_started_again(play: Play, company: Finance) -> None:
    provider = play("claude_enterprise")
    provider.faults[2] = Fault(status=410)
    done = pull(company, source_of("claude_enterprise", provider))
    assert (problems(done), totals(company)) == ([], EXPECTED["claude_enterprise"])


def test_days_after_the_last_refresh_wait(play: Play, company: Finance) -> None:
    provider = play("claude_enterprise")
    for each in provider.exchanges:
        each.answer = each.answer.replace("2026-10-08T20:00:00Z", "2026-10-06T20:00:00Z")
    done = pull(company, source_of("claude_enterprise", provider))
    assert problems(done) == []
    assert {one.document.first_day for one in company.file.documents()} == {FIRST}
    assert company.file.watermark("claude_enterprise", "claude_enterprise_cost_report") == FIRST + 1


def test_the_order_of_rows_does_not_count(play: Play, company: Finance) -> None:
    provider = play("codex")
    source = source_of("codex", provider)
    pull(company, source)
    first = json.loads(provider.exchanges[0].answer)
    first["data"].reverse()
    provider.exchanges[0].answer = json.dumps(first)
    assert [one.taken for one in pull(company, source)] == [[]]


def test_a_period_far_from_the_watermark_leaves_it(play: Play, company: Finance) -> None:
    provider = play("cursor")
    company.file.put_watermark("cursor", "cursor_usage_events", FIRST - 30, "2026-09-06T00:00:00Z")
    done = pull(company, source_of("cursor", provider), wish=Wish(period=Span(FIRST, END)))
    assert (problems(done), totals(company)) == ([], EXPECTED["cursor"])
    assert company.file.watermark("cursor", "cursor_usage_events") == FIRST - 30


def test_a_dry_run_asks_and_writes_nothing(play: Play, company: Finance) -> None:
    done = pull(company, source_of("cursor", play("cursor")), dry_run=True)
    assert sum(len(one.taken) for one in done) == 2
    assert (company.documents(), company.file.watermarks()) == ([], [])
