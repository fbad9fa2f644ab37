"""Dashboards and alert rules ask only for metrics and labels that the collector exposes, in the shape Grafana reads."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tollbook_collector.ops.exposition import Family
from tollbook_collector.ops.meter import Meter
from tollbook_collector.ops.metrics_page import process_families, receiver_families
from tollbook_collector.receivers.counts import Counts

FOLDER = Path(__file__).parents[3] / "configs" / "grafana"
DASHBOARDS = sorted(path.name for path in FOLDER.glob("*.json"))
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}
TARGET_LABELS = {"instance", "job"}
"""Those that Prometheus itself adds to whatever it reads."""
_METRIC = re.compile(r"\btollbook_[a-z_]+\b")
_MATCHER = re.compile(r"(tollbook_[a-z_]+)\{([^}]*)\}")
_GROUPED = re.compile(r"by \(([a-z_, ]+)\)")


def families() -> list[Family]:
    """Everything the metrics page can show, each family with a sample."""
    meter = Meter()
    meter.arrived(1, "laptop-1", 0)
    counts = Counts()
    counts.refuse("rate_limited")
    counts.discarded["no_usage"] += 1
    counts.ignored["metrics"] += 1
    found = [*process_families(ready=True, schema=1), *meter.families(), *receiver_families({"otlp_grpc": counts})]
    assert all(family.samples for family in found)
    return found


def exposed() -> dict[str, set[str]]:
    """Name of a series -> its labels."""
    found: dict[str, set[str]] = {}
    for family in families():
        for suffix in SUFFIXES.get(family.kind, ("",)):
            samples = [sample for sample in family.samples if sample.suffix == suffix]
            found[family.name + suffix] = {label for sample in samples for label in sample.labels}
    return found


EXPOSED = exposed()


def dashboard(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def expressions(name: str) -> Iterator[tuple[str, str]]:
    """(expression, legend) of every query of a dashboard."""
    for panel in dashboard(name)["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"], target["legendFormat"]


def alerts() -> list[dict[str, Any]]:
    document: Any = YAML(typ="safe").load((FOLDER / "alerts.yaml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def unknown(expression: str) -> list[str]:
    """Metrics and labels of an expression that nothing exposes."""
    names = _METRIC.findall(expression)
    wrong = [name for name in names if name not in EXPOSED]
    labels = set[str]().union(*(EXPOSED.get(name, set()) for name in names)) | TARGET_LABELS
    for name, matchers in _MATCHER.findall(expression):
        here = EXPOSED.get(name, set()) | TARGET_LABELS
        wrong += [label for label in re.findall(r"([a-z_]+)\s*(?:=|!)", matchers) if label not in here]
    for grouped in _GROUPED.findall(expression):
        wrong += [label for label in re.split(r",\s*", grouped) if label not in labels]
    return wrong


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_metric_and_label_of_a_dashboard_is_exposed(name: str) -> None:
    found = list(expressions(name))
    assert all(_METRIC.search(expression) for expression, _ in found)
    assert [(expression, wrong) for expression, _ in found if (wrong := unknown(expression))] == []
    for expression, legend in found:
        for label in re.findall(r"{{(\w+)}}", legend):
            assert any(label in EXPOSED[metric] for metric in _METRIC.findall(expression)), (label, expression)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_variables_ask_for_what_is_exposed(name: str) -> None:
    queries = [each for each in dashboard(name)["templating"]["list"] if each["type"] == "query"]
    assert queries
    for variable in queries:
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()  # type: ignore[union-attr]
        assert metric in EXPOSED
        assert label in EXPOSED[metric] | TARGET_LABELS


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_has_the_shape_that_grafana_reads(name: str) -> None:
    document = dashboard(name)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", document["uid"])
    assert document["title"].startswith("Tollbook")
    assert document["schemaVersion"] >= 36
    assert document["time"].keys() == {"from", "to"}
    assert "id" not in document, "a database's number makes an import overwrite another dashboard"
    (source,) = [one for one in document["templating"]["list"] if one["type"] == "datasource"]
    assert (source["name"], source["query"]) == ("datasource", "prometheus")
    ids = [panel["id"] for panel in document["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in document["panels"]:
        assert {"type", "title", "gridPos"} <= panel.keys()
        place = panel["gridPos"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24
        if panel["type"] != "row":
            assert panel["description"]
            references = [target["refId"] for target in panel["targets"]]
            assert len(set(references)) == len(references) > 0
            for each in (panel, *panel["targets"]):
                assert each["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_no_two_panels_overlap(name: str) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in dashboard(name)["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
    assert len(set(taken.values())) > 1


def test_the_dashboards_are_different_ones() -> None:
    assert len({dashboard(name)["uid"] for name in DASHBOARDS}) == len(DASHBOARDS) == 2


def test_every_metric_but_the_sums_of_histograms_is_looked_at() -> None:
    looked = {name for board in DASHBOARDS for text, _ in expressions(board) for name in _METRIC.findall(text)}
    assert {name for name in EXPOSED if not name.endswith(("_seconds_sum", "_seconds_count"))} == looked


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_is_exposed_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert unknown(rule["expr"]) == []
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert len(rule["annotations"]["summary"]) > 20
    assert len(rule["annotations"]["description"]) > 20
    for label in re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])):
        kept = _GROUPED.findall(rule["expr"])
        assert any(label in grouped for grouped in kept) if kept else label in TARGET_LABELS


def test_silence_missing_prices_and_a_store_that_takes_nothing_are_told() -> None:
    asked = " ".join(rule["expr"] for rule in alerts())
    for metric in ("device_last_heard_timestamp_seconds", "calls_unpriced_total", "collector_ready"):
        assert metric in asked


def test_a_metric_that_is_not_exposed_is_found() -> None:
    assert unknown("sum by (tenat) (tollbook_collector_redy)") == ["tollbook_collector_redy", "tenat"]
    assert unknown('tollbook_collector_ready{reason="x"}') == ["reason"]
