"""The page of metrics: Prometheus' text format, counts that add up, bounded labels."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tollbook_collector.booking import Booking
from tollbook_collector.ops.exposition import Family, Sample, write
from tollbook_collector.ops.histogram import BOUNDS, Histogram
from tollbook_collector.ops.meter import MAX_DEVICES, Meter
from tollbook_collector.ops.metrics_page import process_families, receiver_families
from tollbook_collector.receivers.counts import Counts

# The grammar of a line, as Prometheus' documentation of the text format has it.
_LINE = re.compile(
    r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
    r'(,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")*\})? -?[0-9.e+-]+'
)


@given(st.lists(st.tuples(st.text(), st.floats(0, 1e15)), max_size=5), st.text())
def test_whatever_stands_in_a_label_every_line_is_in_the_format(
    values: list[tuple[str, float]], help_text: str
) -> None:
    page = write([Family("x_total", "counter", help_text, [Sample({"a": text}, value) for text, value in values])])
    lines = page.removesuffix("\n").split("\n")
    shown = [line for line in lines if line and not line.startswith("#")]
    assert len(shown) == len(values)
    assert all(_LINE.fullmatch(line) for line in shown)


@given(st.lists(st.floats(0, 60), max_size=30))
def test_each_bucket_counts_all_that_is_not_longer(durations: list[float]) -> None:
    histogram = Histogram()
    for seconds in durations:
        histogram.observe(seconds)
    *buckets, total, number = histogram.samples({})
    counted = {sample.labels["le"]: sample.value for sample in buckets}
    assert counted == {
        **{str(bound): sum(seconds <= bound for seconds in durations) for bound in BOUNDS},
        "+Inf": len(durations),
    }
    assert number.value == len(durations)
    assert abs(total.value - sum(durations)) < 1e-6


def test_who_sends_only_heartbeats_is_heard_of_too() -> None:
    meter = Meter(clock=lambda: 10_500_000_000)
    meter.heard(1, "idle")
    page = write(meter.families())
    assert 'tollbook_collector_device_last_heard_timestamp_seconds{tenant="1",device="idle"} 10.5' in page
    assert "device_lag_seconds{" not in page


def test_the_figures_of_a_commit_and_of_a_receiver_are_shown() -> None:
    meter = Meter(clock=lambda: 10_500_000_000)
    meter.booked(5, Booking(new_calls=2, changed_calls=1, unchanged_claims=2, discarded=3, unpriced=1), 0.02)
    meter.failed()
    meter.arrived(1, "laptop-1", 10_000_000_000)
    counts = Counts()
    counts.add(5, (), {"metrics": 2})
    counts.refuse("rate_limited")
    page = write(
        [*process_families(ready=False, schema=4), *meter.families(), *receiver_families({"otlp_grpc": counts})]
    )
    for line in (
        "tollbook_collector_claims_accepted_total 5",
        "tollbook_collector_claims_duplicate_total 2",
        "tollbook_collector_calls_merged_total 1",
        "tollbook_collector_calls_unpriced_total 1",
        "tollbook_collector_records_discarded_total 3",
        "tollbook_collector_commits_failed_total 1",
        'tollbook_collector_commit_seconds_bucket{le="0.025"} 1',
        'tollbook_collector_device_lag_seconds{tenant="1",device="laptop-1"} 0.5',
        'tollbook_collector_receiver_refused_total{receiver="otlp_grpc",reason="rate_limited"} 1',
        "tollbook_collector_ready 0",
    ):
        assert line in page.split("\n")
    assert 'tollbook_collector_build_info{version="' in page


def test_however_many_devices_there_are_the_page_stays_bounded() -> None:
    meter = Meter()
    for number in range(MAX_DEVICES + 50):
        meter.arrived(1, f"laptop-{number}", 0)
    (lag,) = [family for family in meter.families() if family.name.endswith("device_lag_seconds")]
    assert len(lag.samples) == MAX_DEVICES
    assert lag.samples[-1].labels["device"] == f"laptop-{MAX_DEVICES + 49}"
