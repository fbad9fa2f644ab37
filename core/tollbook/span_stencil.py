"""Stencils: what the spans of many sessions have in common, with open places for what a session says of itself.

The fields that a stencil gives, and their canonical text, are those of `spans.decode` and `canonical.write_fields`;
where it cannot tell, it gives nothing.
"""

from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import NamedTuple, cast

from tollbook import attributes as names
from tollbook import checked
from tollbook.canonical import write_fields
from tollbook.claim import REPORTED_COST, Claim, Register
from tollbook.vocabulary import Quality

_OF_SESSION = (
    "session_id",
    "turn_id",
    "agent_id",
    "parent_agent_id",
    "scope.account",
    "scope.principal",
    "scope.api_key",
    "engineer",
    "device",
    "branch",
    "commit",
    "tickets",
    REPORTED_COST,
)
"""The fields in which sessions differ; the repository and tags are more of them."""
_FIELDS: Mapping[str, str] = {
    **{names.FIELD_ATTRIBUTES[field]: field for field in _OF_SESSION},
    names.REPOSITORY: "repo",
}
_NUL = "\\u0000"
"""As JSON has it. A text that holds these letters is taken for one with a NUL, and read in full."""

Value = str | int
Entry = tuple[int, Value]
"""A field's rank and value."""


class Filled(NamedTuple):
    """The fields of a claim, all of one order."""

    text: str
    """As `write_fields` writes them."""
    entries: dict[str, Entry]


def _field(attribute: str) -> str:
    """The field that an open attribute gives, "" of one that is never open."""
    if attribute.startswith(names.TAG_PREFIX):
        return "tag." + attribute.removeprefix(names.TAG_PREFIX)
    return _FIELDS.get(attribute, "")


def open_attributes(keys: Sequence[str]) -> tuple[str, ...]:
    """Which of a span's attributes are open, in the order in which `Stencil.fill` wants their values: by field, and the
    owner of the repository at the end. What is said twice is not open."""
    once = {key for key in keys if keys.count(key) == 1}
    if keys.count(names.OWNER) > 1:
        once.discard(names.REPOSITORY)
    opened = sorted([key for key in once if _field(key)], key=_field)
    return (*opened, names.OWNER) if names.OWNER in once and names.REPOSITORY in once else tuple(opened)


def names_no_order(known: Value | None) -> bool:
    """Whether fields of other spans with this `tollbook.known` have the order of their span too."""
    if known is None:
        return True
    ways: Mapping[str, list[Value]] = checked.json_object({names.KNOWN: known}, names.KNOWN)
    return all(how.__class__ is list and len(how) == 1 for how in ways.values())


class Stencil:
    """All but the open attributes of spans that have the same attributes in the same order."""

    __slots__ = ("_cost", "_entries", "_fields", "_ranks", "_repo", "_text", "quality", "reader_epoch")

    def __init__(self, claim: Claim, attributes: Sequence[str]) -> None:
        """Of a claim that was read in full, and its `open_attributes`."""
        fields = claim.fields
        self.quality: Quality = claim.quality
        self.reader_epoch: int = claim.reader_epoch
        self._fields = tuple([_field(each) for each in attributes if each != names.OWNER])
        self._ranks = tuple([fields[field].rank for field in self._fields])
        self._repo = self._fields.index("repo") if names.OWNER in attributes else None
        self._cost = self._fields.index(REPORTED_COST) if REPORTED_COST in self._fields else None
        self._text = ",".join([_frame(field, fields[field], field in self._fields) for field in sorted(fields)])
        self._entries: dict[str, Entry] = {field: (rank, value) for field, (rank, _, value) in fields.items()}

    @property
    def lasts(self) -> bool:
        """Whether the calls of a session say the same: what a call cost, it says of itself alone."""
        return self._cost is None

    def fill(self, values: Sequence[Value]) -> Filled | None:
        """The fields of a span with these values at the open attributes; `None` where `decode` has to look at it."""
        said = list(values)
        if self._repo is not None:
            owner, name = said.pop(), said[self._repo]
            if not (isinstance(owner, str) and isinstance(name, str)):
                return None
            said[self._repo] = f"{owner}/{name}"
        texts = said
        if self._cost is not None:
            cost = said[self._cost]
            if not isinstance(cost, int) or cost < -checked.MAX_INT:
                return None
            texts = [*said[: self._cost], "", *said[self._cost + 1 :]]
        try:
            quoted = [*map(encode_basestring, cast(list[str], texts))]
        except TypeError:
            return None
        if self._cost is not None:
            quoted[self._cost] = str(said[self._cost])
        text = self._text % tuple(quoted)
        if _NUL in text:
            return None
        entries = self._entries.copy()
        entries.update(zip(self._fields, zip(self._ranks, said, strict=True), strict=True))
        return Filled(text, entries)


def _frame(field: str, register: Register, is_open: bool) -> str:
    """A field as `write_fields` writes it, for `%`; with a place for its value where it is open."""
    entry = write_fields({field: register._replace(order=0, value="" if is_open else register.value)}, 0)
    before, value, after = entry.rpartition('""') if is_open else (entry, "", "")
    return before.replace("%", "%%") + ("%s" if is_open else value) + after
