"""The storage model in dictionaries: executes plans as both stores do, and nothing more.

Claims are kept as canonical bytes and only what a plan calls changed is written, so that a plan that forgets to say
something leaves a hole that a test can see.
"""

from collections.abc import Callable, Iterable
from itertools import count

from tests.support.charges import charge_of
from tollbook.booked import Booked, book_row
from tollbook.booking import ClusterKey, Settled, alias_keys, plan
from tollbook.call import Call
from tollbook.canonical import parse, write
from tollbook.claim import Claim, ClaimKey
from tollbook.conclude import conclude
from tollbook.identity import alias_key
from tollbook.ticket import NO_LIST, TicketRule


class MemoryStore:
    """What a store holds, and the two things it does: book claims, answer for a call_id."""

    def __init__(
        self,
        rule: TicketRule = NO_LIST,
        rows: Iterable[int] | None = None,
        keys: Callable[[Claim], tuple[int, ...]] = alias_keys,
    ) -> None:
        self.rule = rule
        self._keys = keys
        self._rows = iter(count(1) if rows is None else rows)
        self.aliases: dict[int, ClusterKey] = {}
        self.claims: dict[ClusterKey, dict[ClaimKey, bytes]] = {}
        self.calls: dict[ClusterKey, tuple[Call, ...]] = {}
        self.former: set[str] = set()
        """Every call_id that a question could ever have been answered with."""

    def book(self, claims: Iterable[Claim]) -> list[Settled]:
        """One batch in one transaction."""
        batch = [(claim, self._keys(claim)) for claim in claims]
        wanted = {key for _, keys in batch for key in keys}
        aliases = {key: cluster for key, cluster in self.aliases.items() if key in wanted}
        stored = {cluster: [parse(raw) for raw in self.claims[cluster].values()] for cluster in set(aliases.values())}
        settled = plan(batch, aliases, stored, self._rows)
        for one in settled:
            self._execute(one)
        return settled

    def _execute(self, one: Settled) -> None:
        mine = self.claims.setdefault(one.cluster, {})
        for loser in one.losers:
            mine |= self.claims.pop(loser)
            del self.calls[loser]
        losers = set(one.losers)
        self.aliases = {key: one.cluster if at in losers else at for key, at in self.aliases.items()}
        for claim in one.changed:
            mine[claim.key] = write(claim)
        assert {claim.key: write(claim) for claim in one.claims} == mine, "the plan and the store hold different claims"
        for key in one.aliases:
            assert key not in self.aliases, "an alias is inserted once"
            self.aliases[key] = one.cluster
        self.calls[one.cluster] = tuple(conclude(group, self.rule) for group in one.grouping.groups)
        self.former |= {call.call_id for call in self.calls[one.cluster]}

    def state(self) -> dict[ClaimKey, bytes]:
        """Every claim: the map that everything else follows from."""
        return {key: raw for claims in self.claims.values() for key, raw in claims.items()}

    def claims_of_clusters(self) -> dict[ClusterKey, list[Claim]]:
        """The claims, cluster by cluster."""
        return {cluster: [parse(raw) for raw in claims.values()] for cluster, claims in self.claims.items()}

    def all_calls(self) -> list[Call]:
        """Every call, by its call_id: independent of clusters and their numbers."""
        return sorted((call for calls in self.calls.values() for call in calls), key=lambda call: call.call_id)

    def rows(self) -> list[Booked]:
        """Every booked row, in the same order."""
        return [book_row(call, charge_of(call)) for call in self.all_calls()]

    def resolve(self, call_id: str) -> tuple[Call, ...]:
        """The calls of the cluster that a call_id, present or former, leads to."""
        return self.calls[self.aliases[alias_key(bytes.fromhex(call_id))]]
