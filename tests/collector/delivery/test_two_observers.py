"""A call that the laptop's agent sent over gRPC and a gateway over HTTP is one call, whichever came first."""

import json
import re
import urllib.request
from typing import Any

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.dialects.recording import load
from tests.collector.serve_bench import PATIENCE_SECONDS, Command, Sender
from tollbook.claim import Claim
from tollbook.vocabulary import Source

GATEWAYS = ("litellm_v2", "litellm_v1", "bifrost", "portkey")
_RESPONSE = "gen_ai.response.id"
_OWN_IDS = ("litellm.call_id", "bifrost.request.id")


def gateway_request(name: str, number: int) -> bytes:
    """What the gateway sends of call `number`: the first call of its recording, with the ids of this one."""
    request = load(name).request
    groups = [group for part in request["resourceSpans"] for group in part["scopeSpans"]]
    spans = [span for group in groups for span in group["spans"] if _RESPONSE in keys_of(span)]
    for each in spans[0]["attributes"]:
        if each["key"] == _RESPONSE:
            each["value"] = {"stringValue": f"msg_{number:024d}"}
        elif each["key"] in _OWN_IDS:
            each["value"] = {"stringValue": f"call-{number}"}
    for group in groups:
        group["spans"] = [span for span in group["spans"] if span is spans[0]]
    return re.sub(r"\breq_\w+", f"req_{number:024d}", json.dumps(request)).encode()


def keys_of(span: dict[str, Any]) -> set[str]:
    """The names of its attributes."""
    return {each["key"] for each in span["attributes"]}


def send(collector: Command, claims: list[Claim]) -> None:
    """As the agent does."""
    sender = Sender(collector.first_line["otlp_grpc"])
    assert sender.send(claims)
    sender.close()


def post(collector: Command, body: bytes) -> None:
    """As a gateway does."""
    address = f"{collector.first_line['otlp_http']}/v1/traces"
    asked = urllib.request.Request(address, body, {"content-type": "application/json"})
    with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS) as answer:
        assert json.load(answer) == {}


@pytest.mark.parametrize("laptop_first", [True, False], ids=["laptop_first", "gateway_first"])
@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_laptop_and_a_gateway_saw_one_call(collector: Command, gateway: str, laptop_first: bool) -> None:
    number = 2 * GATEWAYS.index(gateway) + laptop_first
    claims = [make_claim(number, source) for source in (Source.PROXY, Source.LOG)]
    body = gateway_request(gateway, number)
    steps = [lambda: send(collector, claims), lambda: post(collector, body)]
    for step in steps if laptop_first else steps[::-1]:
        step()
        call = the_call(collector, claims[0].ids[0].value)
    assert call["sources"] == ["proxy", "gateway", "log"]
    assert call["usage"]["cache_read"] == 1_000 + number  # of the observer nearest to the provider, not a sum
    assert call["usage"]["output"] == 33 + number
    assert (call["repo"], call["branch"]) == ("acme/payments", f"feature/PAY-{100 + number % 4}-x")
    assert call["evidence"]["team"] == "gateway_key" or gateway == "portkey"  # only the gateway knows it


def the_call(collector: Command, response_id: str) -> dict[str, Any]:
    """The only call of that response."""
    calls = collector.get("/api/v1/calls?limit=500")["calls"]
    (call,) = [call for call in calls if call["ids"].get("response") == response_id]
    return call
