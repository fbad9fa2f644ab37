"""Looks at a page as a person does, and notices what a person would not."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request

SETTLED = """() => document.readyState === "complete" && !document.querySelector("meta[http-equiv=refresh]")
  && [...document.querySelectorAll("[data-chart]")].every(one => one.querySelector("svg"))"""
"""Every picture is drawn, and nothing is still being worked out."""
_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  (window.__violations ??= []).push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
_AXE = "() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"


class Look:
    """One tab and what it did wrong."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self._base = base
        self._said: list[str] = []
        self._elsewhere: list[str] = []
        page.add_init_script(_VIOLATIONS)
        page.on("console", lambda message: self._said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda fault: self._said.append(f"fault: {fault}"))
        page.on("dialog", lambda dialog: (self._said.append(f"dialog: {dialog.message}"), dialog.dismiss())[1])
        page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self._base).netloc and not request.url.startswith("data:"):
            self._elsewhere.append(request.url)

    def go(self, path: str) -> None:
        """Open a page and wait for its pictures."""
        self.page.goto(self._base + path)
        self.page.wait_for_function(SETTLED)

    def faults(self) -> list[str]:
        """What no page may do: say something on the console, break the policy, ask another host, be too wide."""
        found = [*self._said, *(f"asked {url}" for url in self._elsewhere)]
        found += [f"policy: {one}" for one in self.page.evaluate("() => window.__violations ?? []")]
        width: list[int] = self.page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
        if width[0] > width[1]:
            found.append(f"{width[0]} pixels wide on a screen of {width[1]}")
        return found

    def inaccessible(self, axe: str) -> list[str]:
        """What axe-core finds. It is put in past the policy, as only a test can."""
        self.page.evaluate(axe)
        found: list[dict[str, Any]] = self.page.evaluate(_AXE)
        return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@contextmanager
def looking(
    browser: Browser, base: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light", **more: Any
) -> Generator[Look]:
    """A tab of some width and scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", **more
    )
    context.set_default_timeout(20_000)
    try:
        yield Look(context.new_page(), base)
    finally:
        context.close()
