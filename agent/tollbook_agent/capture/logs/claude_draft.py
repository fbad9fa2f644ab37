"""A sighting in the making: consecutive lines of one response that differ in time and counters only.

Claude Code writes a line for each content block of a response. Joining them here gives the claim that joining their
sightings would give, for less work.
"""

from decimal import Decimal
from functools import lru_cache

from tollbook.money import nano_usd
from tollbook.sighting import Sighting
from tollbook.usage import Totals
from tollbook.vocabulary import Basis, Source, Tool
from tollbook_agent.capture.anthropic_iterations import take_apart
from tollbook_agent.capture.anthropic_usage import Fault, UsageBlock, known
from tollbook_agent.capture.frozen import builder
from tollbook_agent.capture.logs.claude_meaning import ids_of, payer_of, stage_of, standing_of
from tollbook_agent.capture.logs.claude_records import Line, Message
from tollbook_agent.capture.logs.claude_state import Whereabouts
from tollbook_agent.capture.observation import Observation, Place

MAX_COST_USD = Decimal(1_000_000)
"""A client's own price of one call beyond this is damage."""
PLACES_REMEMBERED = 256
TERMS_REMEMBERED = 64
MOST_BEGUN_TOKENS = 8
"""Output tokens that the begin of a stream claims at most; observed: 1 to 4."""
_NO_BLOCK = UsageBlock()
_NO_BRANCH = ("", "HEAD")
"""What Claude Code writes outside of a repository, and for a detached head."""
_SIGHTING = builder(
    Sighting,
    *("source", "tool", "ids", "started_at", "ended_at", "quality", "usage", "extra", "status", "basis"),
    *("channel", "provider", "billing", "scope", "model_requested", "model", "service_tier", "speed", "inference_geo"),
    *("session_id", "turn_id", "agent_id", "purpose", "reported_cost_nano_usd"),
)


class Draft:
    """One sighting, to which further lines of the same response may be added. Times are UTC nanoseconds."""

    __slots__ = (
        "_basis",
        "_block",
        "_ended",
        "_line",
        "_message",
        "_parts",
        "_quality",
        "_started",
        "_status",
        "_totals",
        "_where",
    )

    def __init__(self, line: Line, message: Message, time: int, basis: Basis | None, where: Whereabouts) -> None:
        """Take a line and its message over: time and counters move out of it, what stays must be equal to join.

        Args:
            basis: how the time is known, `None` when the line says it itself.
        """
        self._block = message.usage or _NO_BLOCK
        self._quality, self._status = stage_of(message.stop_reason, line.version, _begun(self._block))
        line.timestamp = message.stop_reason = message.usage = None
        self._line = line
        self._message = message
        self._where = where
        self._started = self._ended = time
        self._basis = basis
        self._parts = take_apart(self._block, model=message.model, advisor=line.advisorModel)
        self._totals: Totals | None = None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What was wrong with the counters of the first line; later ones are not absorbed with faults."""
        return self._parts.faults

    def absorb(self, line: Line, message: Message, time: int, basis: Basis | None, where: Whereabouts) -> bool:
        """Add a line if it tells the same; `False`, with the line unchanged, if it does not."""
        mine = self._message
        if message.id != mine.id or message.model != mine.model or where is not self._where or basis is not self._basis:
            return False
        timestamp, stop, block = line.timestamp, message.stop_reason, message.usage
        quality, status = stage_of(stop, line.version, _begun(block or _NO_BLOCK))
        line.timestamp = message.stop_reason = message.usage = None
        counters = block or _NO_BLOCK
        if (
            status == self._status
            and line == self._line
            and (counters == self._block or self._count(counters, message.model, line.advisorModel))
        ):
            self._started = min(self._started, time)
            self._ended = max(self._ended, time)
            self._quality = max(self._quality, quality)
            return True
        line.timestamp, message.stop_reason, message.usage = timestamp, stop, block
        return False

    def _count(self, block: UsageBlock, model: str | None, advisor: str | None) -> bool:
        """Join the counters of a block that differs from the last one, if nothing but counters differs."""
        mine = self._block
        same_tier = block.service_tier == mine.service_tier and block.speed == mine.speed
        if not same_tier or block.inference_geo != mine.inference_geo:
            return False
        before, parts = self._parts, take_apart(block, model=model, advisor=advisor)
        if parts.faults or before.faults or parts.model != before.model or parts.extra != before.extra:
            return False
        if parts.usage is None or before.usage is None:
            return parts.usage is before.usage
        joined = (self._totals or Totals.of(before.usage)).join(Totals.of(parts.usage))
        if joined.split > joined.cache_write_total:
            return False  # two splits that exclude each other: their totals must stay apart
        self._totals, self._block = joined, block
        return True

    def finish(self) -> Observation:
        """The observation of all lines so far."""
        line, parts, block = self._line, self._parts, self._block
        message_id, request_id, requested = self._message.id or "", line.requestId or "", line.requestedModel or ""
        requester = line.requestSessionId
        purpose, basis = standing_of(line.agentId, line.isSidechain is True, bool(requester), self._basis)
        sighting = _SIGHTING(
            Source.LOG,
            Tool.CLAUDE_CODE,
            ids_of(message_id, request_id),
            self._started,
            self._ended,
            self._quality,
            self._totals.usage() if self._totals else parts.usage,
            parts.extra,
            self._status,
            basis,
            *payer_of(message_id, request_id, parts.model or "", requested),
            requested or None,
            parts.model or None,
            *_terms(block.service_tier, block.speed, block.inference_geo),
            requester or line.sessionId or None,
            line.promptId or None,
            line.agentId or None,
            purpose,
            None if line.costUSD is None else nano_usd(line.costUSD),
        )
        return Observation(sighting=sighting, place=_place(line.cwd, line.gitBranch, self._where))


@lru_cache(maxsize=TERMS_REMEMBERED)
def _terms(tier: str | None, speed: str | None, geo: str | None) -> tuple[str | None, str | None, str | None]:
    """What of a block is no counter, as far as it says something."""
    return known(tier), known(speed), known(geo)


def is_price(cost: Decimal) -> bool:
    """Whether a number can be what a call cost, in dollars."""
    return cost.is_finite() and 0 <= cost <= MAX_COST_USD


@lru_cache(maxsize=PLACES_REMEMBERED)
def _place(cwd: str | None, branch: str | None, where: Whereabouts) -> Place:
    """Where the tool says it stood."""
    return Place(
        cwd=cwd or None,
        branch=None if branch in _NO_BRANCH else branch,
        worktree_branch=where.worktree_branch,
        pull_request=where.pull_request,
    )


def _begun(block: UsageBlock) -> bool:
    """Whether counters are those of the begin of a stream: no pass is listed, and hardly a token was written."""
    return block.iterations is not None and not block.iterations and (block.output_tokens or 0) <= MOST_BEGUN_TOKENS
