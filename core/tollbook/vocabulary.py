"""The closed vocabularies of the domain.

Every enum is a `StrEnum`: the member *is* the string that is stored and sent. A reader that meets a value it does not
know uses `OTHER` where there is one and reports a Problem otherwise; nothing inside the core ever sees a free string
where an enum is declared.
"""

from enum import IntEnum, StrEnum


class Tool(StrEnum):
    """The program a developer used."""

    CLAUDE_CODE = "claude-code"
    CODEX = "codex"
    CURSOR = "cursor"
    OTHER = "other"


class Provider(StrEnum):
    """Who made the model."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    GOOGLE = "google"
    CURSOR = "cursor"
    OTHER = "other"


class Channel(StrEnum):
    """Who bills for the call."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    BEDROCK = "bedrock"
    VERTEX = "vertex"
    AZURE = "azure"
    CHATGPT = "chatgpt"
    CURSOR = "cursor"
    AWS_MARKETPLACE = "aws_marketplace"
    GATEWAY = "gateway"
    OTHER = "other"


class Source(StrEnum):
    """Which observer reported the call."""

    PROXY = "proxy"
    GATEWAY = "gateway"
    OTEL = "otel"
    HOOK = "hook"
    LOG = "log"
    IMPORT = "import"
    PERSON = "person"


class Billing(StrEnum):
    """How the call is paid."""

    METERED = "metered"
    SUBSCRIPTION = "subscription"
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    """Why the tool made the call."""

    TURN = "turn"
    SUBAGENT = "subagent"
    COMPACTION = "compaction"
    PREWARM = "prewarm"
    PROBE = "probe"
    TITLE = "title"
    OTHER = "other"


class Quality(IntEnum):
    """How much of the usage an observer had seen; the greater wins."""

    PLACEHOLDER = 0
    """Counters of a stream that had only begun (Claude Code 2.1.7 to 2.1.96 logs)."""
    PARTIAL = 1
    """A stream that broke off: input exact, output a floor."""
    FINAL = 2
    """The provider's own last word."""


class Basis(IntEnum):
    """How an observer knows the value of a field; the greater wins."""

    DEFAULT = 0
    SHAPE = 1
    """Inferred from the shape of an id or a model name."""
    CONFIGURED = 2
    """From the settings of the tool or of Tollbook."""
    OBSERVED = 3
    """From the host, the path or the record itself."""


class Evidence(StrEnum):
    """How a value of `Work` is known."""

    PERSON = "person"
    """Somebody said so afterwards."""
    EXPLICIT = "explicit"
    """`tollbook ticket set`, an environment variable, a configured value."""
    REFLOG = "reflog"
    HEAD = "head"
    BRANCH = "branch"
    WORKTREE = "worktree"
    """The checkout's own git files: its remote, its folder, its worktree state."""
    PR = "pr"
    COMMIT = "commit"
    METADATA = "metadata"
    """Metadata the tool put on the wire for this very call."""
    SESSION = "session"
    GATEWAY_KEY = "gateway_key"
    LOG = "log"
    LOG_STALE = "log_stale"
    PROCESS = "process"
    CREDENTIAL = "credential"
    """The collector knows it from the credential a claim was sent with; no sender can say so."""


class IdKind(StrEnum):
    """The kinds of id that can join claims into one call."""

    RESPONSE = "response"
    REQUEST = "request"
    CLIENT_REQUEST = "client_request"
    GENERATION = "generation"
    GATEWAY_CALL = "gateway_call"
    DERIVED = "derived"
    LINK = "link"


ID_STRENGTH: tuple[IdKind, ...] = tuple(IdKind)
"""Joining kinds, strongest first: the order of their declaration."""

SOURCE_STRENGTH: tuple[Source, ...] = (
    Source.PROXY,
    Source.GATEWAY,
    Source.OTEL,
    Source.HOOK,
    Source.LOG,
    Source.IMPORT,
    Source.PERSON,
)
"""Whose counters are believed first at equal quality."""
