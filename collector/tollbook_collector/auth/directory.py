"""Directory: whose token this is, and who a reference stands for. Remembers both for a few seconds."""

import contextlib
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from tollbook.problem import Problem
from tollbook_collector.auth import tokens
from tollbook_collector.auth.principal import NOBODY, Principal
from tollbook_collector.auth.records import Credential, Kind, Person, Role, Standing, State
from tollbook_collector.store.record.access import Access
from tollbook_collector.store.record.errors import Retryable

REMEMBER_NS = 5 * 10**9
"""How long an answer of the record is believed: a revocation holds after this at most."""
TOUCH_NS = 60 * 10**9
"""Between two notes of when a credential was last used."""
MAX_REMEMBERED = 10_000
"""Tokens, and people; of more the oldest are forgotten."""
REFERENCE = re.compile(r"person-[0-9a-f]{16}")
_NOTHING = bytes(32)

UNAUTHENTICATED = "unauthenticated"
FORBIDDEN = "forbidden"


def refused(detail: str, remedy: str, reason: str = UNAUTHENTICATED) -> Problem:
    """Why somebody may not."""
    return Problem(reason=reason, where="", detail=detail, permanent=reason == FORBIDDEN, remedy=remedy)


class _Recent[Key, Value]:
    """Answers with the moment they were got. For any thread."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._found: OrderedDict[Key, tuple[int, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, ask: Callable[[Key], Value]) -> Value:
        """The remembered answer while it is fresh, else a new one."""
        known = self._found.get(key)
        now = self._clock()
        if known is not None and now - known[0] < REMEMBER_NS:
            return known[1]
        value = ask(key)
        with self._lock:
            self._found[key] = now, value
            self._found.move_to_end(key)
            while len(self._found) > MAX_REMEMBERED:
                self._found.popitem(last=False)
        return value

    def forget(self, key: Key) -> None:
        with self._lock:
            self._found.pop(key, None)


class Directory:
    """Answers from the record's access part. For any thread."""

    def __init__(self, access: Access, pepper: bytes, *, clock: Callable[[], int] = time.time_ns) -> None:
        self.access = access
        self._pepper = pepper
        self._clock = clock
        ticking = time.monotonic_ns if clock is time.time_ns else clock
        self._tokens: _Recent[str, tuple[Principal | Problem, Credential | None]] = _Recent(ticking)
        self._required: _Recent[None, bool] = _Recent(ticking)
        self._shown: _Recent[tuple[int, str], str] = _Recent(ticking)
        self._references: OrderedDict[tuple[int, str], str] = OrderedDict()
        """Address -> reference: never changes, not even when the person is erased."""
        self._people: _Recent[tuple[int, str], Person | None] = _Recent(ticking)
        self._touched: dict[tuple[int, str], int] = {}

    @property
    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return self._clock()

    def who(self, header: str | None) -> Principal | Problem:
        """Who shows this `authorization` header, or why nobody is let in.

        Raises:
            sqlite3.Error: the record cannot be read.
        """
        token = tokens.bearer(header)
        if token is None:
            if header is None and not self._required.get(None, lambda _: self.access.required()):
                return NOBODY
            return refused("no credential was shown", "Enrol: tollbook enroll URL TOKEN.")
        found, credential = self._tokens.get(token, self._look_up)
        now = self._clock()
        if credential is not None:
            if credential.expires_at is not None and credential.expires_at <= now:
                return refused("the credential has expired", "Ask for a new one.")
            self._touch(credential, now)
        return found

    def present(self, header: str | None) -> Credential | None:
        """The credential itself, asked for anew: for what changes credentials."""
        token = tokens.bearer(header)
        parsed = None if token is None else tokens.parse(token)
        credential = None if parsed is None else self._verified(parsed)
        if credential is None or credential.state is not State.ACTIVE:
            return None
        expired = credential.expires_at is not None and credential.expires_at <= self._clock()
        return None if expired else credential

    def _verified(self, parsed: tokens.Presented) -> Credential | None:
        found = self.access.credential(parsed.tenant, parsed.id)
        shown = tokens.digest(self._pepper, parsed.text)
        # Compared whatever was found: how long it takes must not tell which ids there are.
        right = tokens.same(shown, _NOTHING if found is None else found[1])
        return found[0] if found is not None and right and found[0].kind is parsed.kind else None

    def _look_up(self, token: str) -> tuple[Principal | Problem, Credential | None]:
        parsed = tokens.parse(token)
        credential = None if parsed is None else self._verified(parsed)
        if credential is None:
            return refused("the credential is not known here", "Enrol: tollbook enroll URL TOKEN."), None
        if credential.state is State.PENDING:
            return refused("the credential waits for an approval", "Ask an administrator to approve it."), None
        if credential.state is not State.ACTIVE:
            return refused(f"the credential is {credential.state}", "Enrol anew."), None
        person = None if credential.person is None else self.access.person(credential.tenant, credential.person)
        return _principal(credential, person), credential

    def _touch(self, credential: Credential, now: int) -> None:
        key = credential.tenant, credential.id
        if now - self._touched.get(key, credential.last_used_at or 0) < TOUCH_NS:
            return
        self._touched[key] = now
        with contextlib.suppress(Retryable):  # a busy or full disk must not refuse whom it knows
            self.access.touch(*key, now)

    def reference(self, tenant: int, email: str) -> str:
        """The reference of an address, which is made if there is none.

        Raises:
            Retryable: it could not be made now.
        """
        key = tenant, email
        known = self._references.get(key)
        if known is None:
            known = self.access.make_person(tenant, email, f"person-{secrets.token_hex(8)}").reference
            self._references[key] = known
            if len(self._references) > MAX_REMEMBERED:
                self._references.popitem(last=False)
        return known

    def person_of(self, tenant: int, email: str) -> Person | None:
        """The person an address stands for."""
        return self._people.get((tenant, email), lambda key: self.access.person_of(*key))

    def shown(self, tenant: int, value: str) -> str:
        """How an engineer of a fact is shown: the address, a pseudonym, or `erased`."""
        if not REFERENCE.fullmatch(value):
            return value
        return self._shown.get((tenant, value), lambda key: _shown(self.access.person(*key), key[1]))


def _principal(credential: Credential, person: Person | None) -> Principal:
    lead = person is not None and person.role is Role.LEAD and person.team
    asks = credential.kind is Kind.API and person is not None
    return Principal(
        tenant=credential.tenant,
        kind=credential.kind,
        credential=credential.id,
        person=credential.person,
        email=None if person is None else person.email,
        device=credential.device,
        teams=frozenset({person.team or ""}) if lead and person is not None else credential.teams,
        # A laptop asks for its engineer's own calls, whatever role the engineer has elsewhere.
        role=person.role if asks and person is not None else Role.ENGINEER if credential.kind is Kind.DEVICE else None,
    )


def _shown(person: Person | None, reference: str) -> str:
    if person is None or person.standing is Standing.ERASED:
        return "erased"
    if person.standing is Standing.PSEUDONYMOUS or person.email is None:
        return "engineer-" + reference.removeprefix("person-")[:8]
    return person.email
