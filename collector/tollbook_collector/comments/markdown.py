"""The comment on a pull request, in GitHub's markdown. Equal figures give equal text: no time stands in it. Pure."""

from collections.abc import Iterator, Sequence

from tollbook_collector.comments.cost import WorkCost
from tollbook_collector.comments.words import (
    NOTE,
    amount,
    billed_shown,
    coverage_shown,
    list_shown,
    name_shown,
    remarks,
)
from tollbook_collector.shown import count

MARKER = "<!-- tollbook:pull-request-cost -->"
"""First line of the comment; GitHub does not show it."""
_OVERLAP = "A ticket may have more branches than this one, so that rows are not added."


def body(costs: Sequence[WorkCost]) -> str:
    """The whole comment."""
    lines = [MARKER, "### Cost of the AI work here", ""]
    lines += ["| work | calls | tokens | list price | billed | coverage |", "| :-- | --: | --: | --: | --: | --: |"]
    lines += [_row(cost) for cost in costs]
    for cost in costs:
        if cost.models:
            lines += ["", *_models(cost)]
    lines += ["", *(f"- {remark}" for remark in remarks(list(costs)))]
    return "\n".join([*lines, *([""] if lines[-1] else []), f"<sub>{NOTE} {_OVERLAP}</sub>", ""])


def _row(cost: WorkCost) -> str:
    kind = "ticket" if cost.is_ticket else "branch"
    cells = (
        f"{kind} `{name_shown(cost.name)}`",
        count(cost.calls),
        count(cost.tokens),
        list_shown(cost),
        billed_shown(cost),
        coverage_shown(cost),
    )
    return f"| {' | '.join(cells)} |"


def _models(cost: WorkCost) -> Iterator[str]:
    kind = "ticket" if cost.is_ticket else "branch"
    yield f"<details><summary>{kind} <code>{name_shown(cost.name)}</code> by model, estimated</summary>"
    yield ""
    yield "| model | calls | tokens | list price |"
    yield "| :-- | --: | --: | --: |"
    for one in cost.models:
        yield (
            f"| `{name_shown(one.model)}` | {count(one.calls)} | {count(one.tokens)} | {amount(one.list_nano_usd)} |"
        )
    yield ""
    yield "</details>"
