"""What goes wrong on the way: a pull goes on where it can, and where it cannot nothing of the part is taken."""

import json

import pytest

from tests.collector.pull.test_pull_channels import CHANNELS, EXPECTED
from tests.support.pulling import FIRST, Waits, problems, pull, source_of, totals
from tests.support.recorded_provider import Fault, Play
from tollbook_collector.finance import Finance
from tollbook_collector.pull.client import DEADLINE_SECONDS, MOST_TRIES
from tollbook_collector.store.finance.pulls import PullMarks

FAULTS = {
    "busy": Fault(status=429, headers=(("retry-after", "7"),)),
    "failing": Fault(status=500),
    "cut": Fault(cut=True),
    "half": Fault(half=True),
    "silent": Fault(silent=True),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_fault_on_a_page_is_asked_again(channel: str, name: str, play: Play, company: Finance) -> None:
    provider = play(channel)
    provider.faults[2] = FAULTS[name]
    done = pull(company, source_of(channel, provider))
    assert (problems(done), totals(company)) == ([], EXPECTED[channel])
    assert sum(one.retries for one in done) == 1


def test_the_wait_a_provider_asks_for_is_kept(play: Play, company: Finance) -> None:
    provider, waits = play("codex"), Waits()
    provider.faults[1] = FAULTS["busy"]
    pull(company, source_of("codex", provider, per_minute=6_000), waits)
    assert sum(waits.waited) == pytest.approx(7, abs=0.1)


def test_waits_double_without_one(play: Play, company: Finance) -> None:
    provider, waits = play("codex"), Waits()
    provider.faults = dict.fromkeys((1, 2, 3), FAULTS["failing"])
    pull(company, source_of("codex", provider, per_minute=6_000), waits)
    assert [wait for wait in waits.waited if wait >= 1] == [1.0, 2.0, 4.0]


def test_a_date_to_wait_for_is_understood(play: Play, company: Finance) -> None:
    provider, waits = play("codex"), Waits()
    provider.faults[1] = Fault(status=429, headers=(("retry-after", "Fri, 09 Oct 2026 00:31:00 GMT"),))
    pull(company, source_of("codex", provider, per_minute=6_000), waits)
    assert sum(waits.waited) == pytest.approx(60, abs=1)


def test_a_wait_that_is_too_long_ends_the_pull(play: Play, company: Finance) -> None:
    provider, waits = play("codex"), Waits()
    provider.faults[1] = Fault(status=429, headers=(("retry-after", "7200"),))
    assert problems(pull(company, source_of("codex", provider), waits)) == ["provider_busy"]
    assert sum(waits.waited) < DEADLINE_SECONDS


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_provider_that_stays_broken_ends_it_and_the_next_pull_goes_on(
    channel: str, play: Play, company: Finance
) -> None:
    provider = play(channel)
    provider.faults = dict.fromkeys(range(2, 2 + MOST_TRIES), FAULTS["cut"])
    source = source_of(channel, provider)
    assert problems(pull(company, source)) == ["provider_failing"]
    first = source_report(channel)
    assert totals(company).get(first) is None
    assert company.file.watermark(channel, first) is None
    provider.faults = {}
    pull(company, source)
    assert totals(company) == EXPECTED[channel]


def source_report(channel: str) -> str:
    """The report that is pulled first."""
    return next(iter(EXPECTED[channel]))


def test_a_crash_between_documents_and_watermark_books_nothing_twice(
    play: Play, company: Finance, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of("cursor", play("cursor"))

    def crash(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PullMarks, "put_watermark", crash)
        with pytest.raises(KeyboardInterrupt):
            pull(company, source)
    stored = company.file.documents()
    assert totals(company) == EXPECTED["cursor"]
    pull(company, source)
    assert company.file.documents() == stored


@pytest.mark.parametrize(
    ("channel", "old", "new"),
    [
        ("anthropic", '"40.75"', '"4075"'),
        ("openai", '"value": 0.5', '"value": 50.0'),
        ("cursor", '"chargedCents": 30.5,', '"chargedCents": 3050,'),
        ("copilot", '"grossAmount": 0.4,', '"grossAmount": 40,'),
    ],
)
def test_cents_in_place_of_dollars_are_refused_and_nothing_moves(
    channel: str, old: str, new: str, play: Play, company: Finance
) -> None:
    provider = play(channel)
    source = source_of(channel, provider)
    pull(company, source)
    company.file.put_watermark(channel, source_report(channel), FIRST + 1, "2026-10-06T01:00:00Z")
    before = company.file.watermarks()
    provider.change(old, new)
    done = pull(company, source)
    assert problems(done) == ["amount_scale"]
    assert (totals(company), company.file.watermarks()) == (EXPECTED[channel], before)


def test_a_day_without_its_bucket_takes_nothing(play: Play, company: Finance) -> None:
    provider = play("openai")
    second = json.loads(provider.exchanges[1].answer)
    second["data"].pop()
    provider.exchanges[1].answer = json.dumps(second)
    done = pull(company, source_of("openai", provider, reports=("openai_costs",)))
    assert (problems(done), totals(company)) == (["bucket_missing"], {})


def test_a_day_that_loses_all_its_money_is_not_believed(play: Play, company: Finance) -> None:
    provider = play("codex")
    source = source_of("codex", provider)
    pull(company, source)
    provider.exchanges[1].answer = '{"data": [], "has_more": false}'
    assert problems(pull(company, source)) == ["day_vanished"]
    assert totals(company) == EXPECTED["codex"]


def test_a_day_that_was_not_asked_for_takes_nothing(play: Play, company: Finance) -> None:
    provider = play("codex")
    provider.change('"start_time": 1791158400, "end_time": 1791244800, "user_id": "user-at"', '"start_time": 1791072000, "end_time": 1791158400, "user_id": "user-at"')  # fmt: skip  # noqa: E501
    assert problems(pull(company, source_of("codex", provider))) == ["day_not_asked"]
    assert totals(company) == {}


@pytest.mark.parametrize("token", ['"page_xB"', "null", '""'])
def test_pages_that_lead_nowhere_end_it(token: str, play: Play, company: Finance) -> None:
    provider = play("codex")
    again = provider.exchanges[1]
    again.answer = again.answer.replace(
        '"has_more": false, "next_page": null', f'"has_more": true, "next_page": {token}'
    )
    assert problems(pull(company, source_of("codex", provider))) == ["paging_broken"]
    assert totals(company) == {}
