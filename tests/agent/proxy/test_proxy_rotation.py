"""Rotation overlaps: no session is ever shown a leaf of an anchor that it did not load when it began."""

import dataclasses
import datetime as dt
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.proxy_tls import handshake
from tollbook_agent.capture.proxy import files, generations, trust

HOST, LATER = "api.anthropic.com", "gateway.example.com"
HOSTS = {"anthropic": (HOST,)}
MORE = {**HOSTS, "own": (LATER,)}
DAY = 86_400.0


@pytest.fixture(scope="module", autouse=True)
def few_roots() -> Generator[None]:
    """Without the machine's own roots in every bundle, which take long to write and are not at stake."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trust, "system_roots", lambda: b"")
        yield


def at(seconds: float) -> Callable[[], float]:
    return lambda: seconds


def rotate(folder: Path, since: float, hosts: dict[str, tuple[str, ...]] = HOSTS) -> trust.Minted:
    minted = trust.mint(hosts, dt.datetime.now(dt.UTC), "device")
    trust.install(folder, minted, {}, None, clock=at(since))
    return minted


def bundle(folder: Path) -> bytes:
    return (folder / files.NODE_BUNDLE).read_bytes()


def shown(folder: Path, generation: generations.Generation, channel: str = "anthropic") -> Path:
    return folder / files.LEAVES / generation.name / f"{channel}.pem"


def chosen(folder: Path, host: str = HOST, now: float = 10.0) -> generations.Generation:
    found = generations.serving(generations.read(folder), host, now)
    assert found is not None
    return found


def test_sessions_from_before_and_after_a_rotation_are_both_served(tmp_path: Path) -> None:
    rotate(tmp_path, 1.0)
    before = bundle(tmp_path)
    rotate(tmp_path, 2.0)
    after = bundle(tmp_path)
    assert before != after
    generation = chosen(tmp_path)
    assert generation.since == 1.0
    for session in (before, after):
        assert handshake(shown(tmp_path, generation), session, HOST)


def test_both_anchors_are_in_every_bundle_of_the_overlap(tmp_path: Path) -> None:
    old, new = rotate(tmp_path, 1.0), rotate(tmp_path, 2.0)
    for name in (files.NODE_BUNDLE, files.CODEX_BUNDLE, files.ANCHORS):
        assert (tmp_path / name).read_bytes().startswith(new.anchor + old.anchor)
    upstream = (tmp_path / files.UPSTREAM_BUNDLE).read_bytes()
    assert old.anchor not in upstream
    assert new.anchor not in upstream


def test_a_session_with_only_the_new_anchor_accepts_the_new_leaf(tmp_path: Path) -> None:
    rotate(tmp_path, 1.0)
    new = rotate(tmp_path, 2.0)
    newest = generations.read(tmp_path)[0]
    assert handshake(shown(tmp_path, newest), new.anchor, HOST)


def test_a_host_that_came_later_is_for_sessions_that_began_later(tmp_path: Path) -> None:
    rotate(tmp_path, 1.0)
    rotate(tmp_path, 2.0, MORE)
    assert chosen(tmp_path).since == 1.0
    assert chosen(tmp_path, LATER).since == 2.0
    assert handshake(shown(tmp_path, chosen(tmp_path, LATER), "own"), bundle(tmp_path), LATER)


def test_near_its_end_the_old_leaf_gives_way_to_the_new_one(tmp_path: Path) -> None:
    rotate(tmp_path, 1.0)
    rotate(tmp_path, 2.0)
    newer, older = generations.read(tmp_path)
    older = dataclasses.replace(older, until=100 * DAY)
    newer = dataclasses.replace(newer, until=200 * DAY)
    both = [newer, older]
    assert generations.serving(both, HOST, 97 * DAY - 1) == older
    assert generations.serving(both, HOST, 97 * DAY) == newer
    assert generations.serving(both, HOST, 197 * DAY) is None
    assert generations.serving(both, "github.com", 0.0) is None


def test_two_generations_are_kept_with_their_leaves(tmp_path: Path) -> None:
    for number in range(4):
        rotate(tmp_path, float(number))
    kept = generations.read(tmp_path)
    assert [each.since for each in kept] == [3.0, 2.0]
    assert {each.name for each in (tmp_path / files.LEAVES).iterdir()} == {each.name for each in kept}
    assert {trust.name_of(each) for each in trust.certificates(tmp_path / files.ANCHORS)} == {
        each.name for each in kept
    }
    assert [each.generation for each in trust.leaves(tmp_path)] == [each.name for each in kept]


def test_the_new_anchor_is_in_the_bundles_before_it_is_in_use(tmp_path: Path) -> None:
    rotate(tmp_path, 1.0)
    seen: list[tuple[bool, int]] = []
    minted = trust.mint(HOSTS, dt.datetime.now(dt.UTC), "device")

    def clock() -> float:
        seen.append((minted.anchor in bundle(tmp_path), len(generations.read(tmp_path))))
        return 2.0

    trust.install(tmp_path, minted, {}, None, clock=clock)
    assert seen == [(True, 1)]


def test_a_rotation_that_broke_off_is_made_good_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_folder: Path, _generations: list[generations.Generation]) -> None:
        raise OSError("disk full")

    rotate(tmp_path, 1.0)
    with monkeypatch.context() as patch:
        patch.setattr(generations, "write", full)
        with pytest.raises(OSError, match="disk full"):
            rotate(tmp_path, 2.0)
    assert chosen(tmp_path).since == 1.0
    rotate(tmp_path, 3.0)
    assert [each.since for each in generations.read(tmp_path)] == [3.0]  # the first is out of the bundles by now
    assert handshake(shown(tmp_path, chosen(tmp_path)), bundle(tmp_path), HOST)


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"[1]", b"{}", b'[{"name": "../../../../etc"}]', b"\xff", b"null", b"[[]]"]
)
def test_a_damaged_list_of_generations_captures_nothing(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / files.GENERATIONS).write_bytes(damaged)
    assert generations.read(tmp_path) == []


def test_a_name_leads_nowhere_else(tmp_path: Path) -> None:
    wrong = generations.Generation(name="../../leaves", since=0.0, until=1.0, hosts=frozenset({HOST}))
    generations.write(tmp_path, [wrong])
    assert generations.read(tmp_path) == []


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6),
    st.lists(st.floats(min_value=0, max_value=8), min_size=1, max_size=8),
)
def test_no_session_meets_a_leaf_it_does_not_trust(rotations: list[tuple[bool, bool]], starts: list[float]) -> None:
    """At second n of a life in which anchors are made, some for more hosts, some after all was removed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundles: list[set[str]] = []
        for number, (more, removed) in enumerate(rotations):
            if removed:
                trust.remove(folder)
            rotate(folder, float(number), MORE if more else HOSTS)
            bundles.append({trust.name_of(each) for each in x509.load_pem_x509_certificates(bundle(folder))})
            for start in (each for each in starts if each <= number + 1):
                loaded: set[str] = bundles[min(int(start), number)]
                for host in (HOST, LATER):
                    found = generations.serving(generations.read(folder), host, float(number))
                    if found is not None and start >= found.since:
                        assert found.name in loaded
                        assert shown(folder, found, "own" if host == LATER else "anthropic").exists()


def test_what_is_in_use_is_seen_as_soon_as_it_changes(tmp_path: Path) -> None:
    in_use = generations.InUse(tmp_path)
    assert not in_use.capture()
    assert in_use.serving(HOST, 0.0) is None
    state = files.save(tmp_path, files.ProxyState(port=4711))
    assert in_use.capture()
    assert in_use.serving(HOST, 0.0) is None
    rotate(files.folder(tmp_path), 5.0, MORE)
    found = in_use.serving(HOST, 0.0)
    assert found is not None
    assert found.since == 5.0
    assert in_use.serving(LATER, 0.0) is None  # there is a leaf, but nobody asked for this host
    state = files.save(tmp_path, dataclasses.replace(state, more_hosts=(LATER,)))
    assert in_use.serving(LATER, 0.0) is not None
    files.save(tmp_path, dataclasses.replace(state, capture=False))
    assert not in_use.capture()
    trust.remove(files.folder(tmp_path))
    assert in_use.serving(HOST, 0.0) is None
