"""Render: a page as HTML. Everything is escaped; nothing is inline."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tollbook_collector.web import words
from tollbook_collector.web.page import Page
from tollbook_collector.web.static_files import CHARTS, StaticFiles

if TYPE_CHECKING:
    from tollbook_collector.web.visit import Visit

_FOLDER = Path(__file__).parent / "templates"
NAV: tuple[tuple[str, str, str, str], ...] = (
    ("overview", "Overview", "/", "spend"),
    ("flow", "Flow", "/flow", "spend"),
    ("unassigned", "Unassigned", "/unassigned", "spend"),
    ("reconciliation", "Reconciliation", "/reconciliation", "reconciliation"),
    ("rules", "Rules", "/rules", "explanation"),
    ("live", "Live", "/live", "calls"),
)
"""(part, label, address, the operation one must be allowed)."""
_BOOKS = frozenset({"reconciliation", "explanation"})


def environment(files: StaticFiles) -> Environment:
    """The templates."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    ours: dict[str, Any] = {
        "static": files.address,
        "charts_built": CHARTS in files,
        "charts_file": CHARTS,
        "shown": words.shown,
        "short": words.is_short,
        "money": words.shown_money,
        "clock": words.shown_clock,
    }
    made.globals.update(ours)
    made.filters["ratio"] = words.shown_ratio
    made.filters["readable"] = words.readable
    return made


def render(made: Environment, name: str, visit: "Visit", page: Page, **more: Any) -> str:
    """The HTML of a page by a template."""
    nav = [entry for entry in NAV if visit.may(entry[3]) and (entry[3] not in _BOOKS or visit.whole)]
    sessions = visit.site.sessions
    return made.get_template(name).render(
        page=page,
        visit=visit,
        nav=nav,
        proof=lambda: sessions.proof(visit.session),
        **more,
    )
