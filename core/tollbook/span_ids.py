"""The names of a call in a span: which claim it is, and the ids it gives."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tollbook import attributes as names
from tollbook import checked
from tollbook.claim import ClaimKey
from tollbook.identity import Id, strength
from tollbook.vocabulary import IdKind, Source

ID_NAMES: dict[IdKind, str] = {
    IdKind.RESPONSE: names.RESPONSE_ID,
    IdKind.REQUEST: names.REQUEST_ID,
    IdKind.CLIENT_REQUEST: names.CLIENT_REQUEST_ID,
    IdKind.GENERATION: names.GENERATION_ID,
    IdKind.GATEWAY_CALL: names.GATEWAY_CALL_ID,
}
"""The kinds that have an attribute of their own, strongest first."""
HEADS = 16_384
"""Keys without their id that are remembered: some of each device, 200 bytes each."""
_KINDS = {str(kind): kind for kind in IdKind}
_SOURCES = {str(source): source for source in Source}


def escaped(observer: str) -> str:
    """An observer's name without blanks, which separate the parts of a claim's key."""
    return observer.replace("%", "%25").replace(" ", "%20")


def _unescaped(observer: str) -> str:
    return observer.replace("%20", " ").replace("%25", "%")


def decode_key(text: str) -> ClaimKey:
    """The key that an attribute gives.

    Raises:
        FaultError: it is none.
    """
    place = -1
    for _ in range(3):
        place = text.find(" ", place + 1)
        if place < 0:
            raise checked.malformed(names.CLAIM, "is not observer, source, kind and value")
    observer, source, kind = head_of(text[: place + 1])
    return ClaimKey(observer, source, Id(kind, text[place + 1 :]))


@lru_cache(HEADS)
def head_of(text: str) -> tuple[str, Source, IdKind]:
    """Observer, source and kind of a claim's key, which stand before the value of its id: each ends with a blank."""
    parts = text.split(" ")
    if len(parts) != 4 or parts[3]:
        raise checked.malformed(names.CLAIM, "is not observer, source, kind and value")
    observer, source, kind, _ = parts
    of = checked.member(_KINDS, kind, names.CLAIM)
    return _unescaped(observer), checked.member(_SOURCES, source, names.CLAIM), of


def decode_ids(attributes: Mapping[str, Any]) -> tuple[Id, ...]:
    """All ids, strongest first.

    Raises:
        FaultError: one is no id.
    """
    ids = tuple(
        [Id(kind, checked.text(attributes[name], name)) for kind, name in ID_NAMES.items() if name in attributes]
    )
    if names.MORE_IDS in attributes:
        ids = with_more(ids, attributes[names.MORE_IDS])
    for one in ids:
        if not one.value:
            raise checked.malformed("the span", "has an empty id")
    return ids


def with_more(ids: tuple[Id, ...], raw: Any) -> tuple[Id, ...]:
    """The ids with those that a list in JSON adds, strongest first."""
    name = names.MORE_IDS
    more: list[Id] = []
    for entry in checked.json_list(checked.json_value(raw, name), name):
        pair = checked.json_list(entry, name)
        if len(pair) != 2:
            raise checked.malformed(name, "is not a list of kinds and values")
        more.append(Id(checked.member(_KINDS, pair[0], name), checked.text(pair[1], name)))
    return tuple(sorted({*ids, *more}, key=strength))
