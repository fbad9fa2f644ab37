"""Which endpoint scope a call has, by what each channel tells."""

import pytest

from tollbook.prices.endpoint import EndpointScope, ScopeFrom, endpoint_scope

GLOBAL, GEO, REGIONAL, GOV = EndpointScope


def scope(
    rule: ScopeFrom,
    *names: str | None,
    observed: str | None = None,
    region: str | None = None,
    bare: EndpointScope = REGIONAL,
) -> EndpointScope | None:
    return endpoint_scope(rule, observed=observed, region=region, names=names, bare=bare)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("global.anthropic.claude-opus-5-5", GLOBAL),
        ("us.anthropic.claude-opus-5-5", GEO),
        ("EU.anthropic.claude-opus-5-5", GEO),
        ("apac.anthropic.claude-opus-5-5", GEO),
        ("us-gov.anthropic.claude-opus-5-5", GOV),
        ("anthropic.claude-opus-5-5", REGIONAL),
        ("openai.gpt-6.1-sol", REGIONAL),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5-5", REGIONAL),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/global.anthropic.claude-opus-5-5", GLOBAL),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", None),
        ("claude-opus-5-5", None),
        (None, None),
    ],
)
def test_bedrock_by_model_id(name: str | None, expected: EndpointScope | None) -> None:
    assert scope(ScopeFrom.MODEL_ID, name) is expected
    assert scope(ScopeFrom.MODEL_ID, name, "claude-opus-5-5", region="us-east-1") is expected


def test_the_requested_id_is_asked_first() -> None:
    assert scope(ScopeFrom.MODEL_ID, "us.anthropic.a", "global.anthropic.a") is GEO
    assert scope(ScopeFrom.MODEL_ID, None, "global.anthropic.a") is GLOBAL


def test_what_was_observed_wins() -> None:
    for rule in (ScopeFrom.MODEL_ID, ScopeFrom.LOCATION, ScopeFrom.HOST):
        assert scope(rule, "us.anthropic.a", observed="global", region="us-east5") is GLOBAL
        assert scope(rule, "global.anthropic.a", observed="nonsense", region="global") is GLOBAL


def test_the_scope_of_bare_ids_can_be_configured() -> None:
    assert scope(ScopeFrom.MODEL_ID, "anthropic.a", bare=GLOBAL) is GLOBAL


def test_a_govcloud_region_is_govcloud_whatever_the_id() -> None:
    assert scope(ScopeFrom.MODEL_ID, "anthropic.a", observed="regional", region="us-gov-west-1") is GOV


@pytest.mark.parametrize(
    ("region", "expected"), [("global", GLOBAL), ("us", GEO), ("EU", GEO), ("us-east5", REGIONAL), (None, None)]
)
def test_vertex_by_location(region: str | None, expected: EndpointScope | None) -> None:
    assert scope(ScopeFrom.LOCATION, "claude-opus-5-5", region=region) is expected


@pytest.mark.parametrize(
    ("region", "expected"), [(None, GLOBAL), ("global", GLOBAL), ("us", REGIONAL), ("eu", REGIONAL)]
)
def test_openai_by_host(region: str | None, expected: EndpointScope) -> None:
    assert scope(ScopeFrom.HOST, "gpt-6.1-sol", region=region) is expected


def test_a_channel_that_sells_no_scopes() -> None:
    assert scope(ScopeFrom.NOWHERE, "us.anthropic.a", observed="regional", region="us-east-1") is GLOBAL
