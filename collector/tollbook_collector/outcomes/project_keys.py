"""The project keys whose tickets count: those of the settings, else those of imported issues. Laptops fetch them."""

from typing import Any

from tollbook_collector.outcomes.hierarchy import Outcomes


def project_keys(configured: frozenset[str] | None, outcomes: Outcomes) -> dict[str, Any]:
    """The answer of GET /api/v1/project-keys; `null`: there is no list, the deny-list judges."""
    if configured is not None:
        return {"project_keys": sorted(configured), "source": "settings"}
    known = sorted(outcomes.project_keys)
    return {"project_keys": known or None, "source": "outcomes" if known else None}
