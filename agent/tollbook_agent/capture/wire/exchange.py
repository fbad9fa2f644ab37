"""What a wire reader is given and gives back.

One reader object reads one exchange: one HTTP request and its response, or one WebSocket. Bytes come in any chunks,
content codings already undone (`codings`), and the result never depends on where the chunks end. A call is given back
at the protocol's last event, so that a client that hangs up right after it loses nothing; `end` gives back what broke
off. No reader raises: what it cannot read is a Problem. Of all that passes, a reader keeps only the fields it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tollbook.problem import Problem
from tollbook_agent.capture.observation import Observation

HEADERS_READ: frozenset[str] = frozenset(
    {
        "content-type",
        "content-encoding",
        "user-agent",
        "originator",
        "openai-beta",
        "anthropic-beta",
        "request-id",
        "x-request-id",
        "x-client-request-id",
        "apim-request-id",
        "x-amzn-requestid",
        "x-claude-code-session-id",
        "x-claude-code-prompt-id",
        "x-claude-code-request-class",
        "x-claude-code-agent-id",
        "x-claude-code-agent-type",
        "x-claude-code-parent-agent-id",
        "x-claude-code-compaction",
        "session-id",
        "session_id",
        "thread-id",
        "x-codex-turn-metadata",
        "x-codex-parent-thread-id",
        "x-openai-subagent",
        "chatgpt-account-id",
        "openai-organization",
        "openai-project",
        "anthropic-organization-id",
        "anthropic-workspace-id",
        "x-amzn-bedrock-service-tier",
        "x-amzn-bedrock-input-token-count",
        "x-amzn-bedrock-output-token-count",
        "x-amzn-bedrock-cache-read-input-token-count",
        "x-amzn-bedrock-cache-write-input-token-count",
        "x-amzn-errortype",
        "x-ms-region",
        "x-codex-plan-type",
        "x-original-request-id",
        "anthropic-ratelimit-unified-status",
        "anthropic-ratelimit-unified-overage-status",
        "anthropic-ratelimit-unified-representative-claim",
    }
)
"""Names of the headers that reach a reader, in lower case: none holds a credential."""
KEY_CLASS = "x-tollbook-key-class"
"""A header of our own, never on the wire: `api_key` (x-api-key), `bearer`, `oauth`, `sigv4` or absent. The class of the
credential is told from its form by whoever sees it; the credential itself goes no further."""
MAX_HEADER = 16_384
"""Characters of one header that are kept; a longer one is left out."""


class Request(NamedTuple):
    """The head of a request. `headers` are those of `HEADERS_READ` and `KEY_CLASS`, names in lower case."""

    method: str
    host: str
    port: int
    path: str
    """With its query."""
    headers: Mapping[str, str]
    at_ns: int
    """When its head was complete; UTC nanoseconds. The call's `started_at`."""


class Response(NamedTuple):
    """The head of a response."""

    status: int
    headers: Mapping[str, str]
    at_ns: int


class Found(NamedTuple):
    """Results and problems of one step."""

    observations: tuple[Observation, ...] = ()
    problems: tuple[Problem, ...] = ()


NOTHING = Found()


class Reader(Protocol):
    """Reads one exchange."""

    def request_data(self, data: bytes) -> None:
        """The next bytes of the request's body."""
        ...

    def response(self, head: Response) -> None:
        """The response begins."""
        ...

    def response_data(self, data: bytes, at_ns: int) -> Found:
        """The next bytes of the response's body."""
        ...

    def end(self, at_ns: int, *, complete: bool) -> Found:
        """Nothing more comes. `complete`: the response ended as its protocol says; otherwise it was cut off."""
        ...


class SocketReader(Protocol):
    """Reads one WebSocket, message by message."""

    def message(self, data: bytes, at_ns: int, *, from_client: bool) -> Found:
        """One whole message."""
        ...

    def end(self, at_ns: int) -> Found:
        """The socket is closed or gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A reader for an exchange, by what it will be: a request with a response, or a socket."""

    reader: Reader | None = None
    socket: SocketReader | None = None
