"""Where a call to Gemini goes: the Gemini API by its key, or Vertex AI by project and location.

The Gemini API has no channel of its own: it is `other`, and so unpriced until somebody adds rates for it. Counting
tokens, embedding and everything else than generating content is not read.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

from tollbook.sighting import NO_SCOPE, Scope
from tollbook.vocabulary import Basis, Channel
from tollbook_agent.capture.wire.exchange import Request
from tollbook_agent.capture.wire.openai_call import name

_API_HOST = "generativelanguage.googleapis.com"
_VERTEX_HOST = re.compile(
    r"(?:(?P<region>[a-z0-9-]+)-)?aiplatform\.googleapis\.com|aiplatform\.(?P<geo>[a-z]+)\.rep\.googleapis\.com"
)
_METHOD = r"(?P<model>[^/:]+):(?:generateContent|(?P<stream>streamGenerateContent))"
_API_PATH = re.compile(rf"/v1(?:alpha|beta)?/models/{_METHOD}")
_VERTEX_PATH = re.compile(
    r"/v1(?:beta1)?/(?:projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/)?"
    rf"publishers/google/models/{_METHOD}"
)
_GLOBAL = "global"
_GEOGRAPHIES = frozenset({"us", "eu"})


class GeminiRoute(NamedTuple):
    """What a request asks for, and who bills for it."""

    channel: Channel
    scope: Scope
    model: str | None
    stream: bool
    basis: dict[str, Basis]


def gemini_route(request: Request) -> GeminiRoute | None:
    """The route of a request to generate content; `None` for any other."""
    host, path = request.host.lower().removesuffix("."), request.path.partition("?")[0]
    if request.method != "POST":
        return None
    if host == _API_HOST:
        match = _API_PATH.fullmatch(path)
        return None if match is None else _routed(match, Channel.OTHER, NO_SCOPE)
    if (where := _VERTEX_HOST.fullmatch(host)) and (match := _VERTEX_PATH.fullmatch(path)):
        location = match["location"] or where["region"] or where["geo"] or _GLOBAL
        return _routed(match, Channel.VERTEX, _vertex_scope(match["project"], location.lower()))
    return None


def _routed(match: re.Match[str], channel: Channel, scope: Scope) -> GeminiRoute:
    # A key of the Gemini API may be of the free tier; no answer says so.
    basis = {"billing": Basis.DEFAULT} if channel is Channel.OTHER else {}
    return GeminiRoute(channel, scope, name(unquote(match["model"])), match["stream"] is not None, basis)


def _vertex_scope(project: str | None, location: str) -> Scope:
    scope = _GLOBAL if location == _GLOBAL else "geo" if location in _GEOGRAPHIES else "regional"
    return Scope(project=name(project), region=location, endpoint_scope=scope)
