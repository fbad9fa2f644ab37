"""Which exchanges with Anthropic's own host, and with Claude on Microsoft Foundry, are billed and read.

Only making a message costs. Counting tokens, creating, listing and polling batches, files, models and everything else
under `/api/` is free and has no reader; the results of a batch are what its messages cost.
"""

import re

from tollbook.sighting import Scope
from tollbook.vocabulary import Basis, Channel, Purpose
from tollbook_agent.capture.wire.anthropic_answers import Answer
from tollbook_agent.capture.wire.anthropic_batch import BatchAnswer
from tollbook_agent.capture.wire.anthropic_exchange import AnthropicMessages, Front
from tollbook_agent.capture.wire.anthropic_message import Notes
from tollbook_agent.capture.wire.exchange import Reader, Request, Response

HOST = "api.anthropic.com"
MESSAGES = "/v1/messages"
_BATCH_RESULTS = re.compile(r"/v1/messages/batches/[^/]+/results")
_FOUNDRY_HOST = re.compile(r"(?P<resource>[a-z0-9-]+)\.services\.ai\.azure\.com\.?")
_FOUNDRY_PATH = "/anthropic/v1/messages"


def open_exchange(request: Request) -> Reader | None:
    """The reader of an exchange; `None` for what is not billed or not ours."""
    host, path = host_of(request), path_of(request)
    if host == HOST and request.method == "POST" and path == MESSAGES:
        return AnthropicMessages(request, Front(Channel.ANTHROPIC, "wire anthropic", metered=False, own_host=True))
    if host == HOST and request.method == "GET" and _BATCH_RESULTS.fullmatch(path):
        return AnthropicMessages(request, _BATCH, _batch)
    foundry = _FOUNDRY_HOST.fullmatch(host)
    if foundry and request.method == "POST" and path == _FOUNDRY_PATH:
        scope = Scope(account=foundry["resource"])
        return AnthropicMessages(
            request,
            Front(
                Channel.AZURE, "wire foundry", scope, request_ids=("request-id", "apim-request-id"), names_model=False
            ),
        )
    return None


def host_of(request: Request) -> str:
    """The host in lower case, without the root's dot."""
    return request.host.lower().removesuffix(".")


def path_of(request: Request) -> str:
    """The path without its query and without a slash at its end."""
    return request.path.partition("?")[0].rstrip("/")


_BATCH = Front(
    Channel.ANTHROPIC,
    "wire anthropic batch",
    metered=False,
    request_ids=(),  # it names the download, not the calls
    purpose=Purpose.OTHER,
    basis={"started_at": Basis.DEFAULT},  # that of the download
)


def _batch(head: Response, notes: Notes) -> Answer:
    del head
    return BatchAnswer(notes)
