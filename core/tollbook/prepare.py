"""Preparing a sighting for booking: its claim's canonical bytes, its alias keys, and the row it gives when it is alone.

Most calls are seen once, and the calls of a session differ in ids, times and counts only. What they share is concluded
once and remembered as a template, so that a first import of months of logs costs microseconds a call. Whatever does not
fit a template takes the general path; both give the same bytes and the same row, which a property test holds.
"""

import re
from json.encoder import encode_basestring
from operator import attrgetter
from typing import NamedTuple

from tollbook.booked import Booked, book_row
from tollbook.booking import alias_keys, day_of
from tollbook.call import Call
from tollbook.canonical import write
from tollbook.claim import Claim, claim_of, key_hash
from tollbook.conclude import conclude
from tollbook.group import group
from tollbook.identity import alias_key, digest, strength
from tollbook.prices.book import PriceBook
from tollbook.prices.price import price, terms_of, total
from tollbook.prices.resolve import Terms
from tollbook.sighting import SIGHTING_FIELDS, Sighting
from tollbook.ticket import TicketRule
from tollbook.usage import Usage
from tollbook.vocabulary import IdKind
from tollbook.work import Work

MAX_TEMPLATES = 8192
"""Remembered at once; all are forgotten when one more is needed."""

_OPEN = ("agent_id", "session_id", "turn_id")
"""Fields a template leaves open, in the order of the canonical bytes."""
_OPEN_OF = attrgetter(*_OPEN)
_SHARED = attrgetter(
    *(name for name in SIGHTING_FIELDS if name not in _OPEN), "source", "scope", "quality", "reader_epoch"
)
_PLAIN_ID = re.compile(r"[\w.:#-]+", re.ASCII)
_TEMPLATE_KINDS = frozenset({IdKind.RESPONSE, IdKind.REQUEST, IdKind.DERIVED, IdKind.GATEWAY_CALL})
_FIRST_COUNT = Booked._fields.index("input")
_SESSION = Booked._fields.index("session_id")


class Prepared(NamedTuple):
    """One sighting, ready to be stored."""

    started_at: int
    key: bytes
    """Names the claim within its cluster."""
    aliases: tuple[int, ...]
    body: bytes
    """Canonical bytes of the claim."""
    booked: Booked | None
    """The row when no other claim shares an id; `None` when it opens no call, or opens several."""


class _Template(NamedTuple):
    """What all calls of one kind share."""

    around: tuple[str, str, str, str]
    """Of the canonical bytes from after the order to the ids: what stands around the three open fields."""
    after_ids: str
    row: Booked
    terms: Terms | None
    call_flags: frozenset[str]
    work: Work
    """Held so that its identity stays its own."""


