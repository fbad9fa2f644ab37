"""Which Host headers are served, and what all others are answered."""

from collections.abc import Iterator

import pytest

from tests.collector.auth.api_client import ApiClient
from tests.collector.auth.auth_bench import Bench, bench
from tollbook_collector.api.hosts import served
from tollbook_collector.auth.records import Kind

OURS = (
    "localhost", "LocalHost:1", "127.0.0.1", "127.0.0.1:4319", "127.0.0.2:4319", "[::1]", "[::1]:4319",
)  # fmt: skip
OTHERS = (
    "", "evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil.example.com", "evil.example.com:4319",
    "localhost.", "localhost:x", "localhost:", "127.0.0.1\\r\\nx: y", "10.0.0.1:4319", "0.0.0.0", "::1", "[127.0.0.1]",
    "[::1", "user@localhost", "localhost, localhost", "2130706433", "127.1", "[::ffff:10.0.0.1]",
)  # fmt: skip
PATH = "/api/v1/spend"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("hosts")) as made:
        yield made


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    """Of a collector that never made a credential."""
    with bench(tmp_path_factory.mktemp("open")) as made:
        yield ApiClient(made.gate())


@pytest.fixture(scope="module")
def shown(parts: Bench) -> str:
    return f"Bearer {parts.token(Kind.DEVICE, email='ada@example.com')}"


def code(client: ApiClient, host: str, *authorization: str) -> tuple[int, str]:
    """The status, and the code of an error."""
    answer = client.ask("GET", PATH, *authorization, host=host)
    return answer.status, "" if answer.status == 200 else answer.json["error"]["code"]


@pytest.mark.parametrize("host", OURS)
def test_this_machine_s_names_are_served(parts: Bench, open_to_all: ApiClient, shown: str, host: str) -> None:
    client = ApiClient(parts.gate())
    assert code(client, host, shown) == (200, "")
    assert code(client, host) == (401, "unauthenticated")
    assert code(open_to_all, host) == (200, "")


@pytest.mark.parametrize("host", OTHERS)
def test_another_name_is_served_to_a_credential_alone(
    parts: Bench, open_to_all: ApiClient, shown: str, host: str
) -> None:
    client = ApiClient(parts.gate())
    assert code(client, host, shown) == (200, "")
    for asked in (client, open_to_all):
        assert code(asked, host) == (403, "host_not_allowed")
        for wrong in ("", "Bearer", "Bearer x", "Basic YTpi", "Negotiate"):
            assert code(asked, host, wrong) == (401, "unauthenticated")


def test_beyond_the_loopback_every_name_is_served_and_a_credential_asked_for(parts: Bench, shown: str) -> None:
    gate = parts.gate()
    gate.any_host = True
    client = ApiClient(gate)
    for host in (*OURS, *OTHERS):
        assert code(client, host, shown) == (200, "")
        assert code(client, host) == (401, "unauthenticated")


@pytest.mark.parametrize("hosts", [(), (b"localhost", b"localhost"), (b"localhost", b"evil.example.com")])
def test_there_is_one_host_header(hosts: tuple[bytes, ...]) -> None:
    for shows_credential in (False, True):
        for any_host in (False, True):
            assert not served(hosts, shows_credential=shows_credential, any_host=any_host)
