"""The comment on an issue, in Atlassian's document format: names are text nodes, never markup. Pure."""

from collections.abc import Sequence
from typing import Any, cast

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

MARKER = "Kept up to date by Tollbook (issue cost)."
"""Last line of the comment: by it, and by its author, the comment is found again. Jira has no hidden text."""
DEEPEST = 20
"""Levels of a document that are looked into."""

Node = dict[str, Any]


def document(cost: WorkCost) -> Node:
    """The whole comment."""
    figures = [
        ("list price", list_shown(cost)),
        ("billed", billed_shown(cost)),
        ("calls", count(cost.calls)),
        ("tokens", count(cost.tokens)),
        ("coverage", coverage_shown(cost)),
    ]
    content = [
        _paragraph(_text(f"Cost of the AI work on {name_shown(cost.name)}", "strong")),
        _table([[_cell(name), _cell(value)] for name, value in figures]),
    ]
    if cost.models:
        head = [_cell(name, "tableHeader") for name in ("model, estimated", "calls", "tokens", "list price")]
        content.append(_table([head, *_models(cost)]))
    content += [_paragraph(_text(remark)) for remark in remarks([cost])]
    content += [_paragraph(_text(NOTE)), _paragraph(_text(MARKER, "em"))]
    return {"version": 1, "type": "doc", "content": content}


def texts(node: Any, depth: int = 0) -> list[str]:
    """The texts of a document in their order: what is compared, since Jira adds attributes of its own."""
    if not isinstance(node, dict) or depth > DEEPEST:
        return []
    named = cast(dict[str, Any], node)
    if named.get("type") == "text":
        return [str(named.get("text"))]
    inner = named.get("content")
    return (
        [text for each in cast(list[Any], inner) for text in texts(each, depth + 1)] if isinstance(inner, list) else []
    )


def _models(cost: WorkCost) -> Sequence[Sequence[Node]]:
    return [
        [
            _cell(name_shown(one.model)),
            _cell(count(one.calls)),
            _cell(count(one.tokens)),
            _cell(amount(one.list_nano_usd)),
        ]
        for one in cost.models
    ]


def _text(text: str, mark: str | None = None) -> Node:
    return {"type": "text", "text": text} | ({"marks": [{"type": mark}]} if mark else {})


def _paragraph(*content: Node) -> Node:
    return {"type": "paragraph", "content": list(content)}


def _cell(text: str, kind: str = "tableCell") -> Node:
    return {"type": kind, "content": [_paragraph(_text(text))]}


def _table(rows: Sequence[Sequence[Node]]) -> Node:
    return {"type": "table", "content": [{"type": "tableRow", "content": list(cells)} for cells in rows]}
