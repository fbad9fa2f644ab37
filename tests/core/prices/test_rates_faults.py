"""Faults in a rates file: each file of `faulty/` is named for its one fault, and the message says where and what."""

from pathlib import Path

import pytest

from tollbook.prices import BookError, load_book

FAULTY = Path(__file__).parent / "faulty"

MESSAGES = {
    "above_with_times_and_prices": (
        "model claude-opus-5: prices 1: above: prompt_times: give either multiples or prices, not both"
    ),
    "above_without_output_times": "model claude-opus-5: prices 1: above: output_times: is missing",
    "above_without_some_kind": (
        "model claude-opus-5: prices 1: above: cache_read: the prices above must name the same kinds as usd"
    ),
    "above_without_tokens": "model claude-opus-5: prices 1: above: tokens: is missing",
    "above_zero_tokens": "model claude-opus-5: prices 1: above: tokens: must be a whole number above zero, is 0",
    "bare_scope_that_is_none": "bare_id_scope: must be global or regional, not geo",
    "bill_as_a_cache_kind": "bill_as: cache_write_1h must be billed as input or output, not 'cache_read'",
    "block_of_unknown_tier": "model claude-opus-5: tier: no [[factor]] of this file knows 'priorty'",
    "borrow_from_nobody": "borrow openai: channel: no rates file of openai",
    "borrow_of_unknown_dimension": (
        "borrow openai: keep: 'colour:red' is not a dimension and value such as tier:batch, or web_search"
    ),
    "date_in_quotes": (
        "model claude-opus-5: prices 1: recorded_at: must be a date such as 2026-08-21 without quotes, is a text"
    ),
    "date_with_time": (
        "model claude-opus-5: prices 1: recorded_at: must be a date such as 2026-08-21 without quotes, is "
        "a date with a time"
    ),
    "effective_from_a_word": (
        "model claude-opus-5: prices 1: effective_from: must be a date such as 2026-08-21 without quotes "
        'or "launch", is a text'
    ),
    "factor_for_no_model": "factor batch: models: 'claude-sonnet-*' names no model",
    "factor_name_used_twice": "factor batch: name: used twice; give every entry a name of its own",
    "factor_name_with_star": "factor batch*: name: 'batch*' must be without blanks and any of / @ [ ] * + ~",
    "factor_of_unknown_kind": (
        "factor batch: kinds: unknown kind 'reasoning'; known are input, cache_read, cache_write_5m, "
        "cache_write_30m, cache_write_1h, cache_write_12h, output"
    ),
    "factor_with_two_dimensions": "factor batch: tier/speed/geo/scope: exactly one must be given, not 2",
    "factor_withdrawn_and_sold": "factor batch: withdrawn: must be true, without times and otherwise",
    "factor_without_dimension": "factor batch: tier/speed/geo/scope: exactly one must be given, not 0",
    "factor_without_models": "factor batch: models: is empty",
    "factor_without_times": "factor batch: times: is missing",
    "infinite_price": "model claude-opus-5: prices 1: usd: input: 'Infinity' is not a finite number of zero or more",
    "match_not_a_list": "model claude-opus-5: match: must be a list, is a text",
    "model_name_with_slash": (
        "model anthropic/claude-opus-5: name: 'anthropic/claude-opus-5' must be lower case, without "
        "blanks and any of / @ [ ] * + ~"
    ),
    "model_named_twice": "model claude-opus-5: name: used twice",
    "model_not_a_list": "model: must be written [[model]], is a table",
    "model_without_name": "model 1: name: is missing",
    "model_without_prices": "model claude-opus-5: prices: is missing",
    "negative_price": "model claude-opus-5: prices 1: usd: input: '-5' is not a finite number of zero or more",
    "no_channel": "channel: is missing",
    "no_output_price": "model claude-opus-5: prices 1: usd: output: is missing",
    "no_recorded_at": "model claude-opus-5: prices 1: recorded_at: is missing",
    "not_toml": "not TOML: Invalid value (at line 1, column 11)",
    "price_as_number": (
        'model claude-opus-5: prices 1: usd: input: must be a decimal in quotes such as "2.50", is a '
        "number without quotes"
    ),
    "price_that_is_no_number": "model claude-opus-5: prices 1: usd: input: 'five' is no decimal number",
    "price_with_comma": "model claude-opus-5: prices 1: usd: cache_write_5m: '6,25' is no decimal number",
    "price_with_too_many_digits": (
        "model claude-opus-5: prices 1: usd: input: '5.0000000000001' has more than 12 digits"
    ),
    "scope_that_is_none": "factor batch: scope: must be among geo, gov, regional",
    "search_without_price": "web_search search: per_1000: is missing",
    "source_without_checked": "sources: list: checked: is missing",
    "two_blocks_of_the_same_days": (
        "model claude-opus-5: prices: two blocks with the same tier, effective_from and recorded_at (launch~2026-01-01)"
    ),
    "two_factors_for_one_tier": (
        "factor batch-2: models: tier 'batch' of claude-opus-5 has factor batch of the same days"
    ),
    "two_models_of_one_spelling": "model claude-mythos-5: 'claude-opus-5' already means claude-opus-5",
    "unknown_channel": (
        "channel: unknown 'anthropik'; known are anthropic, openai, bedrock, vertex, azure, chatgpt, "
        "cursor, aws_marketplace, gateway, other"
    ),
    "unknown_kind": (
        "model claude-opus-5: prices 1: usd: cache_write_10m: unknown key; known are cache_read, "
        "cache_write_12h, cache_write_1h, cache_write_30m, cache_write_5m, input, output"
    ),
    "unknown_scope_rule": "scope_from: unknown 'moon'; known are model_id, location, host, nowhere",
    "unknown_source": "model claude-opus-5: prices 1: source: 'hearsay' is not among [sources]",
    "unknown_top_level_key": (
        "currency: unknown key; known are bare_id_scope, bill_as, borrow, channel, factor, model, "
        "scope_from, sources, speed_as_tier, tier_names, web_search"
    ),
}


def test_every_faulty_file_has_its_message() -> None:
    assert {path.stem for path in FAULTY.glob("*.toml")} == set(MESSAGES)


@pytest.mark.parametrize("fault", MESSAGES)
def test_the_message_names_file_entry_key_and_fault(fault: str) -> None:
    name = f"{fault}.toml"
    with pytest.raises(BookError) as caught:
        load_book({name: (FAULTY / name).read_text(encoding="utf-8")})
    assert caught.value.faults == (f"{name}: {MESSAGES[fault]}",)


def test_all_faults_of_all_files_are_named_at_once() -> None:
    names = {"negative_price.toml": "anthropic", "price_as_number.toml": "openai", "factor_without_times.toml": "azure"}
    texts = {
        name: (FAULTY / name).read_text(encoding="utf-8").replace('"anthropic"', f'"{channel}"')
        for name, channel in names.items()
    }
    with pytest.raises(BookError) as caught:
        load_book(texts)
    assert [fault.partition(":")[0] for fault in caught.value.faults] == sorted(names)


def test_two_files_of_one_channel() -> None:
    text = 'channel = "anthropic"\n[sources]\n'
    with pytest.raises(BookError) as caught:
        load_book({"two.toml": text, "one.toml": text})
    assert caught.value.faults == ("two.toml: channel: anthropic is already in one.toml",)


def test_a_long_list_of_faults_is_cut_in_the_message_only() -> None:
    files = {f"{number:03}.toml": "channel" for number in range(50)}
    with pytest.raises(BookError) as caught:
        load_book(files)
    assert len(caught.value.faults) == 50
    assert str(caught.value).endswith("... and 30 more")
