"""Sighting: one model call as one observer saw it once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tollbook.identity import Id
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, Provider, Purpose, Quality, Source, Tool
from tollbook.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which account of the channel is billed. `api_key` is the provider's own public hint, never a secret."""

    organization: str | None = None
    account: str | None = None
    workspace: str | None = None
    project: str | None = None
    principal: str | None = None
    region: str | None = None
    endpoint_scope: str | None = None
    """`global`, `geo` or `regional`: which of a cloud's endpoints served the call."""
    key_class: str | None = None
    api_key: str | None = None


SCOPE_FIELDS: tuple[str, ...] = (
    "organization",
    "account",
    "workspace",
    "project",
    "principal",
    "region",
    "endpoint_scope",
    "key_class",
    "api_key",
)

NO_SCOPE = Scope()
NO_WORK = Work()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One call as one source saw it at one moment.

    Times are UTC nanoseconds since the epoch. `usage` is `None` when the observer saw none. `basis` says how a field is
    known where that is weaker than observed: its keys are names of fields, `scope.region` and the like.
    """

    source: Source
    tool: Tool
    ids: tuple[Id, ...]
    started_at: int
    ended_at: int
    quality: Quality = Quality.FINAL
    usage: Usage | None = None
    extra: Mapping[str, Usage] = field(default_factory=dict[str, Usage])
    """Usage of other models inside the same response, by model."""
    channel: Channel | None = None
    provider: Provider | None = None
    billing: Billing | None = None
    scope: Scope = NO_SCOPE
    model_requested: str | None = None
    model: str | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    status: str | None = None
    session_id: str | None = None
    turn_id: str | None = None
    agent_id: str | None = None
    parent_agent_id: str | None = None
    purpose: Purpose | None = None
    work: Work = NO_WORK
    reported_cost_nano_usd: int | None = None
    """What the emitter itself claimed the call cost, in nano-dollars; kept beside, never used."""
    reader_epoch: int = 1
    """Raised when a reader's counting is corrected: the claim of a higher epoch replaces the lower one."""
    order: int | None = None
    """Of a person's decision: when it was made (later wins). `None` for an observation: the earliest wins."""
    basis: Mapping[str, Basis] = field(default_factory=dict[str, Basis])

    def with_work(self, work: Work) -> "Sighting":
        """The same sighting, made for this work."""
        return replace(self, work=work)


SIGHTING_FIELDS: tuple[str, ...] = (
    "tool",
    "channel",
    "provider",
    "billing",
    "model_requested",
    "model",
    "service_tier",
    "speed",
    "inference_geo",
    "status",
    "session_id",
    "turn_id",
    "agent_id",
    "parent_agent_id",
    "purpose",
)
"""The plain text fields of a sighting that a claim keeps."""
