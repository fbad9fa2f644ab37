"""Speaker: what a sender says, as the collector may believe it.

Device and engineer come from the credential. What a claim said otherwise is kept beside, as a flag of the call. A
gateway names engineers and teams as far as its credential goes. Addresses become references before anything is stored.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tollbook.claim import Claim, ClaimKey, Register, claim_with
from tollbook.conclude import FLAG
from tollbook.problem import Problem
from tollbook.vocabulary import Basis, Evidence
from tollbook.work import EVIDENCE_RANK
from tollbook_collector.auth.directory import REFERENCE, Directory
from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.records import Kind, Standing
from tollbook_collector.auth.spoken_shapes import SpokenShapes
from tollbook_collector.shapes import ShapedFields

MAX_AHEAD_NS = 48 * 3600 * 10**9
"""How far a sender's clock may be ahead."""
GATEWAY = "gateway"
MISMATCH = "engineer_mismatch"
NOT_DELEGATED = "engineer_not_delegated"
TEAM_NOT_DELEGATED = "team_not_delegated"

_ENGINEER, _DEVICE = (EVIDENCE_RANK[name][Evidence.CREDENTIAL] for name in ("engineer", "device"))
_BY_KEY = EVIDENCE_RANK["engineer"][Evidence.GATEWAY_KEY]


class Spoken(NamedTuple):
    """What may be booked of what was said."""

    claims: tuple[Claim, ...]
    problems: tuple[Problem, ...]
    doubts: Mapping[str, int]
    """Claims that said what their sender may not, by reason; they are booked without it."""


