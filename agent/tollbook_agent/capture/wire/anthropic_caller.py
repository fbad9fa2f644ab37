"""Who makes a call and what for, as the request of a client of Anthropic's says.

Headers are those observed of Claude Code 2.1.330. Its request class, prompt id and client request id are sent to
Anthropic's own host only; session and agent ids to the clouds too. Earlier versions have the session only in
`metadata.user_id`: a JSON text since 2.1, before that `user_<hash>_account_<uuid>_session_<uuid>`. Of that field
nothing but session and account is kept: the device id is a fingerprint, and other programs put names of people there.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct

from tollbook.vocabulary import Basis, Billing, Purpose, Tool
from tollbook_agent.capture.wire.anthropic_answers import name
from tollbook_agent.capture.wire.anthropic_message import NOT_JSON
from tollbook_agent.capture.wire.exchange import KEY_CLASS
from tollbook_agent.capture.wire.fields import Fields

PATHS: tuple[str, ...] = (
    "model",
    "stream",
    "speed",
    "inference_geo",
    "max_tokens",
    "inferenceConfig.maxTokens",
    "metadata.user_id",
)
"""What is read of a request's body."""
_PURPOSES: Mapping[str, Purpose] = {
    "main": Purpose.TURN,
    "subagent": Purpose.SUBAGENT,
    "workflow": Purpose.SUBAGENT,
    "compaction": Purpose.COMPACTION,
}
"""By request class. `auxiliary` is a title, a summary of a page or a check of a command: only the prompt could tell
which, and is not read. It is `other`, as are `side_reply` and all that is not known."""
_AUXILIARY = "auxiliary"
_OLD_USER = re.compile(r"user_[0-9a-f]*_account_(?P<account>[0-9a-f-]*)_session_(?P<session>[0-9a-f-]+)")
_OVERAGE = "overage"


class _User(Struct, gc=False):
    account_uuid: str | None = None
    session_id: str | None = None


class Caller(NamedTuple):
    """What a request says of itself."""

    tool: Tool
    session_id: str | None
    account: str | None
    turn_id: str | None
    agent_id: str | None
    parent_agent_id: str | None
    purpose: Purpose | None
    basis: Mapping[str, Basis]


def caller_of(headers: Mapping[str, str], body: Fields) -> Caller:
    """The caller, from the request's headers and what was read of its body."""
    tool = Tool.CLAUDE_CODE if headers.get("user-agent", "").startswith("claude-cli/") else Tool.OTHER
    account, session = _user(body.values.get("metadata.user_id"))
    agent_id = name(headers.get("x-claude-code-agent-id"))
    purpose, basis = _purpose(headers, body.values, tool, agent_id)
    return Caller(
        tool=tool,
        session_id=name(headers.get("x-claude-code-session-id")) or session,
        account=account,
        turn_id=name(headers.get("x-claude-code-prompt-id")),
        agent_id=agent_id,
        parent_agent_id=name(headers.get("x-claude-code-parent-agent-id")),
        purpose=purpose,
        basis={} if basis is None else {"purpose": basis},
    )


def _user(user_id: object) -> tuple[str | None, str | None]:
    """Account and session of `metadata.user_id`, where it has one of the two forms of Claude Code."""
    if not isinstance(user_id, str):
        return None, None
    old = _OLD_USER.fullmatch(user_id)
    if old is not None:
        return name(old["account"]), name(old["session"])
    try:
        user = msgspec.json.decode(user_id, type=_User)
    except (*NOT_JSON, UnicodeEncodeError):
        return None, None
    return name(user.account_uuid), name(user.session_id)


def _purpose(
    headers: Mapping[str, str], values: Mapping[str, str | int | bool], tool: Tool, agent_id: str | None
) -> tuple[Purpose | None, Basis | None]:
    """Why the call was made, and how that is known where nothing says so."""
    request_class = headers.get("x-claude-code-request-class")
    if headers.get("x-claude-code-compaction"):
        return Purpose.COMPACTION, None
    if request_class in (None, _AUXILIARY) and _asks_for_one_token(values):
        return Purpose.PROBE, Basis.SHAPE
    if request_class is not None:
        return _PURPOSES.get(request_class, Purpose.OTHER), None
    if agent_id is not None:
        return Purpose.SUBAGENT, None
    # Towards the clouds a title and a turn look alike.
    return (Purpose.TURN, Basis.DEFAULT) if tool is Tool.CLAUDE_CODE else (None, None)


def _asks_for_one_token(values: Mapping[str, str | int | bool]) -> bool:
    """Whether this is a look whether a model answers, as Claude Code does at its start."""
    asked = values.get("max_tokens", values.get("inferenceConfig.maxTokens"))
    return asked is not True and asked == 1


def billing_of(request: Mapping[str, str], response: Mapping[str, str]) -> Billing:
    """How a call to Anthropic itself is paid: by the class of the credential, then by the plan's rate limits.

    Only a plan's answers carry `anthropic-ratelimit-unified-*`. Where the plan is used up and overage serves the call,
    it is metered.
    """
    key = request.get(KEY_CLASS)
    if key == "api_key":
        return Billing.METERED
    status = response.get("anthropic-ratelimit-unified-status")
    if status is None or key not in ("bearer", "oauth"):
        return Billing.UNKNOWN
    overage = response.get("anthropic-ratelimit-unified-overage-status", "")
    claim = response.get("anthropic-ratelimit-unified-representative-claim")
    over = claim == _OVERAGE or (status == "rejected" and overage.startswith("allowed"))
    return Billing.METERED if over else Billing.SUBSCRIPTION
