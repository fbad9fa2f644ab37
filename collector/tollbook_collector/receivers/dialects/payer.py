"""Who bills for a call and who made the model, from the names emitters use. Pure.

The host that was called is the best witness, the emitter's name of the provider the next, the shape of the model's name
the last. The provider of the model is kept apart from who bills: Claude on Bedrock is billed by AWS.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from tollbook.vocabulary import Basis, Channel, Provider

_C, _P = Channel, Provider
_NAMES: Mapping[str, tuple[Channel, Provider | None]] = {
    "anthropic": (_C.ANTHROPIC, _P.ANTHROPIC),
    "claude": (_C.ANTHROPIC, _P.ANTHROPIC),
    "openai": (_C.OPENAI, _P.OPENAI),
    "aws.bedrock": (_C.BEDROCK, None),
    "aws_bedrock": (_C.BEDROCK, None),
    "aws.anthropic": (_C.BEDROCK, _P.ANTHROPIC),
    "aws": (_C.BEDROCK, None),
    "bedrock": (_C.BEDROCK, None),
    "bedrock_converse": (_C.BEDROCK, None),
    "amazon-bedrock": (_C.BEDROCK, None),
    "gcp.vertex_ai": (_C.VERTEX, None),
    "gcp.vertex.agent": (_C.VERTEX, None),
    "gcp.anthropic": (_C.VERTEX, _P.ANTHROPIC),
    "vertex_ai": (_C.VERTEX, None),
    "vertex_ai_beta": (_C.VERTEX, None),
    "vertexai": (_C.VERTEX, None),
    "vertex": (_C.VERTEX, None),
    "google.vertex": (_C.VERTEX, None),
    "google-vertex": (_C.VERTEX, None),
    "gcp.gemini": (_C.OTHER, _P.GOOGLE),
    "gcp.gen_ai": (_C.OTHER, _P.GOOGLE),
    "gemini": (_C.OTHER, _P.GOOGLE),
    "google": (_C.OTHER, _P.GOOGLE),
    "google.generative-ai": (_C.OTHER, _P.GOOGLE),
    "google-ai-studio": (_C.OTHER, _P.GOOGLE),
    "azure": (_C.AZURE, None),
    "azure_ai": (_C.AZURE, None),
    "azure.ai.openai": (_C.AZURE, _P.OPENAI),
    "azure.ai.inference": (_C.AZURE, None),
    "azure.openai": (_C.AZURE, _P.OPENAI),
    "azure-openai": (_C.AZURE, _P.OPENAI),
    "az.ai.openai": (_C.AZURE, _P.OPENAI),
}
"""The names of OpenTelemetry's registry, LiteLLM, OpenLLMetry, the AI SDK, Envoy, Kong, Bifrost and Cloudflare."""

_HOSTS: tuple[tuple[re.Pattern[str], Channel], ...] = (
    (re.compile(r"api\.anthropic\.com"), _C.ANTHROPIC),
    (re.compile(r"(?:[a-z]{2,4}\.)?api\.openai\.com"), _C.OPENAI),
    (
        re.compile(r"bedrock(?:-runtime|-mantle)?(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com|api\.aws)"),
        _C.BEDROCK,
    ),
    (re.compile(r"(?:(?P<region>[a-z0-9-]+)-)?aiplatform(?:\.[a-z]+\.rep)?\.googleapis\.com"), _C.VERTEX),
    (re.compile(r"[a-z0-9-]+\.(?:openai|cognitiveservices|services\.ai|inference\.ai)\.azure\.com"), _C.AZURE),
)
_MODELS: tuple[tuple[re.Pattern[str], Channel], ...] = (
    (re.compile(r"bedrock/|(?:[a-z-]{2,6}\.)?anthropic\.|arn:aws[a-z-]*:bedrock:"), _C.BEDROCK),
    (re.compile(r"vertex_ai/|.*@20\d{6}$"), _C.VERTEX),
    (re.compile(r"azure(?:_ai)?/"), _C.AZURE),
)
_VENDORS: tuple[tuple[re.Pattern[str], Provider], ...] = (
    (re.compile(r"(?:.*[./])?claude"), _P.ANTHROPIC),
    (re.compile(r"(?:.*[./])?(?:gpt-|chatgpt|codex-|o[1-9](?:-|$)|text-embedding-)"), _P.OPENAI),
    (re.compile(r"(?:.*[./])?(?:gemini|gemma)"), _P.GOOGLE),
)
_METERED = frozenset({_C.BEDROCK, _C.VERTEX, _C.AZURE})


class Payer(NamedTuple):
    """Who bills, as far as it is known, and how that is known."""

    channel: Channel | None
    basis: Basis
    provider: Provider | None
    region: str | None
    metered: bool
    """A cloud bills by the token; of the makers' own interfaces it is not known."""


def payer_of(named: str | None, host: str | None, *models: str | None) -> Payer:
    """Who bills, from the emitter's name of the provider, the host called and the names of the model."""
    known = [model.lower() for model in models if model]
    channel, provider = _named(named)
    basis, region = Basis.OBSERVED, None
    for pattern, at_host in _HOSTS:
        match = pattern.fullmatch(host.lower()) if host else None
        if match:
            channel, region = at_host, match.groupdict().get("region")
            break
    if channel is None:
        channel, basis = _first(_MODELS, known), Basis.SHAPE
    provider = provider or _first(_VENDORS, known)
    if provider is None and channel in (_C.ANTHROPIC, _C.OPENAI):
        provider = _P.ANTHROPIC if channel is _C.ANTHROPIC else _P.OPENAI
    return Payer(channel, basis, provider, region, channel in _METERED)


def _named(named: str | None) -> tuple[Channel | None, Provider | None]:
    """By the emitter's own name; the AI SDK adds the interface to it (`anthropic.messages`, `openai.responses`)."""
    name = named.lower() if named else ""
    while name:
        if name in _NAMES:
            return _NAMES[name]
        if "." not in name:
            return _C.OTHER, None
        name = name.rpartition(".")[0]
    return None, None


def _first[Kind](patterns: tuple[tuple[re.Pattern[str], Kind], ...], names: list[str]) -> Kind | None:
    return next((kind for name in names for pattern, kind in patterns if pattern.match(name)), None)
