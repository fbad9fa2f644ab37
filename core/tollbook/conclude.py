"""conclude(group) -> Call: what all claims about one call together say. Pure; ties go to the smallest bytes."""

from collections.abc import Mapping

from tollbook.call import Call
from tollbook.choose import registers
from tollbook.claim import REPORTED_COST, Claim, joining_ids
from tollbook.conclude_counters import conclude_counters
from tollbook.conclude_work import conclude_work
from tollbook.group import Group
from tollbook.identity import Id, call_id, strength
from tollbook.sighting import NO_SCOPE, SCOPE_FIELDS, Scope
from tollbook.ticket import TicketRule
from tollbook.vocabulary import SOURCE_STRENGTH, Billing, Channel, Evidence, Provider, Purpose, Source, Tool
from tollbook.work import EVIDENCE_RANK

FLAG = "flag."
"""A field of this prefix is a flag that whoever took the claim put on it; no sender can."""

_TOOLS: Mapping[str, Tool] = {str(one): one for one in Tool}
_CHANNELS: Mapping[str, Channel] = {str(one): one for one in Channel}
_PROVIDERS: Mapping[str, Provider] = {str(one): one for one in Provider}
_BILLINGS: Mapping[str, Billing] = {str(one): one for one in Billing}
_PURPOSES: Mapping[str, Purpose] = {str(one): one for one in Purpose}
_CREDENTIAL = EVIDENCE_RANK["engineer"][Evidence.CREDENTIAL]
_SCOPE_KEYS = tuple((name, f"scope.{name}") for name in SCOPE_FIELDS)


def conclude(group: Group, rule: TicketRule) -> Call:
    """The call that a group of claims describes.

    `rule` says which ticket keys count; tickets from a branch are derived here, so that a changed list of project keys
    re-derives them from facts already stored.
    """
    claims = group.claims
    counters = conclude_counters(claims)
    known = registers(claims)
    texts = {name: str(register.value) for name, register in known.items()}
    text = texts.get
    flags = {*counters.flags, *identity_flags(claims)}
    if group.void:
        flags.add("void_ids")
    started_at, ended_at = times(claims)
    return Call(
        call_id=call_id(naming_id(group)),
        ids=_ids(claims),
        tool=_TOOLS.get(text("tool", ""), Tool.OTHER),
        channel=_CHANNELS.get(text("channel", ""), Channel.OTHER),
        provider=_PROVIDERS.get(text("provider", ""), Provider.OTHER),
        billing=_BILLINGS.get(text("billing", ""), Billing.UNKNOWN),
        scope=_scope(texts),
        model_requested=text("model_requested"),
        model=text("model"),
        started_at=started_at,
        ended_at=ended_at,
        usage=counters.usage,
        extra=counters.extra,
        quality=counters.quality,
        service_tier=text("service_tier"),
        speed=text("speed"),
        inference_geo=text("inference_geo"),
        status=text("status"),
        session_id=text("session_id"),
        turn_id=text("turn_id"),
        agent_id=text("agent_id"),
        parent_agent_id=text("parent_agent_id"),
        purpose=_PURPOSES.get(text("purpose", ""), Purpose.OTHER),
        work=conclude_work(claims, rule, known),
        sources=_sources(claims),
        flags=tuple(sorted(flags)),
        reported_cost_nano_usd=int(known[REPORTED_COST].value) if REPORTED_COST in known else None,
    )


def identity_flags(claims: tuple[Claim, ...]) -> set[str]:
    """What is doubtful about who made the call. Depends on the fields of the claims only."""
    flags = {name.removeprefix(FLAG) for claim in claims for name in claim.fields if name.startswith(FLAG)}
    if len(claims) > 1:
        named = [claim.fields.get("engineer") for claim in claims]
        if len({each.value for each in named if each is not None and each.rank == _CREDENTIAL}) > 1:
            flags.add("engineer_conflict")
    return flags


def _ids(claims: tuple[Claim, ...]) -> tuple[Id, ...]:
    """All ids, strongest kind first; a claim holds its own in that order."""
    first = claims[0].ids
    if all(claim.ids == first for claim in claims):
        return first
    return tuple(sorted({one for claim in claims for one in claim.ids}, key=strength))


def _sources(claims: tuple[Claim, ...]) -> tuple[Source, ...]:
    if len(claims) == 1:
        return (claims[0].key.source,)
    held = {claim.key.source for claim in claims}
    return tuple([source for source in SOURCE_STRENGTH if source in held])


def times(claims: tuple[Claim, ...]) -> tuple[int, int]:
    """When the call began and ended. UTC nanoseconds.

    A person decides long after the call: that moment must not lengthen it, nor move it to another price.
    """
    if len(claims) == 1:
        return claims[0].started_at, claims[0].ended_at
    observed = [claim for claim in claims if claim.key.source is not Source.PERSON] or claims
    return min([claim.started_at for claim in observed]), max([claim.ended_at for claim in observed])


def naming_id(group: Group) -> Id:
    """The id that gives the call its name: the strongest, then smallest, joining id that is not void."""
    void = group.void
    if void:
        return min([one for claim in group.claims for one in joining_ids(claim) if one not in void], key=strength)
    # A claim holds its ids in this order.
    first = {ids[0] for claim in group.claims if (ids := joining_ids(claim))}
    return min(first, key=strength) if len(first) > 1 else first.pop()


def _scope(texts: Mapping[str, str]) -> Scope:
    values = {name: texts[key] for name, key in _SCOPE_KEYS if key in texts}
    return Scope(**values) if values else NO_SCOPE
