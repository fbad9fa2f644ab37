"""Google's own package decodes the recordings of Gemini and gives the same counts."""

import json
from typing import Any, cast

import pytest
from google.genai.types import GenerateContentResponse

from tests.agent.wire.openai_recording import Exchange, counts_by_id, read, recorded, whole

GEMINI = [each for each in recorded("gemini") if each.response.status == 200]


@pytest.mark.parametrize("exchange", GEMINI, ids=lambda each: each.name)
def test_genai_package_counts_the_same(exchange: Exchange) -> None:
    text = exchange.answer.decode()
    if exchange.response.headers["content-type"].startswith("text/event-stream"):
        parts = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line]
    else:
        document = json.loads(text)
        parts = document if isinstance(document, list) else [document]
    answers = [part for part in cast(list[Any], parts) if "error" not in part]
    theirs = GenerateContentResponse.model_validate(answers[-1])
    used = theirs.usage_metadata
    assert used is not None
    assert used.prompt_token_count is not None
    cached, thoughts = used.cached_content_token_count or 0, used.thoughts_token_count or 0
    counts = {
        "input": used.prompt_token_count - cached + (used.tool_use_prompt_token_count or 0),
        "cache_read": cached,
        "output": (used.candidates_token_count or 0) + thoughts,
        "reasoning": thoughts,
    }
    found = counts_by_id(read(exchange, whole))
    if exchange.name == "impossible":
        assert counts["input"] < 0
        assert found == {theirs.response_id: None}
    elif exchange.name == "without_id":
        assert theirs.response_id is None
        assert found == {}
    else:
        assert found == {theirs.response_id: {name: count for name, count in counts.items() if count}}
