"""Laws of settling one cell: exact sums, no order, no charge for what others did, and the worked example."""

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tollbook_collector.bills.cells import Cell, CellKey
from tollbook_collector.bills.items import Group, Item
from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.scopes import Scopes
from tollbook_collector.bills.settle import ORGANIZATION, TRACKED, UNTRACKED, Settled, discount, settle

KEY = CellKey("anthropic", "s", 20_000, 1, "w", "m", "standard", "global", "", "output", "", Kind.USAGE)
PEOPLE = ("ada@acme.example", "ben@acme.example", "eva@acme.example")
NOBODY = Scopes()

items = st.lists(
    st.builds(
        lambda person, tokens, price, ticket: Item(
            channel="anthropic",
            day=20_000,
            model="m",
            token_class="output",
            scope="w",
            group=Group(engineer=person, ticket=ticket),
            tokens=tokens,
            list_nano=tokens * price,
        ),
        st.sampled_from(PEOPLE),
        st.integers(0, 10**6),
        st.integers(0, 10**5),
        st.sampled_from(("", "PAY-1", "PAY-2")),
    ),
    max_size=6,
)
owners = st.dictionaries(st.sampled_from(("", "account:a", "key:k", "user:ada@acme.example")), st.integers(1, 10**6))
money = st.integers(-(10**12), 10**12)
classes = st.sampled_from(("output", "cache_write", ""))


def cell(nano_usd: int, quantity: int | None, owned: dict[str, int], token_class: str = "output") -> Cell:
    key = KEY._replace(token_class=token_class)
    return Cell(key, nano_usd=nano_usd, quantity=quantity, owners=owned, by_document={1: nano_usd})


def shares(settled: Settled) -> dict[tuple[str, str, str], int]:
    return {(one.account, one.group.key, one.owner): one.nano_usd for one in settled.shares}


@given(money, st.none() | st.integers(0, 10**7), items, owners, classes)
def test_the_shares_sum_to_the_bill(
    nano_usd: int, quantity: int | None, seen: list[Item], owned: dict[str, int], token_class: str
) -> None:
    settled = settle(cell(nano_usd, quantity, owned, token_class), seen, NOBODY)
    assert sum(one.nano_usd for one in settled.shares) == nano_usd
    assert {one.account for one in settled.shares} <= {TRACKED, UNTRACKED}
    assert sum(one.list_nano for one in settled.shares) == sum(item.list_nano for item in seen)
    assert sum(one.tokens for one in settled.shares if one.account == TRACKED) == settled.seen_tokens


@given(money, st.integers(0, 10**7), items, owners, st.randoms(use_true_random=False))
def test_order_does_not_count(
    nano_usd: int, quantity: int, seen: list[Item], owned: dict[str, int], chance: Random
) -> None:
    turned = list(seen)
    chance.shuffle(turned)
    other = dict(sorted(owned.items(), reverse=True))
    first, second = (
        settle(cell(nano_usd, quantity, owned), seen, NOBODY),
        settle(cell(nano_usd, quantity, other), turned, NOBODY),
    )
    assert shares(first) == shares(second)


@given(st.integers(0, 10**12), items, st.integers(0, 10**6))
def test_nobody_pays_for_what_was_not_seen(nano_usd: int, seen: list[Item], unseen: int) -> None:
    """Each tracked share is its tokens' part of all billed tokens, to the nano-dollar."""
    total = sum(item.tokens for item in seen) + unseen
    settled = settle(cell(nano_usd, total, {}), seen, NOBODY)
    for one in settled.shares:
        if total:
            exact = nano_usd * one.tokens
            assert abs(one.nano_usd * total - exact) < total
    assert settled.over == 0


@given(st.integers(1, 10**12), items)
def test_more_seen_than_billed_is_said(nano_usd: int, seen: list[Item]) -> None:
    tokens = sum(item.tokens for item in seen)
    settled = settle(cell(nano_usd, tokens // 2, {}), seen, NOBODY)
    assert settled.over == tokens - tokens // 2
    assert settled.total(UNTRACKED) == (0 if tokens else nano_usd)


@given(money, st.integers(0, 10**6), items, owners)
def test_a_discount_follows_its_usage(nano_usd: int, quantity: int, seen: list[Item], owned: dict[str, int]) -> None:
    usage = settle(cell(10**9, quantity, owned), seen, NOBODY)
    reduced = discount(cell(nano_usd, None, {}), usage)
    assert sum(one.nano_usd for one in reduced.shares) == nano_usd
    assert set(shares(reduced)) <= set(shares(settle(cell(10**9, quantity, owned), seen, NOBODY))) | set(usage.weights)


def item(person: str, tokens: int, list_nano: int | None = None) -> Item:
    return Item(
        channel="anthropic",
        day=20_000,
        model="m",
        token_class="output",
        scope="w",
        group=Group(engineer=person),
        tokens=tokens,
        list_nano=tokens * 10_000 if list_nano is None else list_nano,
    )


def by_person(settled: Settled) -> dict[str, int]:
    return {one.group.engineer or one.owner: one.nano_usd for one in settled.shares}


def test_a_contract_price_and_calls_nobody_saw() -> None:
    """10,000 tokens billed at 9.4 cents, 8,700 of them seen: price and volume part exactly."""
    seen = [item("ada", 4_000), item("ben", 3_500), item("eva", 1_200)]
    settled = settle(cell(94_000_000, 10_000, {}), seen, NOBODY)
    assert by_person(settled) == {
        "ada": 37_600_000,
        "ben": 32_900_000,
        "eva": 11_280_000,
        "scope:w": 12_220_000,
    }
    assert settled.list_nano == 87_000_000


def test_the_unseen_part_goes_to_whom_the_bill_names() -> None:
    """Ben's account has 1,300 tokens more than was seen of him: they are his."""
    scopes = Scopes()
    billed = {"user:ada@acme.example": 4_000, "user:ben@acme.example": 4_800, "user:eva@acme.example": 1_200}
    seen = [item(person, tokens) for person, tokens in zip(PEOPLE, (4_000, 3_500, 1_200), strict=True)]
    settled = settle(cell(94_000_000, 10_000, billed), seen, scopes)
    unseen = [(one.owner, one.nano_usd, one.tokens) for one in settled.shares if one.account == UNTRACKED]
    assert unseen == [("ben@acme.example", 12_220_000, 1_300)]


def test_lifetimes_that_the_bill_does_not_split_weigh_by_price() -> None:
    """An hour costs 1.6 times as much as five minutes: so do equal tokens of each."""
    seen: Sequence[Item] = [item("ada", 1_000, list_nano=1_600), item("ben", 1_000, list_nano=1_000)]
    settled = settle(cell(3_600, 3_000, {}, "cache_write"), seen, NOBODY)
    assert by_person(settled) == {"ada": 1_600, "ben": 1_000, "scope:w": 1_000}


def test_a_bill_without_counts_pays_what_was_seen_at_list() -> None:
    seen = [item("ada", 100, list_nano=600), item("ben", 100, list_nano=300)]
    above = settle(cell(1_000, None, {}, ""), seen, NOBODY)
    assert by_person(above) == {"ada": 600, "ben": 300, "scope:w": 100}
    below = settle(cell(720, None, {}, ""), seen, NOBODY)
    assert by_person(below) == {"ada": 480, "ben": 240}
    nobody = settle(Cell(KEY._replace(scope="", token_class=""), nano_usd=50), [], NOBODY)
    assert by_person(nobody) == {ORGANIZATION: 50}
