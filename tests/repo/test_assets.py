"""The assets script: takes only what was pinned, and does nothing where all is there."""

import hashlib
import io
import tarfile
from base64 import b64encode
from pathlib import Path

import pytest

from scripts import assets


def pinned(raw: bytes) -> assets.Package:
    digest = b64encode(hashlib.sha512(raw).digest()).decode()
    return assets.Package(name="@scope/thing", version="1.2.3", integrity=f"sha512-{digest}")


def test_a_package_has_one_address_and_one_place_in_the_cache() -> None:
    package = pinned(b"x")
    assert package.url == "https://registry.npmjs.org/@scope/thing/-/thing-1.2.3.tgz"
    assert package.file == "scope-thing-1.2.3.tgz"


def test_bytes_that_were_not_pinned_are_refused_wherever_they_come_from(tmp_path: Path) -> None:
    package = pinned(b"right")
    (tmp_path / package.file).write_bytes(b"right")
    assert assets.tarball(package, tmp_path) == b"right"
    (tmp_path / package.file).write_bytes(b"wrong")
    with pytest.raises(assets.Failed, match="is not what was pinned"):
        assets.tarball(package, tmp_path)


def test_a_tarball_cannot_write_outside(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name in ("package/inside.js", "package/../../outside.js"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(tarfile.OutsideDestinationError):
        assets.unpack(raw.getvalue(), tmp_path / "folder")
    assert not (tmp_path / "outside.js").exists()


def test_a_bundle_of_other_parts_is_not_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not assets.up_to_date(tmp_path)
    (tmp_path / assets.LICENCES).write_text("")
    (tmp_path / assets.BUNDLE).write_text(f"{assets.stamp()}\nexport {{}}\n")
    assert assets.up_to_date(tmp_path)
    monkeypatch.setattr(assets, "ESBUILD_VERSION", "0.0.0")
    assert not assets.up_to_date(tmp_path)


def test_an_unknown_machine_is_told_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets.platform, "machine", lambda: "vax")
    with pytest.raises(assets.Failed, match="the pages work without charts"):
        assets.this_platform()
