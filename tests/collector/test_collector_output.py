"""Tables, money and errors as a person sees them."""

import io
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.problem import Problem
from tollbook_collector.cli.output import WITHOUT_TERMINAL, Console, printable
from tollbook_collector.shown import count, decimals_for, money


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def console(out: io.StringIO | None = None, **environment: str) -> Console:
    return Console(out or io.StringIO(), Terminal(), environment)


@pytest.mark.parametrize(
    ("amount", "decimals", "shown"),
    [
        (0, 4, "$0.0000"),
        (1_234_567_890_123, 2, "$1,234.57"),
        (-1_234_567_890_123, 2, "-$1,234.57"),
        (50_000, 4, "$0.0000"),
        (50_001, 4, "$0.0001"),
        (150_000, 4, "$0.0002"),
        (-49_000, 4, "$0.0000"),
        (999_999_999, 2, "$1.00"),
    ],
)
def test_money_is_rounded_half_even_for_the_eye(amount: int, decimals: int, shown: str) -> None:
    assert money(amount, decimals) == shown


@given(st.integers(-(10**18), 10**18), st.sampled_from([2, 4]))
def test_money_agrees_with_decimal(amount: int, decimals: int) -> None:
    expected = (Decimal(amount) / 10**9).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    assert Decimal(money(amount, decimals).replace("$", "").replace(",", "")) == expected


def test_cents_from_a_hundred_dollars_on() -> None:
    assert [decimals_for(amount * 10**9) for amount in (0, 99, 100, -100)] == [4, 4, 2, 2]
    assert count(1_234_567) == "1,234,567"


def test_tables_fit_and_long_keys_are_cut() -> None:
    out = io.StringIO()
    console(out).table(["branch", "repo", "calls"], [["feature/" + "x" * 200, "a", "12"], ["main", "b", "1"]], keys=2)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= WITHOUT_TERMINAL
    assert "…" in lines[1]
    assert lines[1].endswith("   12")
    assert lines[2].startswith("main ")


def test_a_total_is_set_off() -> None:
    out = io.StringIO()
    console(out).table(["ticket", "calls"], [["PAY-1", "1"], ["total", "1"]], keys=1, total=True)
    assert out.getvalue().splitlines()[2] == "-" * len("PAY-1   calls")


def test_colour_is_for_terminals_that_want_it() -> None:
    for out, environment, coloured in (
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ):
        console(out, **environment).heading("PAY-1")
        assert ("\x1b" in out.getvalue()) is coloured


def test_a_terminal_never_obeys_a_branch_name() -> None:
    assert printable("feature/\x1b[31mred\x07\n") == "feature/�[31mred��"
    assert printable(None) == "(unallocated)"


def test_an_error_says_where_what_and_what_to_do() -> None:
    err = io.StringIO()
    problem = Problem(reason="setting_wrong", where="api_address", detail="it is wrong", remedy="right would be this")
    assert Console(io.StringIO(), err, {}).fail(problem, 3) == 3
    assert err.getvalue() == "error: api_address: it is wrong\n  right would be this\n"
