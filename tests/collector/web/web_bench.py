"""A company's pages in this process: people of two teams with a call each, and a browser that keeps cookies."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tests.collector.auth.auth_bench import Bench, bench, with_people
from tollbook_collector.api.app import Gate, build
from tollbook_collector.auth.records import Role

_PROOF = re.compile(r'name="proof" value="([^"]+)"')
_LINK = re.compile(r'href="([^"]*)"')


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, gate: Gate, address: str = "http://127.0.0.1") -> None:
        self.gate = gate
        self.client = TestClient(build(gate), base_url=address, follow_redirects=False)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def page(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-600:])
        return str(answer.text)

    def proof(self, path: str) -> str:
        """What the forms of a page bring along."""
        found = _PROOF.search(self.page(path))
        assert found is not None, path
        return unescape(found[1])

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Any:
        return self.client.post(path, data=dict(fields), headers=headers)

    def sign_in(self, token: str, after: str = "/") -> Any:
        return self.post("/sign-in", {"proof": self.proof("/sign-in"), "token": token, "next": after})

    def links(self, path: str) -> list[str]:
        """Where a page leads to."""
        return [unescape(link) for link in _LINK.findall(self.page(path))]


class Company:
    """Six people of team payments and a stranger, with credentials."""

    def __init__(self, parts: Bench) -> None:
        self.parts = with_people(parts)
        parts.clock.pass_seconds(6)
        self.gate = parts.gate()

    def browser(self, address: str = "http://127.0.0.1") -> Browser:
        """One that nobody has signed in with."""
        return Browser(self.gate, address)

    def signed_in(self, role: Role, email: str | None = None) -> Browser:
        """One that a person of a role has signed in with."""
        made = self.browser()
        team = "payments" if role is Role.LEAD else None
        assert made.sign_in(self.parts.asker(email or f"{role}@example.com", role, team)).status_code == 303
        return made

    def events(self, action: str) -> list[Any]:
        return [one.event for one in self.parts.access.entries(1) if one.event.action == action]


@contextmanager
def company(home: Path, **settings: Any) -> Generator[Company]:
    with bench(home, **settings) as parts:
        yield Company(parts)


@contextmanager
def alone(home: Path, *claims: Any) -> Generator[tuple[Browser, Bench]]:
    """One person's collector on the loopback, without credentials, with these calls."""
    with bench(home) as parts:
        parts.send(None, *claims)
        yield Browser(parts.gate()), parts


def made_on(claim: Any, **fields: str) -> Any:
    """A claim with other texts: branch, repo, model, session_id, engineer."""
    changed = dict(claim.fields)
    for name, value in fields.items():
        changed[name] = changed[name]._replace(value=value)
    return replace(claim, fields=changed)
