"""The mock provider is understood by the vendors' own packages, which read from it exactly what it books."""

import asyncio
import base64
import json
import socket
import ssl
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from botocore.eventstream import EventStreamBuffer  # pyright: ignore[reportMissingTypeStubs]
from websockets.asyncio.client import connect

from tests.support.provider.ledger import Entry, Outcome
from tests.support.provider.process import Provider, provider

ANTHROPIC, OPENAI = "claude-opus-5-5", "gpt-6.1-sol"
BEDROCK = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/eu.anthropic.claude-opus-5-5"
SECONDS = 20.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Provider]:
    with provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture
def web(served: Provider) -> Generator[httpx2.Client]:
    """A client whose requests all go to the mock."""
    trust = ssl.create_default_context(cafile=str(served.ca))
    with httpx2.Client(proxy=f"http://127.0.0.1:{served.tunnel}", verify=trust, http2=True, timeout=SECONDS) as client:
        yield client


def booked(served: Provider, response_id: str) -> Entry:
    """The entry of an answer."""

    def there(entries: list[Entry]) -> bool:
        return any(entry.response_id == response_id for entry in entries)

    served.wait_for(there, SECONDS)
    (found,) = (entry for entry in served.entries() if entry.response_id == response_id)
    return found


def anthropic_counts(usage: Any) -> dict[str, int]:
    """The counts of Anthropic's package by our names."""
    return {
        "input": usage.input_tokens,
        "cache_read": usage.cache_read_input_tokens,
        "cache_write_5m": usage.cache_creation.ephemeral_5m_input_tokens,
        "cache_write_1h": usage.cache_creation.ephemeral_1h_input_tokens,
        "output": usage.output_tokens,
    }


def openai_counts(usage: Any) -> dict[str, int]:
    """The counts of OpenAI's package by our names; it counts cached and written tokens within the input."""
    inside = usage.input_tokens_details
    return {
        "input": usage.input_tokens - inside.cached_tokens - inside.cache_write_tokens,
        "cache_read": inside.cached_tokens,
        "cache_write_30m": inside.cache_write_tokens,
        "output": usage.output_tokens,
        "reasoning": usage.output_tokens_details.reasoning_tokens,
    }


def counts(entry: Entry, *names: str) -> dict[str, int]:
    """The counts of an entry under these names."""
    assert entry.usage is not None
    return {name: entry.usage[name] for name in names}


def asked(script: str) -> Any:
    return [{"role": "user", "content": f"[[script:{script}]] Please."}]


def test_anthropic_streams_in_every_encoding(served: Provider, web: httpx2.Client) -> None:
    client = anthropic.Anthropic(api_key="invented", http_client=web)
    encodings: set[str] = set()
    for _ in range(5):
        with client.messages.stream(model=ANTHROPIC, max_tokens=99, messages=asked("simple")) as stream:
            message = stream.get_final_message()
        entry = booked(served, message.id)
        told = anthropic_counts(message.usage)
        assert told == counts(entry, *told)
        assert entry.outcome is Outcome.COMPLETE
        encodings.add(entry.encoding)
    assert encodings >= {"identity", "gzip", "deflate"}


def test_anthropic_plain(served: Provider, web: httpx2.Client) -> None:
    client = anthropic.Anthropic(api_key="invented", http_client=web)
    raw = client.messages.with_raw_response.create(model=ANTHROPIC, max_tokens=99, messages=asked("simple"))
    message = raw.parse()
    entry = booked(served, message.id)
    told = anthropic_counts(message.usage)
    assert told == counts(entry, *told)
    assert (entry.transport, entry.request_id) == ("plain", raw.headers["request-id"])


def test_refusal_is_not_billed_and_the_next_try_is(served: Provider, web: httpx2.Client) -> None:
    client = anthropic.Anthropic(api_key="invented", http_client=web, max_retries=0)
    with pytest.raises(anthropic.RateLimitError) as refused:
        client.messages.create(model=ANTHROPIC, max_tokens=99, messages=asked("rate-limited"))
    (first,) = (entry for entry in served.entries() if entry.request_id == refused.value.request_id)
    assert (first.billed, first.usage, first.outcome) == (False, None, Outcome.ERROR)
    message = client.messages.create(model=ANTHROPIC, max_tokens=99, messages=asked("rate-limited"))
    assert booked(served, message.id).attempt == 2


