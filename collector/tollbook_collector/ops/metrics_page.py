"""The page that Prometheus reads, on a listener of its own: who may read figures need not reach the API."""

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from platform import python_version

from tollbook.prices import default_book
from tollbook_collector.api.hosts import Receive, Scope, Send
from tollbook_collector.ops.exposition import CONTENT_TYPE, Family, Sample, write
from tollbook_collector.receivers.counts import Counts

PATH = "/metrics"


class MetricsPage:
    """An ASGI application of one page."""

    def __init__(self, families: Callable[[], Iterable[Family]]) -> None:
        self._families = families

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        if scope["path"] != PATH or scope["method"] not in ("GET", "HEAD"):
            status, text = 404, f"There is only GET {PATH} here.\n"
        else:
            status, text = 200, write(self._families())
        body = text.encode()
        headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def receiver_families(counts: Mapping[str, Counts]) -> list[Family]:
    """What the receivers took, refused and passed over."""
    requests: list[Sample] = []
    spans: list[Sample] = []
    rejected: list[Sample] = []
    refused: list[Sample] = []
    ignored: list[Sample] = []
    seconds: list[Sample] = []
    for name, one in counts.items():
        of = {"receiver": name}
        requests.append(Sample(of, one.requests))
        spans.append(Sample(of, one.spans))
        rejected += [Sample({**of, "reason": reason}, number) for reason, number in sorted(one.discarded.items())]
        refused += [Sample({**of, "reason": reason}, number) for reason, number in sorted(one.refused.items())]
        ignored += [Sample({**of, "reason": reason}, number) for reason, number in sorted(one.ignored.items())]
        seconds += one.seconds.samples(of)
    own = "tollbook_collector_receiver_"
    return [
        Family(own + "requests_total", "counter", "Requests answered.", requests),
        Family(own + "claims_total", "counter", "Claims acknowledged, repeats included.", spans),
        Family(own + "rejected_total", "counter", "Records that can never be accepted, by reason.", rejected),
        Family(own + "refused_total", "counter", "Requests answered with an error, by reason.", refused),
        Family(own + "ignored_total", "counter", "Records that tell of no call, by reason.", ignored),
        Family("tollbook_collector_ingest_seconds", "histogram", "From a request to its acknowledgement.", seconds),
    ]


def process_families(*, ready: bool, schema: int) -> list[Family]:
    """Which program this is, and whether it can book."""
    build = {
        "version": version("tollbook-collector"),
        "python": python_version(),
        "schema": str(schema),
        "price_book": default_book().version,
    }
    return [
        Family("tollbook_collector_build_info", "gauge", "Which program this is; always 1.", [Sample(build, 1)]),
        Family("tollbook_collector_ready", "gauge", "1 while claims can be booked.", [Sample({}, int(ready))]),
    ]
