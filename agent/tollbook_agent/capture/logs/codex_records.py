"""The rows of a Codex rollout, as far as they are read: no field here can hold a prompt or an answer.

Names are those of Codex's own protocol (observed of Codex 0.39 to 0.169). Every field may be absent: rollouts are no
stable contract, and each version writes other ones.
"""

from typing import Annotated

from msgspec import DecodeError, Meta, Raw, Struct, field

from tollbook_agent.capture.logs.codex_vector import Vector

MAX_COUNT = 10**15
"""Tokens of one thread beyond which a number is taken for damage."""

DAMAGE = (DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for bytes that are no such record."""

type Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
type Text = Annotated[str, Meta(max_length=4096)]


class TokenUsage(Struct, frozen=True, gc=False):
    """Counts; a class that an older version did not write counts 0."""

    input_tokens: Count | None = None
    cached_input_tokens: Count | None = None
    cache_write_input_tokens: Count | None = None
    output_tokens: Count | None = None
    reasoning_output_tokens: Count | None = None
    total_tokens: Count | None = None

    def vector(self) -> Vector:
        """The five classes, inclusive as OpenAI counts.

        OpenAI's output includes the reasoning, and total = input + output. Of a provider that counts reasoning beside
        the output (a custom one, as xAI does) the total shows it.
        """
        counted, output = self.input_tokens or 0, self.output_tokens or 0
        reasoning = self.reasoning_output_tokens or 0
        if self.total_tokens == counted + output + reasoning:
            output += reasoning
        return Vector(
            counted,
            self.cached_input_tokens or 0,
            self.cache_write_input_tokens or 0,
            output,
            reasoning,
        )


class UsageRecord(Struct, frozen=True, gc=False):
    """`token_usage_record`: one completed response (since 2026)."""

    thread_id: Text | None = None
    turn_id: Text | None = None
    session_id: Text | None = None
    response_id: Text | None = None
    usage: TokenUsage | None = None
    thread_token_usage: TokenUsage | None = None


class TokenInfo(Struct, frozen=True, gc=False):
    total_token_usage: TokenUsage | None = None
    last_token_usage: TokenUsage | None = None
    model: Text | None = None


class RateLimits(Struct, frozen=True, gc=False):
    plan_type: Text | None = None
    """The ChatGPT plan; only ChatGPT's own back end reports one."""


class TokenCount(Struct, frozen=True, gc=False):
    """`event_msg` / `token_count`: running totals; `info` null is a heartbeat about rate limits."""

    info: TokenInfo | None = None
    rate_limits: RateLimits | None = None


class ThreadSettings(Struct, frozen=True, gc=False):
    model: Text | None = None
    model_provider_id: Text | None = None
    service_tier: Text | None = None


class SettingsApplied(Struct, frozen=True, gc=False):
    """`event_msg` / `thread_settings_applied`: a whole snapshot; a setting it does not name is unset."""

    thread_id: Text | None = None
    thread_settings: ThreadSettings | None = None


class TaskStarted(Struct, frozen=True, gc=False):
    """`event_msg` / `task_started`: a turn begins. `started_at` (epoch seconds) survives copying."""

    turn_id: Text | None = None
    started_at: int | float | None = None


class TurnContext(Struct, frozen=True, gc=False):
    turn_id: Text | None = None
    cwd: Text | None = None
    model: Text | None = None


class Git(Struct, frozen=True, gc=False):
    commit_hash: Text | None = None
    branch: Text | None = None
    repository_url: Text | None = None


class HistoryBase(Struct, frozen=True, gc=False):
    """The history a fork continues without copying it."""

    thread_id: Text | None = None
    end_ordinal_exclusive: int | float | None = None


class ThreadSpawn(Struct, frozen=True, gc=False):
    parent_thread_id: Text | None = None


class Subagent(Struct, frozen=True, gc=False):
    thread_spawn: ThreadSpawn | None = None


class SourceObject(Struct, frozen=True, gc=False):
    """The object form of `source`: `{"subagent": "review"}`, `{"subagent": {"thread_spawn": {..}}}`."""

    subagent: Raw = field(default_factory=Raw)


class SessionMeta(Struct, frozen=True, gc=False):
    """`session_meta`: whose file this is. A second one in the file is an ancestor's, copied with its history."""

    id: Text | None = None
    session_id: Text | None = None
    timestamp: Text | None = None
    cwd: Text | None = None
    source: Raw = field(default_factory=Raw)
    thread_source: Text | None = None
    model_provider: Text | None = None
    git: Git | None = None
    forked_from_id: Text | None = None
    parent_thread_id: Text | None = None
    history_base: HistoryBase | None = None
    subagent_history_start_ordinal: int | float | None = None
    creator_account_id: Text | None = None
    """The ChatGPT account that is signed in; absent with an API key (observed of 0.169)."""


type Payload = UsageRecord | TokenCount | SettingsApplied | TaskStarted | TurnContext | SessionMeta


class Row[P](Struct, frozen=True, gc=False, kw_only=True):
    """The frame of every line; the fields in Codex's order, in which they are found fastest."""

    timestamp: Text | None = None
    ordinal: int | float | None = None
    payload: P


class Head(Struct, frozen=True, gc=False):
    """A line of unknown layout, before anybody knows what it is."""

    type: Text
    payload: Raw = field(default_factory=lambda: Raw(b"{}"))


class PayloadHead(Struct, frozen=True, gc=False):
    type: Text | None = None
