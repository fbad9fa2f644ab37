"""Builds the charts of the web pages: `assets.py [--test]`. Quick where they are up to date.

Fetches pinned npm packages from the registry, each checked against its integrity hash, into a cache; bundles the few
parts of ECharts that the pages use with esbuild; writes the bundle and the licences into `web/static/vendor`, which git
ignores. Needs neither node nor npm. `--test` also fetches what only the browser tests use, into `.tools/browser`.
"""

import argparse
import base64
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
VENDOR = REPO / "collector" / "tollbook_collector" / "web" / "static" / "vendor"
BUNDLE = "charts.js"
LICENCES = "LICENCES.txt"
BROWSER = REPO / ".tools" / "browser"
AXE = "axe.min.js"
REGISTRY = "https://registry.npmjs.org"
FETCH_SECONDS = 120
BUILD_SECONDS = 120
LARGEST_TARBALL = 64 * 1024 * 1024


class Failed(Exception):
    """The assets could not be built; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package at one version. `integrity` is npm's own: SHA-512 of the tarball."""

    name: str
    version: str
    integrity: str

    @property
    def url(self) -> str:
        return f"{REGISTRY}/{self.name}/-/{self.name.rpartition('/')[2]}-{self.version}.tgz"

    @property
    def file(self) -> str:
        """Its name in the cache."""
        return f"{self.name.replace('@', '').replace('/', '-')}-{self.version}.tgz"


