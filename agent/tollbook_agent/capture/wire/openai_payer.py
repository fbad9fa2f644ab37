"""Who bills for a call to OpenAI's own hosts: the API by host and region, ChatGPT's back end by its path.

Regional hosts (`us.`, `eu.`, ... before `api.openai.com`) cost a premium whatever project the key belongs to, so the
host decides (OpenAI's guide to data residency). ChatGPT's workspaces may have an origin of their own (data residency):
its path is the mark, not its host.
"""

import re
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from tollbook.sighting import Scope
from tollbook.vocabulary import Billing, Channel
from tollbook_agent.capture.wire.exchange import Request
from tollbook_agent.capture.wire.openai_call import Headers, Payer, name

_API = re.compile(r"(?:(?P<region>[a-z]{2})\.)?api\.openai\.com\.?")
_BACK_END = "/backend-api/codex"
_REGIONAL = "regional"


class Api(StrEnum):
    """The protocols that are billed by the token and read here."""

    RESPONSES = "/responses"
    COMPACT = "/responses/compact"
    CHAT = "/chat/completions"


class Route(NamedTuple):
    """What a request asks for, and who bills for it."""

    api: Api
    payer: Payer


def path_of(request: Request) -> str:
    """The path without query and without a slash at its end."""
    return request.path.partition("?")[0].rstrip("/")


def route(request: Request) -> Route | None:
    """The route of a request to OpenAI's own hosts; `None` for what is free or not read.

    Only creating costs: `GET /v1/responses/{id}`, `/cancel`, `/input_tokens` and lists of models are free.
    """
    path = path_of(request)
    if path.startswith(_BACK_END):
        api = path.removeprefix(_BACK_END)
        if api in (Api.RESPONSES, Api.COMPACT):
            account = name(request.headers.get("chatgpt-account-id"))
            return Route(Api(api), Payer(Channel.CHATGPT, Billing.SUBSCRIPTION, Scope(account=account)))
        return None
    host = _API.fullmatch(request.host.lower())
    if host is None or not path.startswith("/v1/"):
        return None
    api = path.removeprefix("/v1")
    if api not in Api:
        return None
    region = host["region"]
    scope = Scope(
        organization=name(request.headers.get("openai-organization")),
        project=name(request.headers.get("openai-project")),
        region=region,
        endpoint_scope=_REGIONAL if region else None,
    )
    return Route(Api(api), Payer(Channel.OPENAI, Billing.METERED, scope, answered=_answered))


def _answered(scope: Scope, headers: Headers) -> Scope:
    """Organization and project as the answer names them: the key's own, where the request named none."""
    return replace(
        scope,
        organization=name(headers.get("openai-organization")) or scope.organization,
        project=name(headers.get("openai-project")) or scope.project,
    )
