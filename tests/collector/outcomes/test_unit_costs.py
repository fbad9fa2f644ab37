"""Unit costs against figures worked out by hand."""

import pytest

from tests.support.allocation import row
from tollbook.answer import day_number
from tollbook_collector.allocate.python_engine import allocate
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.result import Allocation
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import Days, Lookup
from tollbook_collector.outcomes.hierarchy import Import, Outcomes, tickets
from tollbook_collector.outcomes.records import Issue, Pull
from tollbook_collector.outcomes.roll_up import roll_up
from tollbook_collector.outcomes.unit_answer import pull_json, ticket_json
from tollbook_collector.outcomes.unit_cost import Ask, UnitCost, Where, default_measure, per_pull, per_ticket

OCTOBER = Days(day_number("2026-10-01"), day_number("2026-11-01"))
ASK = Ask(days=OCTOBER, measure="effective")


def cents(amount: int) -> dict[str, int]:
    nano = amount * 10**7
    return {"list_nano_usd": nano, "billed_nano_usd": nano, "effective_nano_usd": nano}


def pull(number: int, state: str = "merged", closed: str | None = "2026-10-20", *words: str, branch: str = "") -> Pull:
    return Pull(
        repo="acme/shop",
        number=number,
        branch=branch or f"b{number}",
        head_sha=None,
        merge_sha=None,
        state=state,
        closed_day=None if closed is None else day_number(closed),
        words=(words,),
    )


def allocated(rows: list[AllocationRow], outcomes: Outcomes | None = None, rules: str = "") -> Allocation:
    outside: dict[str, Lookup] = {} if outcomes is None else {"tickets": tickets(outcomes)}
    found, problems = read_rules("version: 1\n" + rules, "r.yaml", lambda name: "", outside)
    assert found is not None, problems
    return allocate(rows, found)


def work(number: int, amount: int, day: str = "2026-10-10", **values: str) -> AllocationRow:
    return row(day, repo="acme/shop", branch=f"b{number}", **values, **cents(amount))  # type: ignore[arg-type]


def test_the_worked_month_of_one_team() -> None:
    pulls = [pull(number) for number in range(1, 97)] + [pull(200, "closed")]
    outcomes = Outcomes.of([Import(1, (), tuple(pulls))])
    # 88 of the 96 merged pull requests have cost, 1,840.10 together.
    costs = [2_091] * 87 + [184_010 - 2_091 * 87]
    rows = [work(number, amount) for number, amount in enumerate(costs, 1)]
    rows += [
        work(200, 21_240),
        work(999, 30_177),
        row("2026-10-10", untracked=True, **cents(14_402)),
        row("2026-10-01", kind="purchase", token_class="seat", **cents(39_000)),
        row("2026-10-10", tags=(("product", "platform"),), **cents(26_025)),
    ]
    split = "splits: [{id: s, pool: {product: platform}, to: product, even: [payments]}]"
    found = per_pull(allocated(rows, outcomes, split), outcomes, ASK)
    assert (found.merged, found.merged_with_cost) == (96, 88)
    assert found.where == {
        Where.MERGED: 184_010 * 10**7,
        Where.CLOSED_UNMERGED: 21_240 * 10**7,
        Where.OPEN: 0,
        Where.NO_PULL_REQUEST: 30_177 * 10**7,
        Where.UNTRACKED: 14_402 * 10**7,
        Where.SEATS: 39_000 * 10**7,
        Where.SHARED: 26_025 * 10**7,
        Where.OTHER: 0,
    }
    document = pull_json(found)
    assert document["attributed"]["each_usd"] == "20.910227273"
    assert document["loaded"]["each_usd"] == "32.797291667"
    assert document["loaded"]["cost_nano_usd"] == 314_854 * 10**7
    # 1 - (301.77 + 144.02) / 2,498.29: seats and shared cost are not in the base.
    assert document["coverage"] == "0.8216"
    assert document["waste"] == "0.0675"


def test_cost_is_of_the_lifetime_and_no_dollar_is_counted_twice() -> None:
    pulls = [pull(1, "merged", "2026-10-02"), pull(2, "open", None, "PAY-1"), pull(3, "merged", "2026-10-30", "PAY-1")]
    outcomes = Outcomes.of([Import(1, (), tuple(pulls))])
    rows = [
        work(1, 100, "2026-09-29"),
        work(1, 10, "2026-10-04"),
        work(1, 1, "2026-10-05"),  # the branch was merged three days ago: it is another piece of work now
        row("2026-10-10", repo="acme/shop", branch="elsewhere", ticket="PAY-1", **cents(7)),
        row("2026-10-10", repo="other/repo", ticket="PAY-1", **cents(5)),
    ]
    found = per_pull(allocated(rows), outcomes, ASK)
    assert found.by_pull == {"acme/shop#1": 110 * 10**7, "acme/shop#3": 35_000_000}
    assert found.where[Where.MERGED] == 10 * 10**7 + 35_000_000
    assert found.where[Where.OPEN] == 35_000_000
    assert found.where[Where.NO_PULL_REQUEST] == 6 * 10**7
    assert found.loaded.cost_nano_usd == 23 * 10**7


