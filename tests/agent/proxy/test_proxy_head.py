"""The head of a request to the relay, whatever is sent; the breaker; the list of hosts."""

import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.capture.proxy import breaker, head, hosts

PASSWORD = "0123456789abcdef"


@pytest.mark.parametrize(
    ("line", "target"),
    [
        (b"CONNECT api.anthropic.com:443 HTTP/1.1", ("api.anthropic.com", 443)),
        (b"CONNECT API.Anthropic.COM.:443 HTTP/1.0", ("api.anthropic.com", 443)),
        (b"connect x:1 HTTP/1.1", ("x", 1)),
        (b"CONNECT [::1]:8443 HTTP/1.1", ("::1", 8443)),
        (b"CONNECT 127.0.0.1:65535 HTTP/1.1", ("127.0.0.1", 65535)),
        (b"CONNECT x:65536 HTTP/1.1", None),
        (b"CONNECT x:0 HTTP/1.1", None),
        (b"CONNECT x:443", None),
        (b"CONNECT  x:443 HTTP/1.1", None),
        (b"CONNECT x:443 HTTP/2", None),
        (b"CONNECT ::1:443 HTTP/1.1", None),
        (b"CONNECT x HTTP/1.1", None),
        (b"CONNECT " + b"x" * 254 + b":443 HTTP/1.1", None),
        (b"CONNECT user@x:443 HTTP/1.1", None),
        (b"CONNECT x:443\tHTTP/1.1 HTTP/1.1", None),
        (b"CONNECT x:443\nGET HTTP/1.1", None),
        ("CONNECT exämple:443 HTTP/1.1".encode(), None),
        (b"GET http://x:443 HTTP/1.1", None),
        (b"", None),
    ],
)
def test_the_target(line: bytes, target: tuple[str, int] | None) -> None:
    assert head.target(line + b"\r\nHost: other:1\r\n\r\n") == target


@given(st.binary() | st.text().map(str.encode) | st.from_regex(rb"CONNECT [^ ]+ HTTP/1.1\r\n.*", fullmatch=True))
def test_nothing_that_is_sent_raises_or_is_authorized(raw: bytes) -> None:
    found = head.target(raw)
    assert found is None or (0 < found.port < 65536 and found.host == found.host.lower())
    assert not head.authorized(raw, "tollbook", PASSWORD)


@given(st.text(st.characters(codec="ascii", exclude_characters=":"), min_size=1, max_size=9), st.text(max_size=40))
def test_the_right_credential_and_no_other_is_authorized(user: str, password: str) -> None:
    raw = (
        f"CONNECT x:1 HTTP/1.1\r\nHost: x\r\nproxy-Authorization:  {head.credential(user, password)} \r\n\r\n".encode()
    )
    assert head.authorized(raw, user, password)
    assert not head.authorized(raw, user, password + "x")
    assert not head.authorized(raw, user + "x", password)


@pytest.mark.parametrize("value", ["Basic =", "Basic dG9sbGJvb2s", "Basic", "Basic a b", "Basic " + "A" * 600, "x"])
def test_a_malformed_credential_is_none(value: str) -> None:
    assert not head.authorized(f"CONNECT x:1 HTTP/1.1\r\nProxy-Authorization: {value}\r\n\r\n".encode(), "tollbook", "")


def test_credentials_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(given: bytes, wanted: bytes) -> bool:
        compared.append((given, wanted))
        return True

    monkeypatch.setattr(hmac, "compare_digest", compare)
    raw = f"CONNECT x:1 HTTP/1.1\r\nProxy-Authorization: {head.credential('a', 'b')}\r\n\r\n".encode()
    assert head.authorized(raw, "tollbook", PASSWORD)
    assert compared == [(b"a:b", f"tollbook:{PASSWORD}".encode())]


def test_every_answer_is_a_whole_response() -> None:
    answer = head.answer(502, "Bad Gateway", more="X: y\r\n")
    assert answer == b"HTTP/1.1 502 Bad Gateway\r\nX: y\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    assert head.ESTABLISHED == b"HTTP/1.1 200 Connection established\r\n\r\n"


def test_the_pauses_of_the_breaker_grow() -> None:
    one, now = breaker.Breaker(), 1000.0
    assert one.allows(now)
    for pause in (5.0, 30.0, 300.0, 300.0):
        one.fault(now)
        assert not one.allows(now)
        assert not one.allows(now + pause - 0.001)
        now += pause
        assert one.allows(now)
    assert one.faults == 4


def test_faults_that_come_together_count_once_and_lengthen_nothing() -> None:
    one = breaker.Breaker()
    for moment in (0.0, 0.0, 1.0, 4.9):
        one.fault(moment)
    assert one.faults == 1
    assert one.allows(5.0)


def test_after_a_success_the_next_fault_is_a_first_one() -> None:
    one = breaker.Breaker()
    for moment in (0.0, 10.0, 100.0):
        one.fault(moment)
    one.success()
    assert one.allows(100.0)
    one.fault(100.0)
    assert (one.faults, one.allows(104.9), one.allows(105.0)) == (1, False, True)


LISTED = {
    "anthropic": r"api\.anthropic\.com",
    "openai": r"([a-z]{2}\.)?api\.openai\.com",
    "chatgpt": r"chatgpt\.com",
    "bedrock": r"bedrock-runtime(-fips)?\.[a-z0-9-]+\.amazonaws\.com|bedrock-mantle\.[a-z0-9-]+\.api\.aws",
    "aws_marketplace": r"aws-external-anthropic\.[a-z0-9-]+\.api\.aws",
    "vertex": r"([a-z0-9-]+-)?aiplatform\.googleapis\.com|aiplatform\.(us|eu)\.rep\.googleapis\.com",
    "gemini": r"generativelanguage\.googleapis\.com",
    "cursor": r"(api2|agentn?\.api5)\.cursor\.sh",
}
"""What the providers' hosts look like, by channel."""


def test_every_host_is_one_of_its_channel() -> None:
    found = hosts.all_hosts(frozenset({"cursor"}))
    assert set(found) == set(LISTED)
    for channel, each in found.items():
        assert len(each) == len(set(each)) > 0
        assert [host for host in each if not re.fullmatch(LISTED[channel], host)] == []
        assert [host for host in each if host != host.lower() or "*" in host] == []


def test_what_is_optional_is_asked_for() -> None:
    assert "cursor" not in hosts.all_hosts()
    assert hosts.all_hosts(frozenset({"nobody's"})) == hosts.all_hosts() == dict(hosts.HOSTS)
    assert hosts.all_hosts(more=("gateway.example.com",))["own"] == ("gateway.example.com",)
    assert {"chatgpt.com"} == hosts.CODEX_ONLY
