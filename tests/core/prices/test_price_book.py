"""The book itself: rows by name, borrowed lists, stacking, supersession, the version."""

from dataclasses import FrozenInstanceError
from decimal import Decimal
from importlib.resources import files

import pytest

from tests.core.prices.calls import AUTUMN, BOOK, a_call, moment
from tollbook.prices import PriceBook, Row, Terms, default_book, load_book, price
from tollbook.prices.book import MAX_RESOLVED
from tollbook.prices.rates import KINDS, day_of
from tollbook.vocabulary import Channel

TEXTS = {
    entry.name: entry.read_text(encoding="utf-8")
    for entry in files("tollbook.prices").joinpath("rates").iterdir()
    if entry.name.endswith(".toml")
}


def look_up(
    model: str, kind: str = "input", channel: Channel = Channel.ANTHROPIC, at: int = AUTUMN, **terms: str
) -> Row:
    row = BOOK.look_up(channel=channel, model=model, kind=kind, at=at, **terms)  # type: ignore[arg-type]
    assert row is not None
    return row


def test_one_file_a_channel() -> None:
    assert {f"{channel}.toml" for channel in BOOK.channels} == set(TEXTS)
    assert set(BOOK.channels) >= {
        Channel.ANTHROPIC,
        Channel.OPENAI,
        Channel.BEDROCK,
        Channel.VERTEX,
        Channel.CHATGPT,
        Channel.CURSOR,
    }


def test_a_row_tells_all_about_itself() -> None:
    row = look_up("us.anthropic.claude-haiku-5-5", channel=Channel.BEDROCK, tier="batch")
    assert row.name == "bedrock/claude-haiku-5-5@launch~2026-10-14/input*batch*regional"
    assert (row.usd, row.units) == (Decimal("0.055"), 1_000_000)
    assert (row.effective_from, row.recorded_at, row.list_of) == ("launch", "2026-10-14", Channel.ANTHROPIC)
    assert [(use.name, use.times, use.values) for use in row.factors] == [
        ("batch", Decimal("0.5"), ("batch",)),
        ("regional", Decimal("1.1"), ("geo", "regional")),
    ]
    assert row.source
    assert row.checked.isoformat() >= "2026-11-21"


def test_a_row_names_its_band_and_its_date() -> None:
    high = BOOK.look_up(
        channel=Channel.OPENAI, model="gpt-5.6-sol", kind="output", at=moment("2026-08-21"), prompt=272_001
    )
    assert high is not None
    assert high.name == "openai/gpt-5.6-sol@2026-08-21~2026-08-21/output+272000"
    assert (high.above, high.usd, high.effective_from) == (272_000, Decimal("30.0"), "2026-08-21")


def test_the_row_of_searches() -> None:
    row = look_up("claude-opus-5-5", "web_searches", tier="batch")
    assert (row.name, row.usd, row.units) == ("anthropic/web-search@launch~2025-06-22/web_searches", Decimal(10), 1_000)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "anthropic",
        "nobody/claude-opus-5@launch~2026-07-24/input",
        "anthropic/claude-opus-9@launch~2026-07-24/input",
        "anthropic/claude-opus-5@launch~2026-07-25/input",
        "anthropic/claude-opus-5@launch~2026-07-24/reasoning",
        "anthropic/claude-opus-5@launch~2026-07-24/input+100000",
        "anthropic/claude-opus-5@launch~2026-07-24/input*discount",
        "anthropic/claude-opus-5[batch]@launch~2026-07-24/input",
        "anthropic/other-search@launch~2025-06-22/web_searches",
        "anthropic/" + "x" * 100_000,
    ],
)
def test_no_row_of_that_name(name: str) -> None:
    assert BOOK.row(name) is None


TERMS = [
    (None, None, None, None),
    ("batch", None, None, "global"),
    ("priority", "fast", "us", "regional"),
    ("flex", None, None, "gov"),
]


@pytest.mark.parametrize("channel", BOOK.channels)
def test_every_row_in_use_is_found_again_by_its_name(channel: Channel) -> None:
    for model in BOOK.channels[channel].models:
        for tier, speed, geo, scope in TERMS:
            for day in (day_of(moment("2026-03-01")), day_of(AUTUMN)):
                terms = Terms(channel, model, None, None, scope, None, tier, speed, geo, day, None)
                rates = BOOK.rates(terms)
                assert set(rates.base) <= set(KINDS)
                for rate in (*rates.base.values(), *rates.high.values()):
                    row = BOOK.row(rate.row)
                    assert row is not None
                    assert row.name == rate.row
                    assert row.usd * 10**9 / row.units * rate.denominator == rate.numerator


def test_the_vendor_s_price_is_the_cloud_s_global_price() -> None:
    for model in BOOK.channels[Channel.ANTHROPIC].models:
        for kind in ("input", "cache_read", "cache_write_1h", "output"):
            vendor = look_up(model, kind)
            for channel in (Channel.BEDROCK, Channel.VERTEX, Channel.CURSOR, Channel.AWS_MARKETPLACE):
                cloud = look_up(model, kind, channel, endpoint_scope="global")
                assert (cloud.usd, cloud.list_of) == (vendor.usd, Channel.ANTHROPIC)


def test_the_chatgpt_plan_has_all_of_openai_s_list() -> None:
    assert BOOK.channels[Channel.CHATGPT].models.keys() == BOOK.channels[Channel.OPENAI].models.keys()


