"""Drives the real Claude Code without a window."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.clients.bench import Bench
from tests.clients.running import Ran, run_client

KEY = "sk-ant-api03-invented-for-tests"
MODEL = "claude-opus-5-5"
ALWAYS: Mapping[str, str] = {
    "ANTHROPIC_API_KEY": KEY,
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "IS_SANDBOX": "1",  # it refuses --dangerously-skip-permissions to root otherwise
}
BEDROCK: Mapping[str, str] = {
    "CLAUDE_CODE_USE_BEDROCK": "1",
    "AWS_REGION": "us-east-1",
    "CLAUDE_CODE_SKIP_BEDROCK_AUTH": "1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
BEDROCK_SIGNED: Mapping[str, str] = {
    "CLAUDE_CODE_USE_BEDROCK": "1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIAINVENTEDFORTESTS",
    "AWS_SECRET_ACCESS_KEY": "invented-for-tests",
    "AWS_EC2_METADATA_DISABLED": "true",
}
VERTEX: Mapping[str, str] = {
    "CLAUDE_CODE_USE_VERTEX": "1",
    "CLAUDE_CODE_SKIP_VERTEX_AUTH": "1",
    "ANTHROPIC_VERTEX_PROJECT_ID": "acme-ml",
    "CLOUD_ML_REGION": "us-east5",
}


def claude(
    program: Path,
    bench: Bench,
    folder: Path,
    prompt: str,
    *arguments: str,
    more: Mapping[str, str] | None = None,
    prefix: tuple[str, ...] = (),
    model: str | None = MODEL,
    interrupt_when: Callable[[], object] | None = None,
) -> Ran:
    """One `claude -p`.

    Args:
        program: of the client.
        bench: the machine.
        folder: where the developer stands.
        prompt: with the mark of a script.
        arguments: more of the command's own.
        more: environment beyond the machine's.
        prefix: what to run it with, such as `tollbook run --`.
        model: `None` for its own default.
        interrupt_when: see `run_client`.
    """
    chosen = () if model is None else ("--model", model)
    words = (str(program), "-p", *chosen, "--output-format", "json", "--dangerously-skip-permissions")
    environment = {**bench.environment(), **ALWAYS, **(more or {})}
    return run_client(
        (*prefix, *words, *arguments, prompt), folder=folder, environment=environment, interrupt_when=interrupt_when
    )  # fmt: skip
