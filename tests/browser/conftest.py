"""A real browser and what it looks at. Without Chromium these tests are skipped, unless they are required."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts.assets import AXE_CORE, BROWSER, VENDOR, up_to_date
from tests.browser.demo_site import demo_site, strange_site

REQUIRED = "TOLLBOOK_BROWSER_REQUIRED"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def _missing() -> str | None:
    """What these tests lack."""
    if not any(map(shutil.which, _NAMES)):
        return "no Chromium in PATH: apt-get install chromium"
    if not up_to_date(VENDOR) or not (BROWSER / f"axe-{AXE_CORE.version}.js").exists():
        return "the assets are not built: make assets"
    return None


@pytest.fixture(scope="session")
def program() -> str:
    """Chromium's program, where everything else is there too."""
    missing = _missing()
    if missing and os.environ.get(REQUIRED):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return next(found for name in _NAMES if (found := shutil.which(name)))


@pytest.fixture(scope="module")
def browser(program: str) -> Iterator[Browser]:
    """Chromium, without a window. For one module at a time: as long as it is open, a loop runs in this thread."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else []
        opened = playwright.chromium.launch(executable_path=program, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that checks accessibility."""
    return (BROWSER / f"axe-{AXE_CORE.version}.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def demo(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a collector with the demo."""
    with demo_site(tmp_path_factory.mktemp("demo")) as address:
        yield address


@pytest.fixture(scope="session")
def strange(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a collector with names that somebody chose to do harm."""
    with strange_site(tmp_path_factory.mktemp("strange")) as address:
        yield address


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the pages are kept; git ignores it."""
    folder = Path(__file__).parent / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder
