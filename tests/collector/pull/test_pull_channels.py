"""Each client and its recorded provider: all pages, again writes nothing, a restated day moves its difference."""

import pytest

from tests.support.pulling import DAY_SECONDS, NOW, problems, pull, source_of, totals
from tests.support.recorded_provider import Play
from tollbook_collector.finance import Finance

CENT = 10_000_000
"""Nano-dollars."""

EXPECTED: dict[str, dict[str, int]] = {
    "anthropic": {
        "anthropic_cost_report": 566_512_500,
        "anthropic_usage_report": 0,
        "claude_code_analytics": 0,
    },
    "claude_enterprise": {
        "claude_enterprise_cost_report": 2_638_750_000,
        "claude_enterprise_user_cost_report": 2_603_750_000,
    },
    "openai": {"openai_costs": 546_980_000, "openai_usage_completions": 0},
    "codex": {"codex_credits": 43_500_000_000},
    "cursor": {"cursor_usage_events": 629_248_200},
    "copilot": {"copilot_ai_credit_usage": 605_000_000},
}
"""Channel -> report -> nano-units, added up by hand from the recordings."""

RESTATED: dict[str, tuple[str, str, str, int]] = {
    "anthropic": ('"40.75"', '"40.80"', "anthropic_cost_report", 5 * CENT // 100),
    "openai": ("0.03448", "0.03449", "openai_costs", 10_000),
    "codex": ('"credits": 30.75}, "clients"', '"credits": 31}, "clients"', "codex_credits", 250_000_000),
    "cursor": ('"chargedCents": 30.5,', '"chargedCents": 31.5,', "cursor_usage_events", CENT),
    "copilot": ('"grossAmount": 0.4,', '"grossAmount": 0.41,', "copilot_ai_credit_usage", CENT),
}
"""Channel -> text, what the provider says later, report, nano-units more."""
CHANNELS = sorted(EXPECTED)


@pytest.mark.parametrize("channel", CHANNELS)
def test_all_pages_are_pulled_and_add_up(channel: str, play: Play, company: Finance) -> None:
    provider = play(channel)
    done = pull(company, source_of(channel, provider))
    assert problems(done) == []
    assert totals(company) == EXPECTED[channel]
    assert len(provider.asked) == len(provider.exchanges)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_second_pull_writes_nothing(channel: str, play: Play, company: Finance) -> None:
    source = source_of(channel, play(channel))
    pull(company, source)
    before = company.documents(), company.file.watermarks(), company.file.documents()
    again = pull(company, source, now=NOW + 60)
    assert (problems(again), [one.taken for one in again if one.taken]) == ([], [])
    assert sum(len(one.admissions) for one in again) > 1
    assert before == (company.documents(), company.file.watermarks(), company.file.documents())


@pytest.mark.parametrize("channel", sorted(RESTATED))
def test_a_restated_day_moves_exactly_its_difference(channel: str, play: Play, company: Finance) -> None:
    provider = play(channel)
    source = source_of(channel, provider)
    pull(company, source)
    old, new, report, difference = RESTATED[channel]
    provider.change(old, new)
    done = pull(company, source)
    assert sum(len(one.taken) for one in done) == 1
    assert totals(company) == EXPECTED[channel] | {report: EXPECTED[channel][report] + difference}


def test_a_restated_day_of_an_enterprise_moves_its_difference(play: Play, company: Finance) -> None:
    provider = play("claude_enterprise")
    source = source_of("claude_enterprise", provider, reports=("claude_enterprise_cost_report",))
    pull(company, source)
    grouped, total = provider.exchanges[0], provider.exchanges[2]
    for each in (grouped, total):
        each.answer = each.answer.replace('"90.125000"', '"90.225000"')
    pull(company, source)
    assert totals(company) == {"claude_enterprise_cost_report": 2_638_750_000 + CENT // 10}


def test_a_day_that_returns_to_what_it_was_counts_again(play: Play, company: Finance) -> None:
    provider = play("anthropic")
    source = source_of("anthropic", provider, reports=("anthropic_cost_report",))
    pull(company, source)
    provider.change('"40.75"', '"41.75"')
    pull(company, source)
    provider.change('"41.75"', '"40.75"')
    pull(company, source)
    assert totals(company) == {"anthropic_cost_report": EXPECTED["anthropic"]["anthropic_cost_report"]}


def test_a_day_found_unchanged_after_its_time_is_final(play: Play, company: Finance) -> None:
    provider = play("copilot")
    source = source_of("copilot", provider)
    pull(company, source)
    assert [row["state"] for row in company.documents()] == ["final", "provisional"]
    days = [{**each.__dict__} for each in provider.exchanges]
    for day in (8, 9, 10):
        later = type(provider.exchanges[0])(**days[2])
        later.query = [["year", "2026"], ["month", "10"], ["day", str(day)]]
        later.answer = later.answer.replace('"day": 7', f'"day": {day}')
        provider.exchanges.append(later)
    pull(company, source, now=NOW + 3 * DAY_SECONDS)
    assert [row["state"] for row in company.documents()] == ["final", "final"]
