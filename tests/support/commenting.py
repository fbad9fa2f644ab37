"""A home with work on a ticket, a bill for it, and recorded hosts where its cost is told."""

import json
from pathlib import Path
from typing import Any

from tests.support.bills import RECORDINGS, TOLD_CALL
from tests.support.recorded_provider import Exchange, Provider
from tollbook_collector.cli.main import main
from tollbook_collector.comments.markdown import MARKER

CALL: dict[str, Any] = {
    **TOLD_CALL,
    "repo": "acme/shop",
    "evidence": {**TOLD_CALL["evidence"], "repo": "worktree"},
}
OTHER = {**CALL, "ids": {"response": "msg_2"}, "branch": "fix/PAY-7-again", "usage": {"output": 1_500}}
GITHUB_WORDS = ("comment", "github", "--repo", "acme/shop", "--pr", "31", "--key", "env:RECORDED_KEY")
JIRA_WORDS = ("comment", "jira", "--issue", "PAY-7", "--email", "bot@acme.example", "--key", "env:RECORDED_KEY")
COMMENTS = "/issues/31/comments"


def lay_out_work(home: Path, *calls: dict[str, Any]) -> None:
    """Import calls and a bill of their days, and reconcile the month."""
    (home / "calls.jsonl").write_text("\n".join(map(json.dumps, calls)))
    assert main(["calls", "import", str(home / "calls.jsonl")]) == 0
    bills = [str(RECORDINGS / name) for name in ("anthropic_cost.json", "anthropic_usage_1.json")]
    assert main(["bills", "import", "--pulled-at", "2026-09-16T08:00:00Z", *bills]) == 0
    assert main(["reconcile", "--period", "2026-09"]) == 0


def exchange(provider: Provider, method: str, path: str) -> Exchange:
    """The last exchange of a method whose path ends like this."""
    return [each for each in provider.exchanges if each.method == method and each.path.endswith(path)][-1]


def text_of(provider: Provider) -> str:
    """The comment that the recording expects."""
    return str(exchange(provider, "POST", COMMENTS).body["body"])


def put_comments(provider: Provider, *comments: tuple[int, str, str]) -> None:
    """Let the second page of the pull request's comments have these: (number, login, text)."""
    rows = [
        {"id": number, "user": {"login": login, "type": "Bot" if "[bot]" in login else "User"}, "body": body}
        for number, login, body in comments
    ]
    exchange(provider, "GET", COMMENTS).answer = json.dumps(rows)


def outdated() -> str:
    """A comment of ours with other figures."""
    return f"{MARKER}\n### Cost of the AI work here\n\nbranch `feature/PAY-7-x` $0.01 (estimated)\n"


def written(provider: Provider) -> list[str]:
    """The requests that change something, in order."""
    return [asked for asked in provider.asked if not asked.startswith("GET ")]
