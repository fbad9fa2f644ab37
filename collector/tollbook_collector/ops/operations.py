"""Operations: the parts of a running server that measure, limit and tell how it is; one object for its whole life."""

from collections.abc import Mapping
from operator import attrgetter

from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.records import Kind
from tollbook_collector.config import Settings
from tollbook_collector.ops.beats import Beats, Shelf
from tollbook_collector.ops.exposition import Family
from tollbook_collector.ops.limits import Limits
from tollbook_collector.ops.meter import Meter, MeteredBook
from tollbook_collector.ops.metrics_page import process_families, receiver_families
from tollbook_collector.ops.readiness import Readiness
from tollbook_collector.prepared import Prepared
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.door import RateLimited
from tollbook_collector.receivers.routing import Taken
from tollbook_collector.store.record.schema import NEWEST
from tollbook_collector.store.record.writer import Book

_ENDED_AT = attrgetter("ended_at")


class Operations:
    """Also the usher of the receivers' door. For any thread."""

    def __init__(self, settings: Settings, shelf: Shelf, *, readiness: Readiness | None = None) -> None:
        self.readiness = readiness or Readiness(settings.store)
        self.meter = Meter()
        self._limits = Limits(
            device=settings.max_claims_per_second_device, tenant=settings.max_claims_per_second_tenant
        )
        self._beats = Beats(shelf)

    def booked_by(self, book: Book) -> Book:
        """What stands between a writer and its record."""
        return MeteredBook(book, self.meter, self.readiness)

    def admit(self, principal: Principal) -> None:
        """Let in who may send now.

        Raises:
            RateLimited: the sender, or its tenant, has sent too much.
        """
        seconds = self._limits.wait(principal)
        if seconds:
            raise RateLimited(seconds)

    def took(self, principal: Principal, taken: Taken) -> None:
        """A request was read."""
        self._limits.took(principal, len(taken.bookable) + len(taken.problems))
        if principal.kind not in (None, Kind.DEVICE):
            return  # a gateway is no device: its calls are of many
        if taken.bookable:
            newest = max(taken.bookable, key=_ENDED_AT)
            observer = newest.observer if isinstance(newest, Prepared) else newest.key.observer
            self.meter.arrived(principal.tenant, observer, newest.ended_at)
        for beat in taken.beats:
            if principal.device is None or principal.device == beat.device:
                self._beats.note(principal.tenant, principal.person, beat)
                self.meter.heard(principal.tenant, beat.device)

    def families(self, counts: Mapping[str, Counts]) -> list[Family]:
        """Everything that Prometheus reads."""
        ready = self.readiness.problem() is None
        return [*process_families(ready=ready, schema=NEWEST), *self.meter.families(), *receiver_families(counts)]

    def close(self) -> None:
        """Write what waits, end the threads."""
        self._beats.close()
        self.readiness.close()
