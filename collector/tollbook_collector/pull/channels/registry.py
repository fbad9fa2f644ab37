"""Every billing channel with an API: its reports, and how a request shows the key."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tollbook_collector.pull.channels import anthropic, claude_enterprise, codex, copilot, cursor, openai
from tollbook_collector.pull.keys import Key
from tollbook_collector.pull.report import Report


class Api(NamedTuple):
    """What is pulled from a channel."""

    reports: tuple[Report, ...]
    headers: Callable[[Key], dict[str, str]]


APIS: Mapping[str, Api] = {
    "anthropic": Api(anthropic.REPORTS, anthropic.headers),
    "claude_enterprise": Api(claude_enterprise.REPORTS, claude_enterprise.headers),
    "openai": Api(openai.REPORTS, openai.headers),
    "codex": Api(codex.REPORTS, codex.headers),
    "cursor": Api(cursor.REPORTS, cursor.headers),
    "copilot": Api(copilot.REPORTS, copilot.headers),
}
FOLDERS = frozenset({"bedrock", "vertex"})
"""Channels whose bills arrive as files in a folder."""
