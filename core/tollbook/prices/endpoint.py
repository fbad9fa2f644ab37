"""Which of a cloud's endpoints served a call: the part of the price that depends on where."""

import re
from collections.abc import Iterable
from enum import StrEnum


class EndpointScope(StrEnum):
    """The scopes that clouds price apart."""

    GLOBAL = "global"
    GEO = "geo"
    """A geography of several regions: a `us.` profile of Bedrock, Vertex's `us` location."""
    REGIONAL = "regional"
    GOV = "gov"
    """AWS GovCloud."""


class ScopeFrom(StrEnum):
    """How a channel tells the scope where its reader observed none."""

    MODEL_ID = "model_id"
    """Bedrock: by the prefix of the model id."""
    LOCATION = "location"
    """Vertex, Azure: by the location in the path."""
    HOST = "host"
    """OpenAI: a region was in the host, or the call was global."""
    NOWHERE = "nowhere"
    """The channel sells no such thing."""


_PREFIX = re.compile(r"(?:^|/)(?:(?P<prefix>[a-z-]+)\.)?(?:anthropic|openai)\.")
_GOV_REGION = "us-gov-"
_GOV_PREFIX = "us-gov"
_GLOBAL = "global"
_MULTI_REGIONS = frozenset({"us", "eu"})


def endpoint_scope(
    rule: ScopeFrom, *, observed: str | None, region: str | None, names: Iterable[str | None], bare: EndpointScope
) -> EndpointScope | None:
    """The scope of a call, or `None` when nothing tells it.

    `observed` is what the reader saw and wins; `names` are the model names of the call, the requested one first; `bare`
    is the scope of a Bedrock id without prefix.
    """
    if rule is ScopeFrom.NOWHERE:
        return EndpointScope.GLOBAL
    region = region.lower() if region else None
    if rule is ScopeFrom.MODEL_ID and region and region.startswith(_GOV_REGION):
        return EndpointScope.GOV
    if observed in EndpointScope:
        return EndpointScope(observed)
    if rule is ScopeFrom.MODEL_ID:
        return _by_model_id(names, bare)
    if rule is ScopeFrom.HOST:
        return EndpointScope.GLOBAL if region in (None, _GLOBAL) else EndpointScope.REGIONAL
    return _by_location(region)


def _by_model_id(names: Iterable[str | None], bare: EndpointScope) -> EndpointScope | None:
    for name in names:
        match = _PREFIX.search(name.lower()) if name else None
        if match:
            prefix = match["prefix"]
            if prefix is None:
                return bare
            if prefix == _GLOBAL:
                return EndpointScope.GLOBAL
            return EndpointScope.GOV if prefix == _GOV_PREFIX else EndpointScope.GEO
    return None


def _by_location(region: str | None) -> EndpointScope | None:
    if region is None:
        return None
    if region == _GLOBAL:
        return EndpointScope.GLOBAL
    return EndpointScope.GEO if region in _MULTI_REGIONS else EndpointScope.REGIONAL
