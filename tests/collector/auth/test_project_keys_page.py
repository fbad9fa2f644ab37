"""The list of project keys that laptops fetch: for who has a credential, and as new as the last import."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.auth.api_client import ApiClient
from tests.collector.auth.auth_bench import Bench, bench
from tollbook_collector.auth.records import Kind
from tollbook_collector.outcomes.served_keys import ServedKeys
from tollbook_collector.outcomes.shelf import keep

PATH = "/api/v1/project-keys"


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as found:
        yield found


def test_a_laptop_gets_the_list_with_its_own_credential(parts: Bench) -> None:
    token = parts.token(Kind.DEVICE, email="ada@example.com")
    client = ApiClient(parts.gate())
    assert client.get(PATH, token).json == {"project_keys": None, "source": None}
    keep(parts.guard.settings.home, 20_000, [], [], ["PAY", "OPS"])
    assert client.get(PATH, token).json == {"project_keys": ["OPS", "PAY"], "source": "outcomes"}


def test_nobody_gets_it_without_one(parts: Bench) -> None:
    parts.token(Kind.DEVICE, email="ada@example.com")
    parts.clock.pass_seconds(6)
    client = ApiClient(parts.gate())
    assert client.get(PATH).status == 401
    assert client.get(PATH, "tbd_1_000000000000_" + "x" * 43).status == 401


def test_a_gateway_does_not_get_it(parts: Bench) -> None:
    token = parts.token(Kind.GATEWAY, teams=frozenset({"payments"}))
    assert ApiClient(parts.gate()).get(PATH, token).status == 403


def test_what_the_settings_say_wins(tmp_path: Path) -> None:
    keep(tmp_path, 20_000, [], [], ["PAY"])
    assert ServedKeys(tmp_path, frozenset({"WEB"})).answer() == {"project_keys": ["WEB"], "source": "settings"}


def test_another_tenant_is_not_told_of_these_imports(tmp_path: Path) -> None:
    keep(tmp_path, 20_000, [], [], ["PAY"])
    assert ServedKeys(tmp_path, None).configured() == {"project_keys": None, "source": None}
