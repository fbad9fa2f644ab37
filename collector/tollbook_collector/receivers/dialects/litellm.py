"""What both engines of LiteLLM's proxy share: the virtual key's owner, the ids of the provider, the kept cache."""

from collections.abc import Iterable, Mapping
from typing import Any

from tollbook.vocabulary import Evidence, Tool
from tollbook.work import Work
from tollbook_collector.receivers.dialects.business import both, listed, tags_of, work_of

_HEADERS = (
    "llm_provider-request-id",
    "llm_provider-x-request-id",
    "llm_provider-x-amzn-requestid",
    "llm_provider-x-amzn-RequestId",
)
"""How LiteLLM passes on the headers in which providers name a request."""
_AGENTS = (("claude-cli/", Tool.CLAUDE_CODE), ("codex", Tool.CODEX), ("cursor", Tool.CURSOR))
_NO_TAGS = frozenset({"tags", "session_id", "trace_id", "user_id", "model_group"})


def key_owner(
    *,
    team: str | None,
    team_id: str | None,
    user: str | None,
    email: str | None,
    end_user: str | None,
    alias: str | None,
    organization: str | None,
    extra: Mapping[str, Any],
) -> Work:
    """What a virtual key says of a call. `extra` is the metadata of the key's team."""
    named = [("key", alias), ("organization", organization), ("team_id", team_id if team else None)]
    tags = tags_of([*named, *extra.items()])
    return work_of(Evidence.GATEWAY_KEY, tags, engineer=email, user=user, team=team or team_id, customer=end_user)


def requester(*documents: Mapping[str, Any]) -> Work:
    """What the request itself says: its tags, and every other short scalar of its metadata."""
    pairs: list[tuple[str, object]] = []
    for each in documents:
        pairs += listed(each.get("tags"))
        pairs += [(name, value) for name, value in each.items() if name not in _NO_TAGS]
    return work_of(Evidence.METADATA, tags_of(pairs))


def together(key: Work, request: Work) -> Work:
    """The key's word first, then the request's."""
    return both(key, request)


def provider_request_id(headers: Mapping[str, Any]) -> str | None:
    """The provider's id of the request, from the headers LiteLLM passes on."""
    found = (headers.get(name) for name in _HEADERS)
    return next((value for value in found if isinstance(value, str) and value), None)


def tool_of(user_agent: str | None) -> Tool:
    """The program that asked, from the beginning of its User-Agent."""
    agent = (user_agent or "").lower()
    return next((tool for start, tool in _AGENTS if agent.startswith(start)), Tool.OTHER)


def host_of(url: object) -> str | None:
    """The host of an address such as `https://api.anthropic.com/v1`; credentials and path stay behind."""
    if not isinstance(url, str) or "://" not in url:
        return None
    authority = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return authority.partition(":")[0] or None


def call_name(call_id: str | None, *attempt: int | None) -> str | None:
    """The gateway's id of a call, with the attempt where there was more than one."""
    if not call_id:
        return None
    tries = [str(each) for each in attempt if each]
    return "#".join((f"litellm:{call_id}", *tries))


def first_text(values: Iterable[object]) -> str | None:
    return next((value for value in values if isinstance(value, str) and value), None)
