"""Which exchanges have a reader: what is billed, and nothing else."""

import pytest

from tests.support.anthropic_wire import FAMILIES
from tollbook.vocabulary import Provider
from tollbook_agent.capture.wire.bedrock_model import ModelId, model_id
from tollbook_agent.capture.wire.exchange import Request

BILLED = {
    "api.anthropic.com": ["/v1/messages", "/v1/messages?beta=true", "/v1/messages/"],
    "API.Anthropic.com.": ["/v1/messages"],
    "bedrock-runtime.us-east-1.amazonaws.com": [
        "/model/us.anthropic.claude-opus-5-5/invoke",
        "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke-with-response-stream",
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.anthropic.claude-opus-5-5/converse",
        "/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-5-5/converse-stream",
    ],
    "bedrock-runtime-fips.us-gov-west-1.amazonaws.com": ["/model/us-gov.anthropic.claude-opus-5-5/invoke"],
    "bedrock-runtime.us-east-1.api.aws": ["/model/us.anthropic.claude-opus-5-5/invoke"],
    "bedrock-mantle.eu-west-1.api.aws": ["/anthropic/v1/messages"],
    "aws-external-anthropic.us-west-2.api.aws": ["/v1/messages"],
    "acme.services.ai.azure.com": ["/anthropic/v1/messages"],
    "us-east5-aiplatform.googleapis.com": [
        "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-5-5:streamRawPredict",
        "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4-5%4020251101:rawPredict",
    ],
    "claude.googleapis.com": ["/v1/projects/p/locations/global/workspaces/w/invoke/v1/messages"],
}
FREE = {
    "api.anthropic.com": [
        "/v1/messages/count_tokens?beta=true",
        "/v1/messages/batches",
        "/v1/models",
        "/v1/complete/",
        "/api/event_logging/v2/batch",
        "/api/claude_code/metrics",
        "//v1/messages",
        "//[v1/messages",
        "",
    ],
    "api.anthropic.com.example.com": ["/v1/messages"],
    "bedrock-runtime.us-east-1.amazonaws.com": [
        "/model/us.anthropic.claude-opus-5-5/count-tokens",
        "/model/us.anthropic.claude-opus-5-5/invoke/more",
        "/guardrail/g/version/1/apply",
        "/v1/messages",
    ],
    "bedrock.us-east-1.amazonaws.com": ["/inference-profiles", "/model/us.anthropic.claude-opus-5-5/invoke"],
    "bedrock-mantle.eu-west-1.api.aws": ["/anthropic/v1/messages/count_tokens", "/v1/messages"],
    "aws-external-anthropic.us-west-2.api.aws": ["/v1/messages/count_tokens"],
    "acme.services.ai.azure.com": ["/anthropic/v1/messages/count_tokens", "/openai/v1/responses"],
    "acme.openai.azure.com": ["/anthropic/v1/messages"],
    "us-east5-aiplatform.googleapis.com": [
        "/v1/projects/p/locations/us-east5/publishers/anthropic/models/count-tokens:rawPredict",
        "/v1/projects/p/locations/us-east5/publishers/google/models/gemini-3.8-flash:streamGenerateContent",
    ],
    "claude.googleapis.com": ["/v1/projects/p/locations/us/workspaces/w/invoke/v1/messages/count_tokens"],
}


def readers(method: str, host: str, path: str) -> int:
    request = Request(method, host, 443, path, {}, 1)
    return sum(each.open_exchange(request) is not None for each in FAMILIES.values())


@pytest.mark.parametrize(("host", "path"), [(host, path) for host, paths in BILLED.items() for path in paths])
def test_what_is_billed_has_one_reader(host: str, path: str) -> None:
    assert readers("POST", host, path) == 1
    assert readers("GET", host, path) == readers("HEAD", host, path) == 0


@pytest.mark.parametrize(("host", "path"), [(host, path) for host, paths in FREE.items() for path in paths])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_free_has_none(method: str, host: str, path: str) -> None:
    assert readers(method, host, path) == 0


def test_batch_results_are_fetched() -> None:
    path = "/v1/messages/batches/msgbatch_1/results"
    assert readers("GET", "api.anthropic.com", path) == 1
    assert readers("POST", "api.anthropic.com", path) == readers("GET", "api.openai.com", path) == 0


A = Provider.ANTHROPIC


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("us.anthropic.claude-opus-5-5", ModelId("claude-opus-5-5", A, "geo", None)),
        ("us-gov.anthropic.claude-opus-5-5", ModelId("claude-opus-5-5", A, "geo", None)),
        ("apac.anthropic.claude-sonnet-4-20250514-v1:0", ModelId("claude-sonnet-4-20250514", A, "geo", None)),
        ("global.anthropic.claude-haiku-5-5", ModelId("claude-haiku-5-5", A, "global", None)),
        ("anthropic.claude-3-haiku-20240307-v1:0:48k", ModelId("claude-3-haiku-20240307", A, "regional", None)),
        ("openai.gpt-oss-120b-1:0", ModelId("gpt-oss-120b-1:0", Provider.OPENAI, "regional", None)),
        ("us.amazon.nova-pro-v1:0", ModelId("nova-pro", Provider.OTHER, "geo", None)),
        (
            "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.claude-opus-4-5-v1:0",
            ModelId("claude-opus-4-5", A, "regional", None),
        ),
        (
            "arn:aws:bedrock:eu-west-1:12:inference-profile/global.anthropic.claude-opus-5-5",
            ModelId("claude-opus-5-5", A, "global", "12"),
        ),
        (
            "arn:aws:bedrock:eu-west-1:12:application-inference-profile/us.anthropic.x",
            ModelId(None, None, None, "12"),
        ),
        ("arn:aws:bedrock:eu-west-1:12:provisioned-model/abcdef", ModelId(None, None, None, "12")),
        ("our-own-name", ModelId(None, None, None, None)),
        ("", ModelId(None, None, None, None)),
    ],
)
def test_model_ids_of_bedrock(text: str, told: ModelId) -> None:
    assert model_id(text) == told
