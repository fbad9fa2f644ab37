"""Tokens, pepper: what is stored, what is compared, what is refused."""

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_collector.auth import tokens
from tollbook_collector.auth.pepper import FILE, PepperError, pepper_of
from tollbook_collector.auth.records import Kind

RANDOM = st.binary(min_size=38, max_size=38)
PEPPER = bytes(range(32))


@given(st.sampled_from(list(Kind)), st.integers(1, 10**9 - 1), RANDOM)
def test_a_token_says_what_it_is_for_and_holds_all_its_randomness(kind: Kind, tenant: int, random: bytes) -> None:
    token = tokens.mint(kind, tenant, random)
    assert tokens.parse(token.text) == token
    assert (token.kind, token.tenant, token.id) == (kind, tenant, random[:6].hex())
    changed = tokens.mint(kind, tenant, random[:-1] + bytes([random[-1] ^ 4]))
    assert tokens.digest(PEPPER, changed.text) != tokens.digest(PEPPER, token.text)


@given(st.text(max_size=120))
def test_whatever_else_is_no_token(text: str) -> None:
    assert tokens.parse(text) is None
    assert tokens.parse(f"tbd_1_{text}") is None


def test_a_digest_depends_on_the_pepper_and_tells_nothing_of_the_token() -> None:
    token = tokens.mint(Kind.DEVICE, 1, bytes(38))
    assert tokens.digest(PEPPER, token.text) != tokens.digest(bytes(32), token.text)
    assert token.id.encode() not in tokens.digest(PEPPER, token.text)
    assert tokens.email_digest(PEPPER, 1, "a@b.c") != tokens.email_digest(PEPPER, 2, "a@b.c")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer a, Bearer b", "Bearer a\r\nX: b", "x"]
)
def test_headers_that_hold_no_token(header: str | None) -> None:
    assert tokens.bearer(header) is None


def test_the_scheme_is_written_in_any_case() -> None:
    assert tokens.bearer("bearer abc") == tokens.bearer("BEARER  abc") == "abc"


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_the_pepper_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = pepper_of(home)
    assert (len(made), pepper_of(home)) == (32, made)
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    assert os.listdir(home) == [FILE]
    (home / FILE).chmod(0o640)
    with pytest.raises(PepperError, match="640"):
        pepper_of(home)


def test_a_damaged_pepper_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"short")
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(PepperError, match="restore"):
        pepper_of(tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"short"
