"""A ticket's money by month: what is billed, what is estimated still."""

from hypothesis import given
from hypothesis import strategies as st

from tollbook.ticket_months import STATES, ticket_months

DAYS = [
    {"key": "2026-09-30", "calls": 2, "list_nano_usd": 200},
    {"key": "2026-10-01", "calls": 1, "list_nano_usd": 100},
    {"key": "2026-10-31", "calls": 1, "list_nano_usd": 50},
]
MONTHS = st.sampled_from(["2026-08", "2026-09", "2026-10", "2026-11"])


def test_without_a_bill_all_is_estimated() -> None:
    found = ticket_months(DAYS, {}, {})
    assert (found["status"], found["billed_nano_usd"], found["billed_usd"]) == ("estimated", None, None)
    assert [month["list_nano_usd"] for month in found["months"]] == [200, 150]


def test_the_least_advanced_month_gives_the_status() -> None:
    found = ticket_months(DAYS, {"2026-09": 180}, {"2026-09": "closed", "2026-10": "provisional"})
    assert (found["status"], found["billed_nano_usd"]) == ("provisional", 180)
    assert [month["billed_nano_usd"] for month in found["months"]] == [180, 0]
    assert ticket_months(DAYS, {"2026-09": 180}, {"2026-09": "closed"})["status"] == "estimated"


def test_a_month_that_only_a_bill_knows_is_shown() -> None:
    found = ticket_months([], {"2026-08": 7}, {"2026-08": "final"})
    expected = {"month": "2026-08", "status": "final", "calls": 0, "list_nano_usd": 0, "billed_nano_usd": 7}
    assert found["months"] == [expected]
    assert ticket_months([], {}, {})["status"] == "estimated"


@given(
    st.dictionaries(MONTHS, st.integers(-(10**12), 10**12)),
    st.dictionaries(MONTHS, st.sampled_from(STATES[1:])),
)
def test_months_sum_to_the_whole(posted: dict[str, int], states: dict[str, str]) -> None:
    found = ticket_months(DAYS, posted, states)
    assert sum(month["list_nano_usd"] for month in found["months"]) == 350
    known = [month["billed_nano_usd"] for month in found["months"] if month["billed_nano_usd"] is not None]
    assert found["billed_nano_usd"] == (sum(known) if known else None)
    assert all((month["billed_nano_usd"] is None) == (month["month"] not in states) for month in found["months"])