@pytest.mark.parametrize("script", ["cut-at-start", "cut-in-content"])
def test_broken_stream_is_booked_as_far_as_it_came(served: Provider, web: httpx2.Client, script: str) -> None:
    client = anthropic.Anthropic(api_key="invented", http_client=web)
    broken = pytest.raises((httpx2.HTTPError, anthropic.APIConnectionError))
    with broken, client.messages.stream(model=ANTHROPIC, max_tokens=99, messages=asked(script)) as stream:
        stream.until_done()
    served.wait_for(lambda entries: any(entry.script == script for entry in entries), SECONDS)
    (entry,) = (entry for entry in served.entries() if entry.script == script)
    assert entry.outcome is Outcome.BROKEN
    assert entry.usage is not None
    assert entry.usage["input"] > 0
    assert entry.usage["output"] < 50 if script == "cut-at-start" else entry.usage["output"] > 3


def test_bedrock_frames_are_those_of_aws(served: Provider, web: httpx2.Client) -> None:
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, "messages": asked("tool-loop")}
    answer = web.post(f"{BEDROCK}/invoke-with-response-stream", json=body)
    buffer: Any = EventStreamBuffer()
    buffer.add_data(answer.content)
    events: list[Any] = [json.loads(base64.b64decode(json.loads(frame.payload)["bytes"])) for frame in buffer]
    entry = booked(served, events[0]["message"]["id"])
    metrics = events[-1]["amazon-bedrock-invocationMetrics"]
    assert entry.usage is not None
    assert metrics["inputTokenCount"] == entry.usage["input"]
    assert metrics["outputTokenCount"] == entry.usage["output"]
    assert (entry.channel, entry.model) == ("bedrock", ANTHROPIC)
    assert entry.request_id == answer.headers["x-amzn-requestid"]


def test_openai_over_http2(served: Provider, web: httpx2.Client) -> None:
    client = openai.OpenAI(api_key="invented", http_client=web)
    streamed = list(client.responses.create(model=OPENAI, input=asked("simple"), stream=True))
    last = streamed[-1]
    assert last.type == "response.completed"
    plain = client.responses.create(model=OPENAI, input=asked("simple"))
    for response in (last.response, plain):
        entry = booked(served, response.id)
        told = openai_counts(response.usage)
        assert told == counts(entry, *told)
        assert (entry.http_version, entry.channel) == ("2", "openai")


def test_openai_over_websocket_many_calls_a_socket(served: Provider) -> None:
    ids = asyncio.run(converse(served, (False, True, True)))
    entries = [booked(served, response_id) for response_id in ids]
    assert [entry.outcome for entry in entries] == [Outcome.PREWARM, Outcome.COMPLETE, Outcome.COMPLETE]
    assert [entry.billed for entry in entries] == [False, True, True]
    assert len({entry.request_id for entry in entries}) == 1  # it is the socket's


async def converse(served: Provider, generating: Sequence[bool]) -> list[str]:
    """One request after the other on one socket; the ids of their responses."""
    trust = ssl.create_default_context(cafile=str(served.ca))
    ids: list[str] = []
    here: Any = {"host": "127.0.0.1", "port": served.port, "ssl": trust, "proxy": None}
    async with asyncio.timeout(SECONDS), connect("wss://api.openai.com/v1/responses", **here) as client:
        assert client.response is not None
        assert "permessage-deflate" in client.response.headers["sec-websocket-extensions"]
        for generate in generating:
            frame = {"type": "response.create", "model": OPENAI, "input": asked("simple")}
            await client.send(json.dumps(frame if generate else {**frame, "generate": False}))
            while (event := json.loads(await client.recv()))["type"] != "response.completed":
                pass
            ids.append(str(event["response"]["id"]))
    return ids


def test_what_is_free_is_not_booked(served: Provider, web: httpx2.Client) -> None:
    before = len(served.entries())
    client = anthropic.Anthropic(api_key="invented", http_client=web)
    counted = client.messages.count_tokens(model=ANTHROPIC, messages=asked("simple"))
    assert counted.input_tokens > 0
    assert web.get("https://api.anthropic.com/api/claude_code/settings").status_code == 404
    assert len(served.entries()) == before


def test_certificates_name_the_host_that_was_asked_for(served: Provider) -> None:
    trust = ssl.create_default_context(cafile=str(served.ca))
    for host in ("api.anthropic.com", "us-east5-aiplatform.googleapis.com"):
        with (
            socket.create_connection(("127.0.0.1", served.port)) as plain,
            trust.wrap_socket(plain, server_hostname=host) as secure,
        ):
            shown: Any = secure.getpeercert()
            assert shown["subjectAltName"] == (("DNS", host),)


def test_nothing_went_wrong_inside(served: Provider) -> None:
    assert Path(served.ledger.parent, "errors").read_text(encoding="utf-8") == ""