SMALL = """
channel = "anthropic"
[sources]
list = { text = "a list", checked = 2026-01-01 }
[[factor]]
name = "half"
tier = ["batch"]
models = ["*"]
times = "0.5"
effective_from = "launch"
recorded_at = 2026-01-01
source = "list"
[[model]]
name = "claude-opus-5"
[[model.prices]]
effective_from = "launch"
recorded_at = 2026-01-01
source = "list"
usd = { input = "5", output = "25" }
[[model.prices]]
tier = "batch"
effective_from = "launch"
recorded_at = 2026-01-01
source = "list"
usd = { input = "3", output = "20" }
[[model.prices]]
effective_from = 2026-06-01
recorded_at = 2026-05-01
source = "list"
usd = { input = "4", output = "20" }
"""


def test_a_tier_s_own_prices_stand_in_for_its_factor_until_a_newer_block() -> None:
    book = load_book({"small.toml": SMALL})
    batch = [
        price(a_call("claude-opus-5", input=1, service_tier="batch", at=moment(day)), book).list_nano_usd
        for day in ("2026-05-31", "2026-06-01")
    ]
    assert batch == [3_000, 2_000]


def test_a_later_correction_of_the_same_day_wins_and_the_old_row_stays() -> None:
    correction = SMALL[SMALL.rindex("[[model.prices]]") :].replace("2026-05-01", "2026-07-01").replace('"4"', '"4.5"')
    book = load_book({"small.toml": SMALL + correction})
    call = a_call("claude-opus-5", input=1, at=moment("2026-06-15"))
    assert price(call, book).list_nano_usd == 4_500
    assert price(call, book, known_on=moment("2026-06-20")).list_nano_usd == 4_000
    assert book.row("anthropic/claude-opus-5@2026-06-01~2026-05-01/input") is not None


def test_what_a_file_says_itself_wins_over_what_it_borrows() -> None:
    own = """
channel = "azure"
[sources]
list = { text = "a list", checked = 2026-01-01 }
[[borrow]]
channel = "anthropic"
models = ["*"]
keep = ["tier:batch"]
[[model]]
name = "claude-opus-5"
[[model.prices]]
effective_from = "launch"
recorded_at = 2026-01-01
source = "list"
usd = { input = "7", output = "7" }
"""
    book = load_book({"small.toml": SMALL, "own.toml": own})
    row = book.look_up(channel=Channel.AZURE, model="claude-opus-5", kind="input", at=AUTUMN, tier="batch")
    assert row is not None
    assert (row.name, row.usd) == ("azure/claude-opus-5@launch~2026-01-01/input*anthropic.half", Decimal("3.5"))


def test_bare_bedrock_ids_are_one_line_to_change() -> None:
    texts = {
        **TEXTS,
        "bedrock.toml": TEXTS["bedrock.toml"].replace('bare_id_scope = "regional"', 'bare_id_scope = "global"'),
    }
    call = a_call("anthropic.claude-opus-5-5", Channel.BEDROCK, input=10)
    assert price(call, BOOK).list_nano_usd == 44_000
    assert price(call, load_book(texts)).list_nano_usd == 40_000


def test_the_version_is_that_of_the_rates() -> None:
    assert len(BOOK.version) == 12
    assert load_book(dict(reversed(TEXTS.items()))).version == BOOK.version
    assert load_book({f"renamed-{name}": text for name, text in TEXTS.items()}).version == BOOK.version
    remarked = {
        name: "# a remark\n" + text.replace("checked = 2026-11-21", "checked = 2027-01-01")
        for name, text in TEXTS.items()
    }
    assert load_book(remarked).version == BOOK.version


def test_the_version_does_not_depend_on_the_order_of_entries_nor_on_zeros() -> None:
    head, first, *rest = SMALL.split("[[model]]")[0], *SMALL.split("[[model]]")[1:]
    other = first.replace("claude-opus-5", "claude-opus-4")
    one = load_book({"a": f"{head}[[model]]{first}[[model]]{other}"})
    two = load_book({"a": f"{head}[[model]]{other}[[model]]{first}".replace('"5"', '"5.00"')})
    assert rest == []
    assert one.version == two.version


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"25"', '"26"'),
        ('"0.5"', '"0.6"'),
        ('"claude-opus-5"', '"claude-opus-4"'),
        ("2026-06-01", "2026-06-02"),
        ("recorded_at = 2026-05-01", "recorded_at = 2026-05-02"),
        ('models = ["*"]', 'models = ["claude-*"]'),
        ('name = "claude-opus-5"', 'name = "claude-opus-5"\nmatch = ["opus-max"]'),
        ("[sources]", 'scope_from = "location"\n[sources]'),
        ("[sources]", 'tier_names = { bulk = "batch" }\n[sources]'),
    ],
)
def test_whatever_can_change_a_price_changes_the_version(old: str, new: str) -> None:
    assert old in SMALL
    assert load_book({"a": SMALL}).version != load_book({"a": SMALL.replace(old, new)}).version


def test_what_is_kept_in_memory_is_bounded() -> None:
    book = PriceBook(version="v", channels=BOOK.channels)
    for day in range(MAX_RESOLVED + 10):
        book.rates(Terms(Channel.ANTHROPIC, "claude-opus-9", None, None, None, None, None, None, None, day, None))
    assert len(book._resolved) == 10  # pyright: ignore[reportPrivateUsage]


def test_the_book_is_frozen_and_read_once() -> None:
    assert default_book() is default_book()
    with pytest.raises(FrozenInstanceError):
        BOOK.version = "other"  # type: ignore[misc]


def test_an_unsaid_channel_has_no_rows() -> None:
    assert BOOK.look_up(channel=Channel.GATEWAY, model="claude-opus-5-5", kind="input", at=AUTUMN) is None
    assert BOOK.look_up(channel=Channel.OPENAI, model="gpt-5", kind="cache_write_5m", at=AUTUMN) is None
