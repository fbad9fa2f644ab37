"""Principal: who speaks, as far as the collector itself knows. Pure."""

from dataclasses import dataclass

from tollbook_collector.auth.records import Kind, Role

DEFAULT_TENANT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Everything here comes from a credential, nothing from what was sent with it."""

    tenant: int
    kind: Kind | None
    """`None`: nobody in particular; only on the loopback, and only while no credential was ever made."""
    credential: str = ""
    person: str | None = None
    """Reference."""
    email: str | None = None
    """As the person row has it: to tell whether a span claims somebody else."""
    device: str | None = None
    teams: frozenset[str] = frozenset()
    """Of a gateway those it may name, of a lead the one led."""
    role: Role | None = None

    @property
    def sends(self) -> bool:
        """Whether it may send claims."""
        return self.kind in (None, Kind.DEVICE, Kind.GATEWAY)

    @property
    def asks(self) -> bool:
        """Whether it may ask questions."""
        return self.kind in (None, Kind.DEVICE, Kind.API)


NOBODY = Principal(tenant=DEFAULT_TENANT, kind=None)
"""The sender and asker of a collector on the loopback that has no credentials."""
