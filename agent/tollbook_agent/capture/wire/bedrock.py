"""Which exchanges with Amazon's hosts are billed and read: Bedrock, its Anthropic-shaped front, Anthropic's platform.

* `bedrock-runtime.<region>`: InvokeModel and Converse, plain and streamed. `count-tokens` is free.
* `bedrock-mantle.<region>.api.aws/anthropic/v1/messages`: Anthropic's own protocol, billed by Bedrock.
* `aws-external-anthropic.<region>.api.aws/v1/messages`: Claude Platform on AWS, billed through the AWS Marketplace.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from tollbook.sighting import Scope
from tollbook.vocabulary import Basis, Channel, Provider
from tollbook_agent.capture.wire.anthropic import MESSAGES, host_of, path_of
from tollbook_agent.capture.wire.anthropic_answers import Answer, name
from tollbook_agent.capture.wire.anthropic_exchange import AnthropicMessages, Front
from tollbook_agent.capture.wire.anthropic_message import Notes
from tollbook_agent.capture.wire.bedrock_answers import (
    ConverseAnswer,
    ConverseStreamAnswer,
    InvokeAnswer,
    InvokeStreamAnswer,
)
from tollbook_agent.capture.wire.bedrock_model import model_id
from tollbook_agent.capture.wire.exchange import Reader, Request, Response

_RUNTIME = re.compile(
    r"(?:vpce-[a-z0-9-]+\.)?bedrock-runtime(?:-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)"
)
_MANTLE = re.compile(r"bedrock-mantle\.(?P<region>[a-z0-9-]+)\.api\.aws")
_PLATFORM = re.compile(r"aws-external-anthropic\.(?P<region>[a-z0-9-]+)\.api\.aws")
_OPERATION = re.compile(r"/model/(?P<model>.+)/(?P<operation>[a-z-]+)")
_REQUEST_IDS = ("x-amzn-requestid", "request-id")


def open_exchange(request: Request) -> Reader | None:
    """The reader of an exchange; `None` for what is not billed or not ours."""
    if request.method != "POST":
        return None
    host, path = host_of(request), path_of(request)
    runtime = _RUNTIME.fullmatch(host)
    if runtime:
        return _open_runtime(request, path, runtime["region"])
    mantle = _MANTLE.fullmatch(host)
    if mantle and path == f"/anthropic{MESSAGES}":
        return AnthropicMessages(request, _mantle(mantle["region"]))
    platform = _PLATFORM.fullmatch(host)
    if platform and path == MESSAGES:
        scope = Scope(region=platform["region"])
        ids = ("request-id", "x-amzn-requestid")
        return AnthropicMessages(request, Front(Channel.AWS_MARKETPLACE, "wire aws", scope, request_ids=ids))
    return None


def _mantle(region: str) -> Front:
    """The body names the model, and so the endpoint: the model as asked for tells it."""
    return Front(Channel.BEDROCK, "wire mantle", Scope(region=region), request_ids=_REQUEST_IDS)


def _open_runtime(request: Request, path: str, region: str) -> Reader | None:
    """Bedrock's own operations: the path names the model."""
    match = _OPERATION.fullmatch(path)
    make_answer = _ANSWERS.get(match["operation"]) if match else None
    if match is None or make_answer is None:
        return None
    requested = unquote(match["model"])
    told = model_id(requested)
    front = Front(
        Channel.BEDROCK,
        "wire bedrock",
        Scope(region=region, endpoint_scope=told.endpoint_scope, account=told.account),
        request_ids=_REQUEST_IDS,
        provider=told.provider or Provider.ANTHROPIC,
        requested=name(requested),
        model=name(told.model),
        # An application inference profile does not say: these clients use it for Claude.
        basis={} if told.provider else {"provider": Basis.SHAPE},
    )
    return AnthropicMessages(request, front, make_answer)


_ANSWERS: Mapping[str, Callable[[Response, Notes], Answer]] = {
    "invoke": InvokeAnswer,
    "invoke-with-response-stream": lambda _, notes: InvokeStreamAnswer(notes),
    "converse": lambda _, notes: ConverseAnswer(notes),
    "converse-stream": lambda _, notes: ConverseStreamAnswer(notes),
}
