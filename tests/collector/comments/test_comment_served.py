"""The figures of a comment from a running collector: the same as from its record, and its refusals said."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.collector.auth.api_client import ApiClient
from tests.collector.auth.auth_bench import bench
from tests.support import loopback_http
from tests.support.commenting import CALL, OTHER, lay_out_work, text_of, written
from tests.support.loopback_http import Quiet
from tests.support.recorded_provider import Fault, Play
from tollbook_collector import exit_codes
from tollbook_collector.auth.records import Role


class Served(NamedTuple):
    """The collector's own application behind a socket."""

    url: str
    tokens: dict[Role, str]


def door(client: ApiClient) -> type[Quiet]:
    class Handler(Quiet):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = client.ask("GET", parts.path, self.headers.get("authorization"), query=dict(parse_qsl(parts.query)))
            self.send_response(asked.status)
            self.send_header("content-length", str(len(asked.body)))
            self.end_headers()
            self.wfile.write(asked.body)

    return Handler


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLLBOOK_COLLECTOR_HOME", str(home))
        lay_out_work(home, CALL, OTHER)
    with bench(home, project_keys=frozenset({"PAY"})) as parts:
        parts.guard = replace(parts.guard, settings=parts.settings)
        tokens = {role: parts.asker(f"{role}@acme.example", role) for role in Role}
        with loopback_http.served(door(ApiClient(parts.gate()))) as url:
            yield Served(url, tokens)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CI job's machine: no record there."""
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path / "empty"))


@pytest.mark.usefixtures("elsewhere")
def test_the_comment_is_the_one_made_beside_the_record(
    served: Served, play: Play, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_TOKEN", served.tokens[Role.FINANCE])
    provider = play("comment_github")
    said = say("comment_github", provider, "--url", served.url, "--token", "env:CI_TOKEN", "--json").document
    assert (said["action"], said["body"]) == ("created", text_of(provider))


@pytest.mark.usefixtures("elsewhere")
def test_the_usual_variable_has_the_token(
    served: Served, play: Play, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLBOOK_API_TOKEN", served.tokens[Role.FINANCE])
    said = say("comment_jira", play("comment_jira"), "--url", served.url, "--as", "property", "--json").document
    assert said["costs"][0]["billed_nano_usd"] == 187_500_000


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("role", [None, Role.AUDITOR])
def test_who_may_not_ask_is_told_and_nothing_is_written(
    role: Role | None, served: Served, play: Play, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_TOKEN", "tba_1_nobody" if role is None else served.tokens[role])
    provider = play("comment_github")
    said = say("comment_github", provider, "--url", served.url, "--token", "env:CI_TOKEN")
    assert (said.code, "docs/comments.md" in said.err, written(provider)) == (exit_codes.WRONG, True, [])


@pytest.mark.usefixtures("elsewhere")
def test_a_collector_of_another_shape_is_no_collector(play: Play, say: Any) -> None:
    provider, other = play("comment_github"), play("comment_jira")
    other.faults = dict.fromkeys(range(1, 9), Fault(status=404))
    said = say("comment_github", provider, "--url", other.base_url)
    assert (said.code, written(provider)) == (exit_codes.WRONG, [])


@pytest.mark.usefixtures("elsewhere")
def test_without_a_record_and_a_collector_it_says_so(play: Play, say: Any) -> None:
    assert say("comment_github", play("comment_github")).code == exit_codes.STORE