ECHARTS = Package(
    name="echarts",
    version="6.1.0",
    integrity="sha512-q0yaFPggC9FUdsWH4blavRWFmxdrIodbkoKNAjJudAI6CA9gNPxHtV2RcZNEepZVlk4yvBYkOkbk6HIVpIyHZA==",
)
ZRENDER = Package(
    name="zrender",
    version="6.1.0",
    integrity="sha512-oEGMDB6pOP2S6OwRR4PdVv610zrjnA3Bh+JnSG12fYJlBKjtNAoEb5fSUoCOOINlH96I2fU38/A2UpRKs67xYQ==",
)
TSLIB = Package(
    name="tslib",
    version="2.3.0",
    integrity="sha512-N82ooyxVNm6h1riLCoyS9e3fuJ3AMG2zIZs2Gd1ATcSFjSA23Q0fzjjZeh0jbJvWVDZ0cJT8yaNNaaXHzueNjg==",
)
AXE_CORE = Package(
    name="axe-core",
    version="4.14.1",
    integrity="sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)
ESBUILD_VERSION = "0.28.2"
ESBUILD: Mapping[str, str] = {
    "linux-x64": "sha512-4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ==",
    "linux-arm64": "sha512-pW4AC0P3it8c7do9MVM4p51FzHzdM/TZrerurgRcHJ2WTa1VQ1CIq18xncfpBJw4ojkiZZrKW2yIBWBP92j6Ug==",
    "darwin-x64": "sha512-uq6suIWYP37qzGddBKPw5QEQPi6HiLGsO7UmkpfyaYNQ3D+rN6w6WfwH+nuqcGXWvawGwxOEroO4YGnFh95azw==",
    "darwin-arm64": "sha512-n4KqkOQrraxHJcgjM1RvwbigfQKIKJVpM7xp+KsxiyUSrRdIXnt73VhrPAx0fV44hgfmIVKjxMN9J1t5jySVkw==",
    "win32-x64": "sha512-5ebpxr3nWMzrL/rnUI755Jkuee0bHL/Gq0WTF9lvcpv73wAp5eu8MfBUgWK9bhWvZjj7yX8etf/8tI8Ney695g==",
}
"""Integrity of esbuild's package by operating system and processor."""
LIBRARIES = (ECHARTS, ZRENDER, TSLIB)

ENTRY = """\
import { use, init } from "echarts/core";
import { LineChart, BarChart, SankeyChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
use([LineChart, BarChart, SankeyChart, AriaComponent, GridComponent, TooltipComponent, SVGRenderer]);
export { init };
"""
"""What of ECharts the pages use."""
_OPTIONS = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none", "--log-level=warning")


def stamp() -> str:
    """The first line of a bundle: changes whenever what it is made of does."""
    made_of = [f"{each.name}@{each.version} {each.integrity}" for each in LIBRARIES]
    text = "\n".join([ENTRY, ESBUILD_VERSION, *_OPTIONS, *made_of])
    return f"/* Apache ECharts {ECHARTS.version}, see {LICENCES}; {hashlib.sha256(text.encode()).hexdigest()[:16]} */"


def up_to_date(vendor: Path) -> bool:
    """Whether the bundle in a folder is the one that would be built."""
    try:
        with (vendor / BUNDLE).open(encoding="utf-8") as file:
            return file.readline().rstrip("\n") == stamp() and (vendor / LICENCES).exists()
    except OSError:
        return False


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where tarballs are kept: `tollbook-assets` in XDG_CACHE_HOME, else in `~/.cache`."""
    chosen = environment.get("XDG_CACHE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".cache") / "tollbook-assets"


def this_platform() -> str:
    """How esbuild names this machine.

    Raises:
        Failed: no pinned package fits it.
    """
    system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}.get(platform.system(), platform.system())
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower())
    name = f"{system}-{machine}"
    if name not in ESBUILD:
        raise Failed(f"esbuild is pinned for {', '.join(ESBUILD)}, not for {name}: the pages work without charts")
    return name


def check(package: Package, raw: bytes) -> None:
    """Raises Failed where bytes are not the package's."""
    algorithm, _, expected = package.integrity.partition("-")
    found = base64.b64encode(hashlib.new(algorithm, raw).digest()).decode()
    if found != expected:
        raise Failed(f"{package.url} is not what was pinned: it has {algorithm}-{found}")


def tarball(package: Package, cache: Path) -> bytes:
    """The package's tarball, from the cache or the registry; checked either way.

    Raises:
        Failed: it could not be fetched, or is another.
    """
    path = cache / package.file
    if path.exists():
        raw = path.read_bytes()
        check(package, raw)
        return raw
    try:
        with urllib.request.urlopen(package.url, timeout=FETCH_SECONDS) as answer:
            raw = answer.read(LARGEST_TARBALL + 1)
    except (urllib.error.URLError, OSError) as fault:
        raise Failed(f"{package.url} could not be fetched: {fault}. The pages work without charts.") from fault
    check(package, raw)
    cache.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_bytes(raw)
    draft.replace(path)
    return raw


def unpack(raw: bytes, folder: Path) -> None:
    """What a tarball holds, without npm's outer folder."""
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz") as archive:
        for member in archive.getmembers():
            inner = member.name.partition("/")[2]
            if inner and member.isfile():
                archive.extract(member.replace(name=inner), folder, filter="data")


def build(vendor: Path, cache: Path) -> None:
    """Make the bundle and its licences in a folder, whole or not at all.

    Raises:
        Failed: something could not be fetched or built.
    """
    machine = this_platform()
    esbuild = Package(name=f"@esbuild/{machine}", version=ESBUILD_VERSION, integrity=ESBUILD[machine])
    with tempfile.TemporaryDirectory(prefix="tollbook-assets-") as scratch:
        folder = Path(scratch)
        modules = folder / "node_modules"
        for package in LIBRARIES:
            unpack(tarball(package, cache), modules / package.name)
        unpack(tarball(esbuild, cache), folder / "esbuild")
        program = folder / "esbuild" / ("esbuild.exe" if machine.startswith("win32") else "bin/esbuild")
        program.chmod(0o755)
        (folder / "entry.js").write_text(ENTRY, encoding="utf-8")
        out = folder / "out.js"
        command = [str(program), "entry.js", *_OPTIONS, f"--outfile={out}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
        if done.returncode:
            raise Failed(f"esbuild ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        vendor.mkdir(parents=True, exist_ok=True)
        (vendor / LICENCES).write_text(licences(modules), encoding="utf-8")
        draft = vendor / f"{BUNDLE}.{os.getpid()}.draft"
        draft.write_text(f"{stamp()}\n{out.read_text(encoding='utf-8')}", encoding="utf-8")
        draft.replace(vendor / BUNDLE)


def licences(modules: Path) -> str:
    """The licence and notice of everything in the bundle."""
    parts: list[str] = []
    for package in LIBRARIES:
        for name in ("LICENSE", "LICENSE.txt", "NOTICE"):
            path = modules / package.name / name
            if path.exists():
                parts.append(f"{package.name} {package.version}: {name}\n\n{path.read_text(encoding='utf-8')}")
    return "\n\n".join(parts)


def fetch_axe(cache: Path, folder: Path) -> None:
    """What checks accessibility in the browser tests.

    Raises:
        Failed: it could not be fetched.
    """
    with tempfile.TemporaryDirectory(prefix="tollbook-assets-") as scratch:
        unpack(tarball(AXE_CORE, cache), Path(scratch))
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(scratch) / AXE, folder / f"axe-{AXE_CORE.version}.js")


def main() -> int:
    """Build what is not up to date. Returns 1 where that failed, and says why."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", action="store_true", help="fetch what the browser tests need too")
    arguments = parser.parse_args()
    cache = cache_folder(os.environ)
    try:
        if not up_to_date(VENDOR):
            build(VENDOR, cache)
            size = (VENDOR / BUNDLE).stat().st_size
            print(f"charts built: {VENDOR.relative_to(REPO) / BUNDLE}, {size / 1000:,.0f} kB")
        if arguments.test and not (BROWSER / f"axe-{AXE_CORE.version}.js").exists():
            fetch_axe(cache, BROWSER)
    except (Failed, OSError, subprocess.TimeoutExpired) as fault:
        print(f"assets: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
