"""Where the credential is kept: a keyring only when it gives back what it was given, and in time."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tollbook_agent import enroll, identity_store
from tollbook_agent.identity_store import CREDENTIAL, FILE, Enrolment, IdentityError
from tollbook_agent.settings import load

SECRET = "tbd_1_000000000000_secret"
ENROLMENT = Enrolment(
    url="https://collector.example.com:4319",
    collector="collector.example.com:4317",
    engineer="ada@example.com",
    device="00112233445566ff",
    tenant="default",
    credential="000000000000",
    kept_in="",
    state="active",
)


class FakeKeyring(ModuleType):
    """A keyring in a dictionary."""

    def __init__(self, keep: Callable[[str], str | None] = str) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str | None] = {}
        self._keep = keep

    def set_password(self, service: str, name: str, secret: str) -> None:
        self.kept[service, name] = self._keep(secret)

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))


def use(monkeypatch: pytest.MonkeyPatch, keep: Callable[[str], str | None]) -> FakeKeyring:
    fake = FakeKeyring(keep)
    monkeypatch.setitem(sys.modules, "keyring", fake)
    return fake


def test_a_keyring_that_keeps_it_has_it_and_no_file_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity_store.save(tmp_path, ENROLMENT, SECRET, in_file=True)
    fake = use(monkeypatch, str)
    saved = identity_store.save(tmp_path, ENROLMENT, SECRET)
    assert (saved.kept_in, identity_store.token_of(tmp_path, saved)) == ("keyring", SECRET)
    assert not (tmp_path / CREDENTIAL).exists()
    assert SECRET not in (tmp_path / FILE).read_text()
    fake.kept.clear()
    with pytest.raises(IdentityError, match="unlock"):
        identity_store.token_of(tmp_path, saved)


def swallow(secret: str) -> None:
    """As keyring's null backend."""


def fail(secret: str) -> str:
    raise RuntimeError("no keyring here")


def hang(secret: str) -> str:
    threading.Event().wait(20)
    return secret


@pytest.mark.parametrize("keep", [swallow, fail, hang, str.upper])
def test_a_keyring_that_does_not_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: Callable[[str], str | None]
) -> None:
    monkeypatch.setattr(identity_store, "KEYRING_SECONDS", 0.05 if keep is hang else 5)
    use(monkeypatch, keep)
    saved = identity_store.save(tmp_path, ENROLMENT, SECRET)
    assert (saved.kept_in, identity_store.token_of(tmp_path, saved)) == ("file", SECRET)


def test_without_a_keyring_there_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    saved = identity_store.save(tmp_path, ENROLMENT, SECRET)
    assert saved.kept_in == "file"
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / CREDENTIAL, tmp_path / FILE)] == [0o600, 0o600]


def test_the_enrolment_says_where_to_send_unless_the_settings_do(tmp_path: Path) -> None:
    identity_store.save(tmp_path, ENROLMENT, SECRET, in_file=True)
    environment = {"TOLLBOOK_HOME": str(tmp_path)}
    settings = load(environment)
    assert (settings.collector, settings.api) == (ENROLMENT.collector, ENROLMENT.url)
    assert settings.enrolment is not None
    assert load({**environment, "TOLLBOOK_COLLECTOR": "127.0.0.1:1"}).collector == "127.0.0.1:1"
    assert SECRET not in repr(settings)
    (tmp_path / FILE).write_text('{"url": 1}')
    assert load(environment).enrolment is None


@pytest.mark.parametrize(
    "url",
    ["http://collector.example.com", "http://10.0.0.1:4319", "ftp://x", "collector:4319", "https://", "https://a/b",
     "https://u:p@a", "https://a:b", "https://a?x=1", "http://127.0.0.1.example.com"],
)  # fmt: skip
def test_a_credential_is_never_sent_in_clear_or_to_what_is_no_collector(url: str) -> None:
    with pytest.raises(enroll.EnrolmentError):
        enroll.checked_url(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4319", "http://[::1]:4319", "http://localhost", "https://a.b:1"])
def test_urls_that_are_taken(url: str) -> None:
    assert enroll.checked_url(url + "/") == url
    assert enroll.address_of("https://[::1]:9", 4317) == "[::1]:4317"