def test_cost_per_ticket_rolls_sub_tasks_up_and_keeps_points_apart() -> None:
    def issue(key: str, level: int, parent: str | None, points: int | None, done: str | None) -> Issue:
        day = None if done is None else day_number(done)
        return Issue(
            id=key,
            key=key,
            project="PAY",
            level=level,
            parent=parent,
            status="new" if done is None else "done",
            points=points,
            done_day=day,
        )

    issues = (
        issue("PAY-1", 0, "PAY-9", 300, "2026-10-05"),
        issue("PAY-2", -1, "PAY-1", None, "2026-10-05"),
        issue("PAY-3", 0, None, None, "2026-10-06"),
        issue("PAY-4", 0, None, 500, "2026-09-06"),
        issue("PAY-5", 0, "PAY-9", 100, None),
        issue("PAY-9", 1, None, None, None),
    )
    outcomes = Outcomes.of([Import(1, issues, ())])
    rows = [
        row("2026-09-30", ticket="PAY-1", **cents(40)),
        row("2026-10-03", ticket="PAY-2", **cents(20)),
        row("2026-10-03", ticket="PAY-5", **cents(30)),
        row("2026-10-03", **cents(50)),
    ]
    allocation = allocated(rows, outcomes)
    document = ticket_json(per_ticket(allocation, outcomes, ASK))
    assert (document["done"], document["done_with_cost"]) == (2, 1)
    assert document["lifetime"]["each_usd"] == "0.300000000"
    assert document["per_point"]["each_usd"] == "0.200000000"
    assert (document["per_point"]["units"], document["per_point"]["without_points"]) == ("3.00", 1)
    assert document["coverage"] == "0.5000"
    rolled = roll_up(allocation, "epic", ASK)
    assert [(each["key"], each["cost_usd"]) for each in rolled["rows"]] == [
        ("PAY-9", "0.500000000"),
        (None, "0.500000000"),
    ]


def test_money_is_of_the_month_whose_bill_it_is_on() -> None:
    outcomes = Outcomes.of([Import(1, (), (pull(1),))])
    rows = [
        row("2026-09-19", kind="purchase", period="2026-10", **cents(200)),
        row("2026-10-02", kind="purchase", period="2026-11", **cents(50)),
        row("2026-10-05", kind="credit", repo="acme/shop", branch="b1", period="2026-10", **cents(-3)),
        row("2026-10-05", kind="credit", period="2026-10", **cents(-4)),
    ]
    asked = Ask(days=OCTOBER, measure="effective", period="2026-10")
    found = per_pull(allocated(rows), outcomes, asked)
    assert found.loaded.cost_nano_usd == 193 * 10**7
    assert found.where[Where.SEATS] == 200 * 10**7
    assert found.where[Where.MERGED] == -3 * 10**7
    assert found.where[Where.OTHER] == -4 * 10**7
    assert sum(each["cost_nano_usd"] for each in roll_up(allocated(rows), "epic", asked)["rows"]) == 193 * 10**7


def test_a_team_is_asked_for_alone() -> None:
    outcomes = Outcomes.of([Import(1, (), (pull(1),))])
    allocation = allocated([work(1, 5)], outcomes)
    assert per_pull(allocation, outcomes, Ask(days=OCTOBER, measure="list", team="x")).loaded.cost_nano_usd == 0
    assert default_measure(allocation) == "effective"
    assert default_measure(allocated([row()])) == "list"


@pytest.mark.parametrize(
    ("cost", "units", "scale", "each"),
    [(5, 2, 1, 2), (7, 2, 1, 4), (-5, 2, 1, -2), (1, 3, 1, 0), (1, 250, 100, 0), (10, 250, 100, 4), (1, 0, 1, None)],
)
def test_a_unit_is_rounded_half_even_and_none_of_nothing(cost: int, units: int, scale: int, each: int | None) -> None:
    assert UnitCost(cost_nano_usd=cost, units=units, scale=scale).each_nano_usd == each
