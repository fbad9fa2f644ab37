"""Which requests are calls of the OpenAI family, Gemini and Cursor, and who bills for them."""

import pytest

from tests.agent.wire.openai_recording import STARTED, reader_of
from tollbook.vocabulary import Channel
from tollbook_agent.capture.wire import azure, codex_socket, gemini_route, openai_payer
from tollbook_agent.capture.wire.exchange import Request

CALLS = [
    ("api.openai.com", "/v1/responses"),
    ("api.openai.com", "/v1/responses?stream=true"),
    ("us.api.openai.com", "/v1/responses/"),
    ("API.OpenAI.com.", "/v1/responses/compact"),
    ("api.openai.com", "/v1/chat/completions"),
    ("chatgpt.com", "/backend-api/codex/responses"),
    ("eu.workspace.example", "/backend-api/codex/responses/compact"),
    ("acme.openai.azure.com", "/openai/deployments/d-1/chat/completions?api-version=1"),
    ("acme.openai.azure.com", "/openai/deployments/d-1/responses"),
    ("acme.cognitiveservices.azure.com", "/openai/responses?api-version=preview"),
    ("acme.services.ai.azure.com", "/models/chat/completions"),
    ("acme.azure-api.net", "/openai/v1/responses"),
    ("generativelanguage.googleapis.com", "/v1beta/models/gemini-3.8-flash:generateContent"),
    ("generativelanguage.googleapis.com", "/v1/models/gemini-3.8-flash:streamGenerateContent?alt=sse"),
    ("aiplatform.googleapis.com", "/v1/publishers/google/models/gemini-3.8-flash:generateContent"),
    ("aiplatform.googleapis.com", "/v1/projects/p/locations/global/publishers/google/models/g:generateContent"),
    ("aiplatform.eu.rep.googleapis.com", "/v1/projects/p/locations/eu/publishers/google/models/g:generateContent"),
    ("api2.cursor.sh", "/agent.v1.AgentService/RunSSE"),
    ("agentn.api5.cursor.sh", "/agent.v1.AgentService/Run"),
]
FREE = [
    ("POST", "api.openai.com", "/v1/responses/resp_1/cancel"),
    ("POST", "api.openai.com", "/v1/responses/input_tokens"),
    ("GET", "api.openai.com", "/v1/responses/resp_1"),
    ("GET", "api.openai.com", "/v1/responses/resp_1/input_items"),
    ("DELETE", "api.openai.com", "/v1/responses/resp_1"),
    ("GET", "api.openai.com", "/v1/models"),
    ("POST", "api.openai.com", "/v1/analytics/codex/turn-costs"),
    ("GET", "chatgpt.com", "/backend-api/codex/models"),
    ("POST", "chatgpt.com", "/backend-api/codex/analytics-events/events"),
    ("POST", "chatgpt.com", "/backend-api/conversation"),
    ("POST", "chatgpt.com", "/backend-api/wham/accounts/check"),
    ("GET", "acme.openai.azure.com", "/openai/v1/models"),
    ("POST", "acme.services.ai.azure.com", "/anthropic/v1/messages"),
    ("POST", "openai.azure.com.example.com", "/openai/v1/responses"),
    ("POST", "api.openai.com.example.com", "/v1/responses"),
    ("POST", "generativelanguage.googleapis.com", "/v1beta/models/g:countTokens"),
    ("POST", "generativelanguage.googleapis.com", "/v1beta/models/g:embedContent"),
    ("GET", "generativelanguage.googleapis.com", "/v1beta/models"),
    (
        "POST",
        "us-east5-aiplatform.googleapis.com",
        "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
    ),
    ("POST", "api2.cursor.sh", "/aiserver.v1.BidiService/BidiAppend"),
    ("POST", "cursor.sh.example.com", "/agent.v1.AgentService/Run"),
]


def request(method: str, host: str, path: str, **headers: str) -> Request:
    return Request(method, host, 443, path, headers, STARTED)


@pytest.mark.parametrize(("host", "path"), CALLS)
def test_calls_are_read(host: str, path: str) -> None:
    assert reader_of(request("POST", host, path)) is not None


@pytest.mark.parametrize(("method", "host", "path"), FREE)
def test_what_is_free_or_not_ours_is_not_read(method: str, host: str, path: str) -> None:
    assert reader_of(request(method, host, path)) is None
    assert codex_socket.open_socket(request(method, host, path)) is None


@pytest.mark.parametrize(
    ("host", "path"), [("api.openai.com", "/v1/responses"), ("chatgpt.com", "/backend-api/codex/responses")]
)
def test_sockets_are_read(host: str, path: str) -> None:
    assert codex_socket.open_socket(request("GET", host, path)) is not None
    assert codex_socket.open_socket(request("POST", host, path)) is None


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses/compact", "/v1/realtime"])
def test_other_sockets_are_not_read(path: str) -> None:
    assert codex_socket.open_socket(request("GET", "api.openai.com", path)) is None


@pytest.mark.parametrize(("host", "region"), [("api.openai.com", None), ("eu.api.openai.com", "eu")])
def test_the_host_tells_the_region(host: str, region: str | None) -> None:
    route = openai_payer.route(request("POST", host, "/v1/responses"))
    assert route is not None
    assert route.payer.scope.region == region
    assert route.payer.scope.endpoint_scope == (None if region is None else "regional")


@pytest.mark.parametrize(
    ("host", "location", "scope"),
    [
        ("aiplatform.googleapis.com", "global", "global"),
        ("aiplatform.us.rep.googleapis.com", "us", "geo"),
        ("us-east5-aiplatform.googleapis.com", "us-east5", "regional"),
    ],
)
def test_the_location_tells_the_scope_of_vertex(host: str, location: str, scope: str) -> None:
    path = f"/v1/projects/made/locations/{location}/publishers/google/models/gemini-3.8%2Dflash:generateContent"
    route = gemini_route.gemini_route(request("POST", host, path))
    assert route is not None
    assert (route.channel, route.model) == (Channel.VERTEX, "gemini-3.8-flash")
    assert (route.scope.project, route.scope.region, route.scope.endpoint_scope) == ("made", location, scope)


def test_foundry_claude_is_left_to_its_own_reader() -> None:
    assert azure.open_exchange(request("POST", "acme.services.ai.azure.com", "/anthropic/v1/messages")) is None
