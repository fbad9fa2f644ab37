"""Two organisations in one file: whatever text there is in the second has a mark that is nowhere in the first."""

import json
from dataclasses import replace

from tests.collector.auth.api_client import ApiClient
from tests.collector.auth.auth_bench import Bench, claim_by
from tests.collector.claim_maker import make_claim
from tests.support.bills import RECORDINGS
from tollbook.claim import Claim
from tollbook.heartbeat import Heartbeat
from tollbook_collector.auth.records import Kind, Role
from tollbook_collector.finance_desk import tenant_home
from tollbook_collector.store.record.devices import Beat

SECRET = "zebra"
"""Stands in every text of tenant B and in none of A."""
CALLS = 12


def of_b(number: int) -> Claim:
    """A call of tenant B, full of its mark; its ids are some of A's."""
    claim = claim_by(number, f"{SECRET}{number % 3}@{SECRET}.example.com")
    fields = {
        name: register._replace(value=f"{SECRET}/{name}-{register.value}")
        if name in ("repo", "branch", "session_id", "tag.team-color", "model") and isinstance(register.value, str)
        else register
        for name, register in claim.fields.items()
    }
    fields["branch"] = fields["branch"]._replace(value=f"{SECRET}-PAY-10{number % 4}")
    return replace(claim, fields=fields)


class TwoTenants:
    """Both, with credentials of every role of A."""

    def __init__(self, parts: Bench) -> None:
        other = parts.access.make_tenant(SECRET, parts.clock())
        assert other == 2
        self.parts = parts
        self.tokens = {role: parts.asker(f"{role}@example.com", role, "payments") for role in Role}
        self.device = parts.token(Kind.DEVICE, email="ada@example.com")
        self.other = parts.asker(f"{SECRET}@{SECRET}.example.com", Role.AUDITOR, SECRET, 2)
        self.other_device = parts.token(Kind.DEVICE, 2, f"{SECRET}0@{SECRET}.example.com")
        parts.send(self.device, *(make_claim(number) for number in range(CALLS)))
        theirs = parts.send(self.other_device, *map(of_b, range(CALLS // 2, 2 * CALLS)))
        self.their_ids = [call["call_id"] for call in theirs.documents(limit=99)]
        own = {call["call_id"] for call in parts.guard.tenants.record(1).documents(limit=99)}
        self.only_theirs = [call_id for call_id in self.their_ids if call_id not in own]
        """A call that both know has the same id in both: it is the hash of the provider's id."""
        parts.role("ada@example.com", Role.ENGINEER, "payments")
        word = Heartbeat(device=f"{SECRET}-device", version=SECRET, made=1, sent=1, dropped={SECRET: 1})
        parts.access.put_beats([Beat(other, None, parts.clock(), word)])
        parts.token(Kind.GATEWAY, other, teams=frozenset({SECRET}), label=SECRET)
        self.client = ApiClient(parts.gate())
        self._give_books(other)

    def _give_books(self, other: int) -> None:
        """B has a bill, posted, and rules that know its mark; A has an empty ledger."""
        home = tenant_home(self.parts.settings.home, other)
        home.mkdir(parents=True)
        value = {"id": SECRET, "when": {"channel": "anthropic"}, "value": SECRET}
        rules = {"version": 1, "dimensions": {SECRET: {"rules": [value]}}}
        (home / "rules.yaml").write_text(json.dumps(rules))
        cfo = f"Bearer {self.parts.asker(f'cfo@{SECRET}.example.com', Role.FINANCE, SECRET, other)}"
        bill = (RECORDINGS / "anthropic_cost.json").read_text().replace("wrkspc_01ACME", f"wrkspc_{SECRET}")
        assert SECRET in bill
        for path, query, body in (
            ("/api/v1/bills", {"name": SECRET, "scope": SECRET}, bill.encode()),
            ("/api/v1/reconciliations/2026-09", {}, b""),
        ):
            answer = self.client.ask("POST", path, cfo, query=query, body=body)
            assert answer.status == 200, answer.body
        assert SECRET in self.client.ask("GET", "/api/v1/bills", cfo).body.decode()
