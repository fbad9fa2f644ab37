"""Every page in a real browser: at two widths, light and dark, by axe-core, and with nothing asked of another host."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import looking

PAGES: dict[str, str] = {
    "overview": "/",
    "ticket": "/tickets/PAY-123",
    "engineer": "/engineers/ada@example.com",
    "repo": "/repos/acme/shop",
    "team": "/teams/payments",
    "flow": "/flow",
    "unassigned": "/unassigned",
    "live": "/live",
    "reconciliation": "/reconciliation",
    "rules": "/rules?dimension=product",
    "rule-value": "/rules?dimension=product&value=payments",
    "nobody": "/tickets/NO-1",
    "refused": "/teams/nobody",
}
CHECKED = {(1280, "light"), (390, "dark")}
"""Where axe-core looks too: at every width and in every scheme once."""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_sound(
    browser: Browser, demo: str, axe: str, screenshots: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    faults: dict[str, list[str]] = {}
    with looking(browser, demo, width=width, scheme=scheme) as look:
        for name, path in PAGES.items():
            look.go(path)
            look.page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
            found = look.faults()
            if (width, scheme) in CHECKED:
                found += look.inaccessible(axe)
            if name == "refused":
                found = [one for one in found if "404" not in one]  # the browser's own word about the answer
            if found:
                faults[name] = found
    assert faults == {}
