"""Ticket keys: the shape, the list of project keys, the deny-list without one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.ticket import MAX_TEXT, NO_LIST, TicketRule, candidates, judge, refusal, tickets_in

PAY_OPS = TicketRule(project_keys=frozenset({"PAY", "OPS"}))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("feature/PAY-123-retry", ("PAY-123",)),
        ("pay-123_fix", ("PAY-123",)),
        ("fix_pay-123", ("PAY-123",)),
        ("PAY-123-PAY-124", ("PAY-123", "PAY-124")),
        ("PAY-124/PAY-123/pay-124", ("PAY-123", "PAY-124")),
        ("user/ada/OPS-77/alerts", ("OPS-77",)),
        ("fix/PAY-120-PAY-121-utf-8-names", ("PAY-120", "PAY-121", "UTF-8")),
        ("[PAY-1]: (OPS-2), B2B-3.", ("B2B-3", "OPS-2", "PAY-1")),
        ("PAY-9 PAY-10", ("PAY-10", "PAY-9")),
        ("main", ()),
        ("", ()),
        ("P-12", ()),
        ("2PAY-12", ()),
        ("PAY-012", ()),
        ("PAY-0", ()),
        ("PAY-12a", ()),
        ("PAY--12", ()),
        ("éPAY-12", ()),
        ("PAY-12é", ()),
        ("PAY-12345678", ()),
        ("deploy-20261121", ()),
        ("dependabot/npm_and_yarn/lodash-4.17.21", ()),
        ("renovate/react-18.x", ()),
        ("Closes PAY-12.", ("PAY-12",)),
        ("PAY-12.2", ("PAY-12",)),
    ],
)
def test_shape(text: str, keys: tuple[str, ...]) -> None:
    assert candidates(text) == keys


def test_a_key_cut_by_the_bound_is_no_other_key() -> None:
    padding = "/" * (MAX_TEXT - len("PAY-12"))
    assert candidates(f"{padding}PAY-12") == ("PAY-12",)
    assert candidates(f"{padding}PAY-123") == ()
    assert candidates(f"{padding}PAY-12/x") == ("PAY-12",)


def test_with_a_list_only_its_projects_count() -> None:
    text = "fix/PAY-120-OPS-7-utf-8-CORE-9"
    assert tickets_in(text, PAY_OPS) == ("OPS-7", "PAY-120")
    assert tickets_in(text, TicketRule(project_keys=frozenset({"utf", " pay "}))) == ("PAY-120", "UTF-8")
    assert tickets_in(text, TicketRule(project_keys=frozenset())) == ()


@pytest.mark.parametrize(
    "key",
    [
        "UTF-8",
        "SHA-256",
        "SHA-1",
        "ISO-8601",
        "CVE-2024",
        "RFC-2616",
        "HTTP-2",
        "TLS-1",
        "GPT-4",
        "GPT-5",
        "CLAUDE-3",
        "OPUS-4",
        "SONNET-4",
        "HAIKU-4",
        "PYTHON-3",
        "NODE-20",
        "ES-2015",
        "UTC-8",
        "X86-64",
        "ARM-64",
        "MD-5",
        "AES-256",
        "BASE-64",
        "RELEASE-2026",
        "HOTFIX-3",
        "SPRINT-14",
        "PR-12",
        "MR-12",
        "GH-12",
        "BUG-7",
        "TLS1-2",
        "SHA3-256",
        "IPV6-1",
        "V2-1",
        "V10-3",
        "Q3-2026",
        "OCT-2026",
        "SOC-2",
        "INT-64",
        "RC-1",
        "PHASE-2",
        "STEP-3",
        "ISSUE-45",
        "FIX-12",
    ],
)
def test_without_a_list_lookalikes_do_not_count(key: str) -> None:
    assert candidates(key) == (key,)
    assert tickets_in(key, NO_LIST) == ()
    assert tickets_in(f"x/{key.lower()}-y", NO_LIST) == ()
    project = key.split("-")[0]
    assert tickets_in(key, TicketRule(project_keys=frozenset({project}))) == (key,)


@pytest.mark.parametrize(
    "key",
    ["PAY-1", "OPS-77", "IOS-17", "KAFKA-12345", "INT-123", "MD-123", "ES-12", "ARM-2024", "B2B-9", "CORE-9", "WEB-4"],
)
def test_without_a_list_names_of_projects_count(key: str) -> None:
    assert tickets_in(key, NO_LIST) == (key,)


def test_the_trap_heavy_names() -> None:
    names = {
        "CORE-9-cve-2024-3094-bump": ("CORE-9",),
        "spike/sha-256-index": (),
        "chore/iso-8601-dates": (),
        "fix/PAY-120-PAY-121-utf-8-names": ("PAY-120", "PAY-121"),
        "upgrade-python-3.12": (),
        "feature/SRCH-40-rerank": ("SRCH-40",),
    }
    assert {name: tickets_in(name, NO_LIST) for name in names} == names


def test_a_refusal_says_why() -> None:
    assert refusal("UTF-8", NO_LIST) == "UTF-8 looks like a character set, and there is no list of project keys"
    assert refusal("CORE-9", PAY_OPS) == "CORE is not in the list of project keys"
    assert refusal("PAY-1", PAY_OPS) is None
    assert refusal("PAY-1", NO_LIST) is None


@given(st.text(max_size=80), st.none() | st.frozensets(st.sampled_from(["PAY", "UTF", "B2B"])))
def test_laws(text: str, projects: frozenset[str] | None) -> None:
    rule = TicketRule(project_keys=projects)
    keys = candidates(text)
    assert list(keys) == sorted(set(keys))
    assert candidates(" ".join(keys)) == keys
    assert judge(judge(keys, rule), rule) == judge(keys, rule) == tickets_in(text, rule)
    assert set(judge(keys, rule)) == {key for key in keys if refusal(key, rule) is None}


@given(
    st.from_regex(r"[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,6}", fullmatch=True), st.sampled_from(["", "x/", "_", "a-", "("])
)
def test_every_key_is_found_wherever_it_stands(key: str, before: str) -> None:
    assert key in candidates(f"{before}{key}")
    assert key in candidates(f"{before}{key.lower()}-retry")
