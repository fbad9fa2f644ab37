"""Page: what a page says, before it is HTML. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from tollbook_collector.web.table import Basis, Table


class ChartKind(StrEnum):
    """The pictures there are; each is drawn from its table."""

    TIME = "time"
    BARS = "bars"
    FLOW = "flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of a table, which stands below it for who cannot see it."""

    kind: ChartKind
    table: Table
    summary: str
    """What it shows, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A headline figure."""

    label: str
    text: str
    """As it is shown."""
    note: str = ""
    basis: Basis | None = None
    coverage: str | None = None
    href: str | None = None
    loud: bool = False
    """The one to look at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several ways to look at a page."""

    label: str
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days a page is about, with links to others."""

    first: str
    last: str
    """ISO date of the last day, inclusive; empty where there is none."""
    end: str
    """ISO date of the day after it."""
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that a page shows. `wide` tables stand alone, the others side by side."""

    title: str
    kicker: str = ""
    """What kind of thing it is about, above the title."""
    lead: str = ""
    nav: str = ""
    """Which part of the site it belongs to."""
    span: Span | None = None
    choices: tuple[Choice, ...] = ()
    months: tuple[Choice, ...] = ()
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    wide: tuple[Table, ...] = ()
    tables: tuple[Table, ...] = ()
    alerts: tuple[str, ...] = ()
    """What must be done before the page's figures can be relied on; told before them."""
    notes: tuple[str, ...] = ()
    reload_seconds: int = 0
    """After which the page asks for itself again, since something is still being worked out."""

    def every_table(self) -> tuple[Table, ...]:
        """Each that can be had as CSV and JSON."""
        return (*(chart.table for chart in self.charts), *self.wide, *self.tables)
