"""What capture keeps on disk: its state, and the spool between the engine and the resident process."""

import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.proxy_tap import observation
from tollbook_agent.capture import spool
from tollbook_agent.capture.proxy import files
from tollbook_agent.private_file import write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_state_comes_back_whole(tmp_path: Path) -> None:
    home = tmp_path / "not" / "there yet"
    state = files.ProxyState(
        port=4711, capture=False, upstream_proxy="http://a:b@proxy.example:1", upstream_ca="/ca.pem",
        optional=("cursor",), more_hosts=("x.example",), programs=("agent",),
    )  # fmt: skip
    saved = files.save(home, state)
    assert files.load(home) == saved
    assert files.save(home, saved) == saved  # the password stays: running sessions have it
    assert (mode(files.folder(home) / files.STATE), mode(files.folder(home)), mode(home)) == (0o600, 0o700, 0o700)
    assert [each.name for each in files.folder(home).iterdir()] == [files.STATE]


def test_a_password_is_made_and_never_empty(tmp_path: Path) -> None:
    one = files.save(tmp_path / "a", files.ProxyState(port=4711))
    other = files.save(tmp_path / "b", files.ProxyState(port=4711))
    assert len(one.password) == len(other.password) == 32
    assert one.password != other.password
    parts = urlsplit(one.url)
    assert (parts.scheme, parts.username, parts.hostname, parts.port) == ("http", "tollbook", "127.0.0.1", 4711)
    assert parts.password == one.password


@pytest.mark.parametrize(
    "damaged",
    [
        b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"port": 4711}', b'{"port": 4711, "password": ""}',
        b'{"port": 0, "password": "x"}', b'{"port": 65536, "password": "x"}', b'{"port": "x", "password": "x"}',
        b'{"port": 1, "password": "x", "optional": 3}',
    ],
)  # fmt: skip
def test_a_damaged_state_is_none(tmp_path: Path, damaged: bytes) -> None:
    write_private(files.folder(tmp_path) / files.STATE, damaged)
    assert files.load(tmp_path) is None
    assert files.load(tmp_path / "nowhere") is None


def test_a_state_of_another_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    write_private(files.folder(tmp_path) / files.STATE, b'{"port": 1, "password": "x", "new": [1]}')
    assert files.load(tmp_path) == files.ProxyState(port=1, password="x")


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_private(path, b"old")

    def full(_from: object, _to: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="disk full"):
            write_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_record_is_one_write_into_a_file_of_this_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, writes = tmp_path / "one.spool", list[bytes]()
    write = os.write

    def noted(descriptor: int, data: bytes) -> int:
        writes.append(data)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", noted)
    both = [observation("req_1"), observation("req_2")]
    spool.append(path, both)
    assert writes == [spool.encode(both)]
    assert spool.read(path.read_bytes(), "spool") == (both, [])
    assert mode(path) == 0o600


def test_the_spool_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "link.spool").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"symbolic links|loop"):
        spool.append(tmp_path / "link.spool", [observation()])
    assert not (tmp_path / "elsewhere").exists()


def test_a_spool_that_nobody_reads_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, one = tmp_path / "one.spool", [observation()]
    monkeypatch.setattr(spool, "MAX_FILE_BYTES", 2 * len(spool.encode(one)))
    spool.append(path, one)
    spool.append(path, one)
    with pytest.raises(spool.SpoolFull):
        spool.append(path, one)
    assert spool.read(path.read_bytes(), "spool") == (one * 2, [])


@given(st.integers(1, 4), st.data())
def test_a_cut_loses_the_last_record_at_most_and_spoils_no_neighbour(count: int, data: st.DataObject) -> None:
    whole = [observation(f"req_{number}") for number in range(count)]
    parts = [spool.encode([each]) for each in whole]
    cut = data.draw(st.integers(0, len(parts[-1])))
    after = observation("req_after")
    found, problems = spool.read(b"".join(parts[:-1]) + parts[-1][:cut] + spool.encode([after]), "spool")
    assert found[: count - 1] == whole[:-1]
    assert found[-1] == after
    assert len(found) + len(problems) in (count, count + 1)
    assert {each.reason for each in problems} <= {"spool_line_unreadable"}


@given(st.binary(max_size=200))
def test_no_bytes_raise(noise: bytes) -> None:
    found, problems = spool.read(noise, "spool")
    assert found == []
    assert len(problems) == len([line for line in noise.split(b"\n") if line])


def test_a_folder_for_the_spool(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        made = files.spool(Path(name) / "home")
        assert (mode(made), mode(made.parent)) == (0o700, 0o700)
        assert files.spool(Path(name) / "home") == made