class Speaker:
    """One sender. For any thread."""

    def __init__(self, principal: Principal, directory: Directory, shapes: SpokenShapes | None = None) -> None:
        """`shapes` remembers what the fields of earlier claims became."""
        self._principal = principal
        self._directory = directory
        self._shapes = SpokenShapes() if shapes is None else shapes
        self._known = self._shapes.of(principal)
        self._set: Callable[[Claim, dict[str, Register]], str | None] = {
            Kind.DEVICE: self._set_device,
            Kind.GATEWAY: self._set_gateway,
        }.get(principal.kind or Kind.API, self._set_nobody)

    @property
    def observer(self) -> str:
        """Who says what this sender sends."""
        return _observer(self._principal)

    def spoken(self, claims: Sequence[Claim], problems: Sequence[Problem] = ()) -> Spoken:
        """The claims as this sender may make them.

        Raises:
            Retryable: a new person could not be written down now; nothing is lost when all is sent again.
        """
        latest = self._directory.now_ns + MAX_AHEAD_NS
        kept: list[Claim] = []
        refused = list(problems)
        doubts: Counter[str] = Counter()
        observer = None if self._principal.kind is None else self.observer
        for claim in claims:
            if observer is not None and claim.started_at > latest:
                remedy = "Set the sender's clock."
                refused.append(Problem(reason="time_in_future", where="otlp", detail="", remedy=remedy))
                continue
            fields: Mapping[str, Register] | None = self._remembered(claim)
            if fields is None:
                fields, doubt = self._believed(claim)
                if doubt is not None:
                    doubts[doubt] += 1
                else:
                    self._remember(claim, fields)
            if observer is None and fields is claim.fields:
                kept.append(claim)
                continue
            key = claim.key if observer is None else ClaimKey(observer, claim.key.source, claim.key.id)
            kept.append(
                claim_with(
                    key, claim.ids, claim.reader_epoch, claim.quality, claim.started_at, claim.ended_at,
                    claim.totals, claim.extra, fields,
                )
            )  # fmt: skip
        return Spoken(tuple(kept), tuple(refused), doubts)

    def _believed(self, claim: Claim) -> tuple[dict[str, Register], str | None]:
        """The fields of a claim that may be believed, and the reason to doubt what it said."""
        fields = claim.fields.plain() if isinstance(claim.fields, ShapedFields) else dict(claim.fields)
        if FLAG in " ".join(fields):  # nobody can send one; looked at all the same, and as fast as that can be
            fields = {name: value for name, value in fields.items() if not name.startswith(FLAG)}
        return fields, self._set(claim, fields)

    def _remembered(self, claim: Claim) -> Mapping[str, Register] | None:
        """What the fields of such a claim became before: the same object where they stayed as they were."""
        said = claim.fields
        if not isinstance(said, ShapedFields) or (self._principal.kind is not None and not _plain(claim, said)):
            return None
        shape = self._known.get(said.shape)
        return said if shape is said.shape else None if shape is None else shape.fields(said.order)

    def _remember(self, claim: Claim, fields: dict[str, Register]) -> None:
        """Note what became of fields, where it depends on nothing but them and the sender: a reference stays what it
        is, a device's engineer is compared by address."""
        kind, said = self._principal.kind, claim.fields
        lasting = kind is None or (kind is Kind.DEVICE and self._principal.email is not None)
        if lasting and isinstance(said, ShapedFields) and (kind is None or _plain(claim, said)):
            self._shapes.learn(self._principal, said, fields)

    def _set_nobody(self, claim: Claim, fields: dict[str, Register]) -> str | None:
        """Without credentials what is said is believed; only the address becomes a reference."""
        self._refer(fields)
        return None

    def _set_device(self, claim: Claim, fields: dict[str, Register]) -> str | None:
        """The credential's engineer and device. A correction by a person is theirs, whoever it names."""
        principal = self._principal
        claimed = fields.pop("engineer", None)
        order = -claim.started_at
        if principal.person is not None:
            fields["engineer"] = Register(_ENGINEER, order, principal.person)
        fields["device"] = Register(_DEVICE, order, principal.device or "")
        if claimed is None or self._same(claimed):
            return None
        return self._doubt(fields, MISMATCH, claimed)

    def _same(self, claimed: Register) -> bool:
        """Whether a claimed engineer is the credential's own; one whose address was taken away is asked for."""
        text = str(claimed.value).lower()
        own = self._principal
        if own.email is not None:
            return text == own.email
        known = self._directory.person_of(own.tenant, text)
        return known is not None and known.reference == own.person

    def _set_gateway(self, claim: Claim, fields: dict[str, Register]) -> str | None:
        """Engineers and teams that were delegated to the gateway; the device is none."""
        doubt: str | None = None
        fields.pop("device", None)
        team = fields.get("team")
        if team is not None and team.value not in self._principal.teams:
            doubt = self._doubt(fields, TEAM_NOT_DELEGATED, fields.pop("team"))
        claimed = fields.pop("engineer", None)
        if claimed is None:
            return doubt
        person = self._directory.person_of(self._principal.tenant, str(claimed.value).lower())
        if person is None or person.team not in self._principal.teams or person.standing is Standing.ERASED:
            return self._doubt(fields, NOT_DELEGATED, claimed)
        fields["engineer"] = Register(_BY_KEY, claimed.order, person.reference)
        return doubt

    def _doubt(self, fields: dict[str, Register], reason: str, claimed: Register) -> str:
        """Put a flag on the call. It keeps what was claimed; of a person only the reference, and only a known one's."""
        value = str(claimed.value)
        if "@" in value:
            known = self._directory.person_of(self._principal.tenant, value.lower())
            value = "unknown" if known is None else known.reference
        fields[FLAG + reason] = Register(Basis.OBSERVED, claimed.order, value)
        return reason

    def _refer(self, fields: dict[str, Register]) -> None:
        engineer = fields.get("engineer")
        if engineer is not None and not REFERENCE.fullmatch(str(engineer.value)):
            reference = self._directory.reference(self._principal.tenant, str(engineer.value).lower())
            fields["engineer"] = Register(engineer.rank, engineer.order, reference)


def _plain(claim: Claim, fields: ShapedFields) -> bool:
    """Whether the order of its fields is the one that a credential's have."""
    return fields.order == -claim.started_at


def _observer(principal: Principal) -> str:
    if principal.kind is Kind.DEVICE:
        return principal.device or principal.credential
    return GATEWAY if principal.kind is None else f"{GATEWAY}-{principal.credential}"
