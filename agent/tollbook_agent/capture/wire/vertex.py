"""Which exchanges with Google's hosts are billed and read: Claude on Vertex AI, and Anthropic's platform there.

* `.../publishers/anthropic/models/{model}:rawPredict` and `:streamRawPredict`, Anthropic's protocol with the model in
  the path. The pseudo model `count-tokens` is free.
* `claude.googleapis.com/v1/projects/{p}/locations/{l}/workspaces/{w}/invoke/v1/messages`, as the package anthropic has
  it: Anthropic's own API behind a front of Google's, which bills it.
"""

import re
from urllib.parse import unquote

from tollbook.sighting import Scope
from tollbook.vocabulary import Channel
from tollbook_agent.capture.wire.anthropic import MESSAGES, host_of, path_of
from tollbook_agent.capture.wire.anthropic_answers import name
from tollbook_agent.capture.wire.anthropic_exchange import AnthropicMessages, Front
from tollbook_agent.capture.wire.exchange import Reader, Request

_HOST = re.compile(r"(?:[a-z0-9-]+-)?aiplatform\.googleapis\.com|aiplatform\.(?:us|eu)\.rep\.googleapis\.com")
_PREDICT = re.compile(
    r"/v1(?:beta1)?/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)"
    r"/publishers/anthropic/models/(?P<model>[^/:]+):(?:streamR|r)awPredict"
)
_MANAGED_HOST = "claude.googleapis.com"
_MANAGED = re.compile(
    r"/v1[a-z0-9]*/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)"
    r"/workspaces/(?P<workspace>[^/]+)/invoke" + re.escape(MESSAGES)
)
_FREE = "count-tokens"
_GEOGRAPHIES = ("us", "eu")


def open_exchange(request: Request) -> Reader | None:
    """The reader of an exchange; `None` for what is not billed or not ours."""
    if request.method != "POST":
        return None
    host, path = host_of(request), unquote(path_of(request))
    if host == _MANAGED_HOST:
        managed = _MANAGED.fullmatch(path)
        if managed is None:
            return None
        return AnthropicMessages(request, Front(Channel.VERTEX, "wire google", _scope(managed, managed["workspace"])))
    match = _PREDICT.fullmatch(path) if _HOST.fullmatch(host) else None
    if match is None or match["model"] == _FREE:
        return None
    front = Front(Channel.VERTEX, "wire vertex", _scope(match, None), requested=name(match["model"]))
    return AnthropicMessages(request, front)


def _scope(match: re.Match[str], workspace: str | None) -> Scope:
    """Project, location and which of the endpoints that is."""
    location = match["location"]
    kind = "global" if location == "global" else "geo" if location in _GEOGRAPHIES else "regional"
    return Scope(project=name(match["project"]), region=name(location), endpoint_scope=kind, workspace=name(workspace))
