"""Everything on the providers' hosts that costs nothing: what the clients ask for around their calls."""

from collections.abc import Mapping
from typing import Any

from tests.support.provider.message import Answer, Request, answer_json

EMPTY = 204
WELCOME: Mapping[str, Mapping[str, Any]] = {
    "/v1/models": {"object": "list", "data": []},
    "/backend-api/wham/config/bundle": {},
    "/backend-api/ps/plugins/installed": {"plugins": []},
    "/v1/analytics/codex/turn-costs": {"turns": []},
    "/inference-profiles": {"inferenceProfileSummaries": []},
    "/token": {"access_token": "invented", "token_type": "Bearer", "expires_in": 3600},
    "/api/event_logging/v2/batch": {},
    "/otlp/v1/metrics": {},
}
"""Answered with 200; the rest gets a 404, which neither client minds."""
ACCOUNTS = "/backend-api/wham/accounts/check"
COUNTED = 42
"""The answer of every token count."""


async def serve_free(request: Request, answer: Answer) -> None:
    """Answer something that is not billed."""
    if request.method == "HEAD":
        await answer.start(200, {"content-length": "0"})
        await answer.end()
    elif request.path.endswith("/count_tokens") or request.plain_path.endswith("count-tokens:rawPredict"):
        await answer_json(answer, 200, {"input_tokens": COUNTED})
    elif request.plain_path.endswith("/count-tokens"):
        await answer_json(answer, 200, {"inputTokens": COUNTED})
    elif request.path == ACCOUNTS:
        await answer_json(answer, 200, _accounts(request.headers.get("chatgpt-account-id", "")))
    elif request.path in WELCOME:
        await answer_json(answer, 200, WELCOME[request.path])
    else:
        error = {"type": "error", "error": {"type": "not_found_error", "message": "Not found"}}
        await answer_json(answer, 404, error)


def _accounts(account: str) -> dict[str, Any]:
    """Where a ChatGPT workspace is served; Codex 0.169.0 makes no call before it knows."""
    entry = {
        "id": account,
        "name": "Acme",
        "plan_type": "team",
        "structure": "workspace",
        "workspace_backend_origin": "https://chatgpt.com",
        "account_routing_override": "NO_CONSTRAINT",
    }
    return {"accounts": [entry], "account_ordering": [account], "default_account_id": account}
