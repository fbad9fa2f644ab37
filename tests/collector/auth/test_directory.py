"""Who a token is: states, times, renewal, revocation, the closing of an open collector."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.auth.auth_bench import SECOND_NS, Bench, bench
from tollbook.problem import Problem
from tollbook_collector.auth import enrolment, tokens
from tollbook_collector.auth.directory import REMEMBER_NS
from tollbook_collector.auth.principal import NOBODY, Principal
from tollbook_collector.auth.records import Kind, Role, State

ADA = "ada@example.com"
DEVICE = "00112233445566ff"


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        yield made


def who(parts: Bench, token: str | None) -> Principal | Problem:
    return parts.directory.who(None if token is None else f"Bearer {token}")


def refused(parts: Bench, token: str | None) -> bool:
    found = who(parts, token)
    return isinstance(found, Problem) and found.reason == "unauthenticated"


def test_the_first_credential_closes_an_open_collector_and_its_end_does_not_open_it(parts: Bench) -> None:
    assert who(parts, None) == NOBODY
    assert refused(parts, "tbd_1_000000000000_" + "x" * 43)
    token = parts.token(Kind.DEVICE, email=ADA)
    parts.clock.pass_seconds(6)
    assert refused(parts, None)
    parts.revoke(token)
    parts.clock.pass_seconds(6)
    assert refused(parts, None)
    assert refused(parts, token)


def test_a_revocation_holds_within_ten_seconds(parts: Bench) -> None:
    token = parts.token(Kind.DEVICE, email=ADA)
    assert REMEMBER_NS <= 10 * SECOND_NS
    assert isinstance(who(parts, token), Principal)
    parts.revoke(token)
    parts.clock.pass_seconds(9.9)
    assert refused(parts, token)


def test_a_credential_ends_at_its_moment_though_it_is_remembered(parts: Bench) -> None:
    token = parts.token(Kind.API, email=ADA, expires_at=parts.clock() + SECOND_NS)
    assert isinstance(who(parts, token), Principal)
    parts.clock.pass_seconds(1)
    assert refused(parts, token)


def test_every_changed_letter_of_a_token_is_refused(parts: Bench) -> None:
    token = parts.token(Kind.DEVICE, email=ADA)
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        assert refused(parts, token[:place] + other + token[place + 1 :]), place
    assert refused(parts, token.replace("tbd_", "tba_"))
    assert refused(parts, token.replace("tbd_1_", "tbd_2_"))


def test_the_principal_is_what_the_credential_says(parts: Bench) -> None:
    token = parts.token(Kind.DEVICE, email=ADA, device=DEVICE)
    found = who(parts, token)
    assert isinstance(found, Principal)
    assert (found.tenant, found.kind, found.device, found.email) == (1, Kind.DEVICE, DEVICE, ADA)
    parts.role(ADA, Role.ADMIN)
    parts.clock.pass_seconds(6)
    found = who(parts, token)
    assert isinstance(found, Principal)
    assert found.role is Role.ENGINEER  # a laptop left alone shows its engineer's calls, not the company's


def test_use_is_noted_at_most_once_a_minute(parts: Bench) -> None:
    token = parts.token(Kind.DEVICE, email=ADA)
    parsed = tokens.parse(token)
    assert parsed is not None
    used: list[int | None] = []
    for seconds in (0, 30, 31):
        parts.clock.pass_seconds(seconds)
        assert isinstance(who(parts, token), Principal)
        used.append(parts.access.credentials(1)[0].last_used_at)
    assert used[0] == used[1] != used[2] == parts.clock()


def test_an_enrolment_is_exchanged_once(parts: Bench) -> None:
    token = parts.token(Kind.ENROLMENT, email=ADA)
    answer = enrolment.enrol(parts.directory, parts.guard.pepper, f"Bearer {token}", {"device": DEVICE})
    assert not isinstance(answer, Problem)
    assert (answer["device"], answer["engineer"], answer["state"], answer["tenant"]) == (
        DEVICE,
        ADA,
        "active",
        "default",
    )
    assert isinstance(who(parts, answer["token"]), Principal)
    again = enrolment.enrol(parts.directory, parts.guard.pepper, f"Bearer {token}", {"device": DEVICE})
    assert isinstance(again, Problem)
    assert again.reason == "unauthenticated"
    assert isinstance(who(parts, token), Principal) is False
    assert [one.state for one in parts.access.credentials(1)].count(State.USED) == 1


def test_a_device_id_of_somebody_else_is_not_taken_over(parts: Bench) -> None:
    for email, same in ((ADA, True), (ADA, True), ("eve@example.com", False)):
        token = parts.token(Kind.ENROLMENT, email=email)
        answer = enrolment.enrol(parts.directory, parts.guard.pepper, f"Bearer {token}", {"device": DEVICE})
        assert not isinstance(answer, Problem)
        assert (answer["device"] == DEVICE) is same


def test_a_reusable_enrolment_needs_an_engineer_and_an_approval(parts: Bench) -> None:
    token = parts.token(Kind.ENROLMENT, reusable=True)
    header = f"Bearer {token}"
    assert isinstance(enrolment.enrol(parts.directory, parts.guard.pepper, header, {"device": DEVICE}), Problem)
    for email in (ADA, "bob@example.com"):
        asked = {"device": DEVICE, "engineer": email}
        answer = enrolment.enrol(parts.directory, parts.guard.pepper, header, asked)
        assert not isinstance(answer, Problem)
        assert answer["state"] == "pending"
        assert refused(parts, answer["token"])


def test_a_renewed_credential_and_the_one_before_are_both_valid_for_a_day(parts: Bench) -> None:
    token = parts.token(Kind.DEVICE, email=ADA, device=DEVICE)
    answer = enrolment.renew(parts.directory, parts.guard.pepper, f"Bearer {token}")
    assert not isinstance(answer, Problem)
    parts.clock.pass_seconds(24 * 3600 - 1)
    both = who(parts, token), who(parts, answer["token"])
    assert [isinstance(one, Principal) and one.device for one in both] == [DEVICE, DEVICE]
    parts.clock.pass_seconds(7)
    assert refused(parts, token)
    assert isinstance(who(parts, answer["token"]), Principal)
    assert isinstance(enrolment.renew(parts.directory, parts.guard.pepper, f"Bearer {token}"), Problem)


def test_no_token_stands_in_the_file(parts: Bench) -> None:
    made = [parts.token(kind, email=ADA) for kind in (Kind.DEVICE, Kind.API)]
    raw = b"".join(path.read_bytes() for path in parts.settings.home.iterdir())
    for token in made:
        assert token.split("_")[2].encode() in raw, "its id stands nowhere: nothing was looked at"
        assert token.encode() not in raw
        assert token.rpartition("_")[2].encode() not in raw
