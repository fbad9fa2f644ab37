"""Booked: the flat row of a concluded and priced call that questions are answered from.

Both stores keep these columns under these names, so that the laptop's answer and the collector's come from one code.
"""

import json
from typing import TYPE_CHECKING, NamedTuple

from tollbook.day import day_of

if TYPE_CHECKING:  # who only reads rows does not wait for what concludes calls
    from tollbook.call import Call, Charge
    from tollbook.usage import Usage

UNKNOWN_MODEL = "unknown"


class Booked(NamedTuple):
    """One call. Tokens and money of `parts` are those of other models inside the response, not in the counts."""

    call_id: bytes
    started_at: int
    day: int
    """UTC accounting day: days since 1970-01-01."""
    tool: str
    channel: str
    model: str
    engineer: str | None
    repo: str | None
    branch: str | None
    tickets: str | None
    """Keys separated by blanks, ascending."""
    ticket_evidence: str | None
    session_id: str | None
    sources: str
    """Sources joined by `+`, strongest first."""
    input: int | None
    """All ten counts are `None` together: nobody saw the usage."""
    cache_read: int | None
    cache_write_5m: int | None
    cache_write_30m: int | None
    cache_write_1h: int | None
    cache_write_12h: int | None
    cache_write: int | None
    output: int | None
    reasoning: int | None
    web_searches: int | None
    list_nano_usd: int
    """Money of the call's own model."""
    unpriced: int
    flags: str
    """Separated by blanks."""
    parts: str | None
    """JSON [[model, ten counts, nano-dollars], ...] of other models; `None` nearly always."""


COLUMNS: tuple[str, ...] = Booked._fields
_UNSEEN: tuple[None, ...] = (None,) * 10


def book_row(call: "Call", charge: "Charge") -> Booked:
    """The row of a call and its charge."""
    work = call.work
    model = call.model or call.model_requested or UNKNOWN_MODEL
    flags = {*call.flags, *charge.flags}
    own = charge.list_nano_usd
    parts: str | None = None
    if call.extra:
        entries: list[list[object]] = []
        for name, usage in call.extra.items():
            money = sum(line.list_nano_usd or 0 for line in charge.lines if line.model == name)
            own -= money
            entries.append([name, list(usage.parts()), money])
        parts = json.dumps(entries, separators=(",", ":"))
    return Booked._make(
        (
            bytes.fromhex(call.call_id),
            call.started_at,
            day_of(call.started_at),
            call.tool.value,
            call.channel.value,
            model,
            work.engineer.value if work.engineer else None,
            work.repo.value if work.repo else None,
            work.branch.value if work.branch else None,
            work.tickets.value if work.tickets else None,
            work.tickets.evidence.value if work.tickets else None,
            call.session_id,
            "+".join(source.value for source in call.sources),
            *(call.usage.parts() if call.usage is not None else _UNSEEN),
            own,
            int(charge.unpriced),
            " ".join(sorted(flags)),
            parts,
        )
    )


def other_models(row: Booked) -> "list[tuple[str, Usage, int]]":
    """(model, usage, nano-dollars) of the other models inside a response."""
    if row.parts is None:
        return []
    from tollbook.usage import Usage  # few calls have any

    return [
        (str(name), Usage(**dict(zip(_USAGE_NAMES, counts, strict=True))), int(money))
        for name, counts, money in json.loads(row.parts)
    ]


_USAGE_NAMES = Booked._fields[13:23]
