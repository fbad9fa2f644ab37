"""Who pays for a Codex call and who made its model, as far as a rollout tells."""

import re
from functools import lru_cache
from typing import NamedTuple

from tollbook.vocabulary import Basis, Billing, Channel, Provider

_OPENAI = "openai"
"""Codex's own name of its built-in provider; every other name is the user's configuration."""
_CUSTOM: tuple[tuple[re.Pattern[str], Channel], ...] = (
    (re.compile(r"azure", re.IGNORECASE), Channel.AZURE),
    (re.compile(r"bedrock", re.IGNORECASE), Channel.BEDROCK),
    (re.compile(r"vertex", re.IGNORECASE), Channel.VERTEX),
    (re.compile(r"gateway|litellm|openrouter|portkey|proxy", re.IGNORECASE), Channel.GATEWAY),
)
_MAKERS: tuple[tuple[re.Pattern[str], Provider], ...] = (
    (re.compile(r"(?:^|[/.])(?:gpt-|chatgpt|codex|o[1-9](?:-|$))", re.IGNORECASE), Provider.OPENAI),
    (re.compile(r"claude", re.IGNORECASE), Provider.ANTHROPIC),
    (re.compile(r"gemini", re.IGNORECASE), Provider.GOOGLE),
)


class Payer(NamedTuple):
    """Who bills and how that is known."""

    channel: Channel
    channel_basis: Basis
    billing: Billing
    billing_basis: Basis


@lru_cache(maxsize=256)
def payer(name: str | None, *, plan: bool, account: bool) -> Payer:
    """The payer of calls to the model provider Codex calls `name`.

    `plan`: a row named the ChatGPT plan, which only ChatGPT's own back end does. `account`: the thread was made by a
    signed-in ChatGPT account; Codex 0.169 writes that for a sign-in and not for an API key (observed), so it is a
    hint as long as the provider is OpenAI's. Nothing in a rollout says that an API key paid.
    """
    if plan:
        return Payer(Channel.CHATGPT, Basis.OBSERVED, Billing.SUBSCRIPTION, Basis.OBSERVED)
    if name is None or name == _OPENAI:
        if account:
            return Payer(Channel.CHATGPT, Basis.SHAPE, Billing.SUBSCRIPTION, Basis.SHAPE)
        return Payer(Channel.OPENAI, Basis.DEFAULT, Billing.UNKNOWN, Basis.DEFAULT)
    channel = next((channel for shape, channel in _CUSTOM if shape.search(name)), Channel.OTHER)
    return Payer(channel, Basis.SHAPE, Billing.UNKNOWN, Basis.DEFAULT)


@lru_cache(maxsize=256)
def maker(name: str | None, model: str | None) -> tuple[Provider, Basis]:
    """Who made the model: OpenAI where Codex's built-in provider is used, else judged by the model's name."""
    if name == _OPENAI:
        return Provider.OPENAI, Basis.OBSERVED
    if name is None:
        return Provider.OPENAI, Basis.DEFAULT
    made = next((made for shape, made in _MAKERS if model and shape.search(model)), Provider.OTHER)
    return made, Basis.SHAPE