class Preparer:
    """Prepares the sightings of one observer under one rule and price book."""

    def __init__(self, *, observer: str, rule: TicketRule, book: PriceBook) -> None:
        self._observer, self._rule, self._book = observer, rule, book
        self._templates: dict[object, _Template] = {}

    def prepare(self, sighting: Sighting, work: Work) -> Prepared | None:
        """The sighting with this work; `None` when it has no id."""
        if not _fits(sighting):
            return self._slowly(sighting, work)
        usage = sighting.usage
        basis = tuple(sighting.basis.items()) if sighting.basis else ()
        agent, session, turn = _OPEN_OF(sighting)
        key = (_SHARED(sighting), basis, id(work), usage is None, agent is None, session is None, turn is None)
        template = self._templates.get(key)
        if template is None:
            template = self._learn(sighting, work)
            if template is None:
                return self._slowly(sighting, work)
            if len(self._templates) >= MAX_TEMPLATES:
                self._templates.clear()
            self._templates[key] = template
        return self._from_template(template, sighting, usage)

    def _from_template(self, template: _Template, sighting: Sighting, usage: Usage | None) -> Prepared:
        ids = sighting.ids if len(sighting.ids) == 1 else tuple(sorted(set(sighting.ids), key=strength))
        own = ids[0]
        start, end = sighting.started_at, max(sighting.started_at, sighting.ended_at)
        rest = ",".join([f'["{one.kind}","{one.value}"]' for one in ids[1:]])
        first, second, third, fourth = template.around
        session = sighting.session_id
        quality = int(sighting.quality) if usage is not None else 0
        counts = parts = ""
        row = template.row
        if usage is not None:
            parts = usage.parts()
            counts = (
                f',"u":[{parts[0]},{parts[1]},{usage.cache_write_total},{parts[2]},{parts[3]},{parts[4]},{parts[5]},'
                f"{parts[7]},{parts[8]},{parts[9]}]"
            )
        body = (
            f'{{"d":{-start},{first}{sighting.agent_id or ""}{second}{session or ""}{third}'
            f'{sighting.turn_id or ""}{fourth},"i":[{rest}],{template.after_ids}'
            f'"{own.kind}","{own.value}"],"q":{quality},"t":[{start},{end}]{counts}}}'
        ).encode()
        digests = [digest(one) for one in ids]
        head = (digests[0], start, day_of(start), *row[3:_SESSION], session, *row[_SESSION + 1 : _FIRST_COUNT])
        if usage is None or template.terms is None:
            booked = Booked._make((*head, *row[_FIRST_COUNT:]))
        else:
            money, unpriced, flags = total(self._book, template.terms._replace(day=day_of(end)), usage)
            flags = " ".join(sorted({*template.call_flags, *flags})) if flags or template.call_flags else ""
            booked = Booked._make((*head, *parts, money, int(unpriced), flags, None))
        name = key_hash(self._observer, sighting.source, own)
        return Prepared(start, name, tuple([alias_key(each) for each in digests]), body, booked)

    def _learn(self, sighting: Sighting, work: Work) -> _Template | None:
        """A template from the general path; `None` where the general path changed a text."""
        claim = claim_of(_with(sighting, work), self._observer)
        call = None if claim is None else self._call(claim)
        if claim is None or call is None or claim.ids[0].value not in {one.value for one in sighting.ids}:
            return None
        text = write(claim).decode()
        before, found, rest = text.partition(',"i":[')
        order, _, middle = before.partition(",")
        around = _around(middle, _OPEN_OF(sighting))
        after = rest.split('],"k":[', 1)[1]
        if not found or order != f'{{"d":{-sighting.started_at}':
            return None
        prefix = f"{encode_basestring(self._observer)},{encode_basestring(claim.key.source)},"
        if not after.startswith(prefix):
            return None
        charge = price(call, self._book)
        return _Template(
            around=around,
            after_ids=f'"k":[{prefix}',
            row=book_row(call, charge),
            terms=None if call.usage is None else terms_of(call),
            call_flags=frozenset(call.flags),
            work=work,
        )

    def _call(self, claim: Claim) -> Call | None:
        groups = group((claim,)).groups
        return conclude(groups[0], self._rule) if groups else None

    def _slowly(self, sighting: Sighting, work: Work) -> Prepared | None:
        claim = claim_of(_with(sighting, work), self._observer)
        if claim is None:
            return None
        call = self._call(claim)
        booked = None if call is None else book_row(call, price(call, self._book))
        name = key_hash(claim.key.observer, claim.key.source, claim.key.id)
        return Prepared(claim.started_at, name, alias_keys(claim), write(claim), booked)


def _fits(sighting: Sighting) -> bool:
    """Whether a template can speak for the sighting."""
    if sighting.extra or sighting.order is not None or sighting.reported_cost_nano_usd is not None or not sighting.ids:
        return False
    for one in sighting.ids:
        if one.kind not in _TEMPLATE_KINDS or not _PLAIN_ID.fullmatch(one.value):
            return False
    opened = _OPEN_OF(sighting)
    return sighting.started_at > 0 and all(value is None or _PLAIN_ID.fullmatch(value) for value in opened)


def _around(text: str, opened: tuple[str | None, ...]) -> tuple[str, str, str, str]:
    """The literal texts around the values of the open fields; a field that is not known stands between two of them."""
    literals: list[str] = []
    rest = text
    for name, value in zip(_OPEN, opened, strict=True):
        if value is None:
            literals.append("")
            continue
        start = min(place for place in (rest.find(f'"{name}":"'), rest.find(f'"{name}":["')) if place >= 0)
        start = rest.index(value, start + len(name) + 4)
        literals.append(rest[:start])
        rest = rest[start + len(value) :]
    first, second, third = literals
    return first, second, third, rest


def _with(sighting: Sighting, work: Work) -> Sighting:
    return sighting if sighting.work is work else sighting.with_work(work)
