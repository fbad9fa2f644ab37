"""Bill lines and documents: what a provider says it charged, in integers, with nothing left out."""

from dataclasses import dataclass
from enum import StrEnum

CLAUDE_ENTERPRISE = "claude_enterprise"
COPILOT = "copilot"
"""Channels that bill without being a channel of calls (`vocabulary.Channel` has the others)."""
USD = "USD"
CODEX_CREDIT = "CODEX_CREDIT"
"""Virtual currency of Codex credits: worth what the contract says, by an explicit rate."""


class Kind(StrEnum):
    """What a line charges for."""

    USAGE = "usage"
    CREDIT = "credit"
    """Money given back by account: promotional credits, credit notes. Follows no single use."""
    DISCOUNT = "discount"
    """A reduction of the usage it stands beside."""
    TAX = "tax"
    SEAT = "seat"
    """A fee for a person, whatever is used."""
    PREPAID = "prepaid"
    """Credits bought ahead: a balance, until they are used."""
    COMMITMENT = "commitment"
    """A spend that was agreed for its days, used or not."""
    ADJUSTMENT = "adjustment"
    """A correction of an earlier period's charge."""
    ROUNDING = "rounding"
    FX = "fx"
    """What is left over when lines of another currency are converted one by one."""


AHEAD = frozenset({Kind.PREPAID, Kind.COMMITMENT})
"""What is paid ahead of its use."""


class Role(StrEnum):
    """What a document is good for."""

    BILL = "bill"
    """Its amounts are owed: they are posted."""
    USAGE = "usage"
    """Quantities by cell; no money."""
    DETAIL = "detail"
    """A second view of money that another document bills: compared, never posted."""
    COVERAGE = "coverage"
    """Estimates and counts by person, to check how much was seen; never money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One charge. `amount_nano` is in 1e-9 of the document's currency; `None` fields are what the bill does not say."""

    day: int
    """First UTC day of the charge, days since 1970-01-01."""
    days: int = 1
    """How many days it covers."""
    period: str
    """The month it is billed in, YYYY-MM: the day's, or the invoice's."""
    kind: Kind
    amount_nano: int
    list_nano: int | None = None
    """Value before discounts and pools, where the bill says it."""
    scope: str | None = None
    """Workspace, project, principal or account: whose the charge is on that channel."""
    model: str | None = None
    service_tier: str | None = None
    geo: str | None = None
    band: str | None = None
    """Context window band, as `200k` boundaries are named by the provider."""
    token_class: str | None = None
    """A name of `usage.FIELDS` where the line counts tokens or searches; else the provider's word for it."""
    quantity: int | None = None
    """Tokens or requests; `None` where the bill counts something else or nothing."""
    unit: str | None = None
    sku: str = ""
    """The provider's own name of what was charged, unchanged."""
    owner: str | None = None
    """Who the bill says it was: `user:`, `account:`, `key:` or `principal:` and the id."""
    mapped: bool = True
    """False: the SKU is unknown here; the line is kept, shown and adds up."""
    channel: str = ""
    """Where it differs from the document's: a marketplace line in a cloud's bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillDocument:
    """A whole document. It replaces what was known of (source, scope) on every day it covers, never line by line."""

    channel: str
    source: str
    """Which report of the channel."""
    scope: str
    """Organisation, account or table that the document speaks for; "" where it does not say."""
    role: Role
    first_day: int
    end_day: int
    """The day after the last day covered."""
    currency: str
    total_nano: int
    """Sum of the lines, which is the exact total rounded once."""
    records: int
    """Rows of the file, as the provider counts them."""
    ignored: int
    """Rows of the file about other products than models, which are no part of it."""
    whole: bool
    """It cannot be taken apart by day: a later document replaces all of it or nothing."""
    sha256: str
    """Of the file's bytes, pages in order."""
    watermark: str | None = None
    """Until when the provider's data was complete, as it says."""
    lines: tuple[BillLine, ...]

    @property
    def list_nano(self) -> int | None:
        """Sum of the list values; `None` where no line has one."""
        values = [line.list_nano for line in self.lines if line.list_nano is not None]
        return sum(values) if values else None

    def channel_of(self, line: BillLine) -> str:
        """The channel that bills a line."""
        return line.channel or self.channel

    @property
    def unmapped(self) -> tuple[str, ...]:
        """SKUs that are unknown here, each once."""
        return tuple(sorted({line.sku for line in self.lines if not line.mapped}))
