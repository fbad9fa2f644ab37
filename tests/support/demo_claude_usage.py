"""Token counts in Claude Code's own words: in a line of a response, and summed up at the end of a session."""

from collections.abc import Sequence
from typing import Any

from tests.support.demo_story import HAIKU, OLD_OPUS, OPUS, SONNET, Call, Session

_MICRO_USD: dict[str, tuple[int, int, int, int, int]] = {
    OPUS: (4_000, 200, 5_000, 8_000, 20_000),
    SONNET: (2_000, 100, 2_500, 4_000, 10_000),
    HAIKU: (100, 10, 125, 200, 500),
    OLD_OPUS: (5_000, 500, 6_250, 10_000, 25_000),
}
"""List prices of a thousand tokens: input, cache read, cache write for 5 minutes and for an hour, output."""


def usage_of(call: Call) -> dict[str, Any]:
    """`message.usage`, with an advisor's tokens where the API puts them: among the iterations, not in the sums."""
    own = _counts(call.input, call.cache_read, call.cache_write_5m, call.cache_write_1h, call.output)
    iterations: list[dict[str, Any]] = [{"type": "message", **own}]
    if call.advisor is not None:
        model, asked, answered = call.advisor
        iterations.append({"type": "advisor_message", "model": model, **_counts(asked, 0, 0, 0, answered)})
    return {
        **own,
        "output_tokens_details": {"thinking_tokens": call.reasoning},
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "service_tier": "standard",
        "inference_geo": "not_available",
        "iterations": iterations,
        "speed": "standard",
        "fallback_credit": None,
    }


def _counts(fresh: int, read: int, short: int, long: int, output: int) -> dict[str, Any]:
    return {
        "input_tokens": fresh,
        "cache_creation_input_tokens": short + long,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
        "output_tokens": output,
    }


def cost_state(session_id: str, sessions: Sequence[Session]) -> dict[str, Any]:
    """The client's own sums of a session and its subagents."""
    sums: dict[str, list[int]] = {}
    for session in sessions:
        for call in session.calls:
            own = (call.input, call.cache_read, call.cache_write_5m, call.cache_write_1h, call.output)
            _add(sums, session.model, own)
            if call.advisor is not None:
                _add(sums, call.advisor[0], (call.advisor[1], 0, 0, 0, call.advisor[2]))
    models = {model: _model_usage(model, counts) for model, counts in sums.items()}
    total = round(sum(each["costUSD"] for each in models.values()), 9)
    state = {"type": "cost-state", "sessionId": session_id, "totalCostUSD": total, "totalAPIDuration": 48_200}
    return {**state, "totalLinesAdded": 31, "totalLinesRemoved": 12, "modelUsage": models, "hasUnknownModelCost": False}


def _add(sums: dict[str, list[int]], model: str, counts: tuple[int, ...]) -> None:
    known = sums.setdefault(model, [0] * len(counts))
    sums[model] = [left + right for left, right in zip(known, counts, strict=True)]


def _model_usage(model: str, counts: list[int]) -> dict[str, Any]:
    fresh, read, short, long, output = counts
    micro = sum(count * price for count, price in zip(counts, _MICRO_USD[model], strict=True))
    return {
        "inputTokens": fresh,
        "outputTokens": output,
        "cacheReadInputTokens": read,
        "cacheCreationInputTokens": short + long,
        "cacheCreationEphemeral5mInputTokens": short,
        "cacheCreationEphemeral1hInputTokens": long,
        "webSearchRequests": 0,
        "costUSD": micro / 1e9,
    }
