"""What a piece of work cost, as comments tell it: parsed once from the documented answer, local or of a server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tollbook_collector.pull.fault import give_up

MOST_MODELS = 8
"""Models of one table; what others cost is summed up under `OTHERS`."""
OTHERS = "other models"
STATES = ("estimated", "provisional", "final", "closed")
_LARGEST = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCost:
    """One model's part. Amounts are nano-dollars."""

    model: str
    calls: int
    tokens: int
    list_nano_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCost:
    """A ticket's or a branch's cost. Nobody's name is in it."""

    name: str
    """The ticket's key, or the branch."""
    is_ticket: bool
    calls: int
    tokens: int
    """All kinds: input, cache reads and writes, output."""
    list_nano_usd: int
    billed_nano_usd: int | None
    """`None`: no bill has come."""
    reconciled_list_nano_usd: int
    """List value of the part that a bill has come for."""
    coverage: str | None
    """Of all use billed on the same channels, the seen part: 0.9876."""
    status: str
    models: tuple[ModelCost, ...]
    unpriced_calls: int
    flags: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """A bill has come for all of it."""
        return self.billed_nano_usd is not None and self.reconciled_list_nano_usd >= self.list_nano_usd

    def as_json(self) -> dict[str, Any]:
        """As `comment --json` and the issue property have it."""
        return {
            "ticket" if self.is_ticket else "branch": self.name,
            "status": self.status,
            "calls": self.calls,
            "tokens": self.tokens,
            "list_nano_usd": self.list_nano_usd,
            "billed_nano_usd": self.billed_nano_usd,
            "reconciled_list_nano_usd": self.reconciled_list_nano_usd,
            "coverage": self.coverage,
            "models": [{name: getattr(one, name) for name in ModelCost.__slots__} for one in self.models],
            "unpriced_calls": self.unpriced_calls,
            "flags": list(self.flags),
        }


def work_cost_of(document: Any, where: str) -> WorkCost:
    """The record of an answer of /api/v1/work-cost.

    Raises:
        PullFault: it has another shape.
    """
    try:
        return _read(document)
    except (KeyError, TypeError, ValueError, AttributeError):
        remedy = "Bring the collector and this command to the same version."
        give_up("answer_shape", where, "it is no answer to what work cost", remedy)


def _read(document: Any) -> WorkCost:
    ticket, status, coverage = document["ticket"], document["status"], document["coverage"]
    if status not in STATES or not isinstance(coverage, str | None):
        raise ValueError
    models = [
        ModelCost(model=str(one["model"] or "unknown"), calls=_int(one["calls"]), tokens=_tokens(one["usage"]),
                  list_nano_usd=_int(one["list_nano_usd"]))
        for one in document["models"]
    ]  # fmt: skip
    billed = document["billed_nano_usd"]
    return WorkCost(
        name=str(ticket if ticket is not None else document["branch"]),
        is_ticket=ticket is not None,
        calls=_int(document["calls"]),
        tokens=_tokens(document["usage"]),
        list_nano_usd=_int(document["list_nano_usd"]),
        billed_nano_usd=None if billed is None else _int(billed),
        reconciled_list_nano_usd=_int(document["reconciled_list_nano_usd"]),
        coverage=coverage,
        status=status,
        models=_most(models),
        unpriced_calls=_int(document["unpriced_calls"] or 0),
        flags=tuple(sorted({str(one["flag"]) for one in document["flags"]})),
    )


def _int(value: object) -> int:
    if type(value) is not int or abs(value) >= _LARGEST:
        raise ValueError
    return value


def _tokens(usage: Mapping[str, object]) -> int:
    """`reasoning` is a part of `output`, web searches are no tokens."""
    return sum(_int(count) for kind, count in usage.items() if kind not in ("reasoning", "web_searches"))


def _most(models: list[ModelCost]) -> tuple[ModelCost, ...]:
    models.sort(key=lambda one: (-one.list_nano_usd, one.model))
    shown, rest = models[:MOST_MODELS], models[MOST_MODELS:]
    if rest:
        figures = {name: sum(getattr(one, name) for one in rest) for name in ("calls", "tokens", "list_nano_usd")}
        shown.append(ModelCost(model=OTHERS, **figures))
    return tuple(shown)
