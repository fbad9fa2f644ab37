"""JSON that keeps numbers as they were read, and is the same for the same value."""

from decimal import Decimal

import pytest

from tollbook_collector.pull.exact_json import dump, in_order


def test_numbers_stay_and_names_are_in_order() -> None:
    assert dump({"b": [Decimal("1.50"), None, True, 7], "a": "ö"}) == '{"a":"ö","b":[1.50,null,true,7]}'


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError):
        dump({"amount": 0.1})


def test_rows_have_an_order_of_their_own() -> None:
    assert in_order([{"b": 2}, {"a": 1}]) == in_order([{"a": 1}, {"b": 2}])
