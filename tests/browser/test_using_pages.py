"""Using the pages as people do: with a keyboard, without scripts, in the dark, and with names chosen to do harm."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo_site import MARKUP, STRANGE
from tests.browser.looking import Look, looking

MOST_STEPS = 120
"""Tab stops within which everything of a page can be reached."""


def focused(page: Page) -> str:
    return str(
        page.evaluate("() => document.activeElement.innerText || document.activeElement.placeholder || ''")
    ).strip()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if focused(page) == name:
            return
    pytest.fail(f"{name!r} cannot be reached by Tab")


def test_a_ticket_is_reached_and_sorted_by_keyboard_alone(browser: Browser, demo: str) -> None:
    with looking(browser, demo) as look:
        page = look.page
        look.go("/")
        page.keyboard.press("Tab")
        assert focused(page) == "Skip to the content"
        box = page.locator(".skip").bounding_box()
        assert box is not None
        assert box["y"] >= 0, "what has the focus can be seen"
        page.keyboard.press("Enter")
        tab_to(page, "PAY-123")
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("PAY-123")
        tab_to(page, "As a table")
        page.keyboard.press("Enter")
        tab_to(page, "Estimated")
        heading = page.locator("#c-by-day th", has_text="Estimated")
        first = page.locator("#c-by-day tbody th").first
        page.keyboard.press("Enter")
        expect(heading).to_have_attribute("aria-sort", "descending")
        expect(first).to_have_text("2026-10-26")
        page.keyboard.press("Space")
        expect(heading).to_have_attribute("aria-sort", "ascending")
        expect(first).to_have_text("2026-10-27")
        assert look.faults() == []


def test_the_search_leads_to_a_ticket(browser: Browser, demo: str) -> None:
    with looking(browser, demo) as look:
        look.go("/flow")
        tab_to(look.page, "Ticket, e.g. PAY-123")
        look.page.keyboard.type("ops-77")
        look.page.keyboard.press("Enter")
        expect(look.page.locator("h1")).to_have_text("OPS-77")


def test_pages_are_whole_without_scripts(browser: Browser, demo: str) -> None:
    with looking(browser, demo, java_script_enabled=False) as look:
        texts = {"/": "PAY-456", "/flow": "chatgpt", "/live": "claude-opus-4-8", "/reconciliation": "Untracked"}
        for path, text in texts.items():
            look.page.goto(demo + path)
            body = look.page.locator("main")
            expect(body).to_contain_text(text)
        look.page.goto(demo + "/flow")
        look.page.get_by_text("As a table").click()
        expect(look.page.locator("#c-flow table")).to_be_visible()


def test_light_and_dark_are_chosen_and_kept(browser: Browser, demo: str) -> None:
    with looking(browser, demo, scheme="light") as look:
        page = look.page
        look.go("/")
        ground = "() => getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        button = page.locator("[data-theme-toggle]")
        button.click()
        button.click()
        expect(button).to_have_text("Theme: dark")
        dark = page.evaluate(ground)
        assert dark != light
        look.go("/flow")
        assert page.evaluate(ground) == dark
        expect(button).to_have_text("Theme: dark")
        button.click()
        assert page.evaluate(ground) == light
        assert look.faults() == []


def test_pictures_say_what_their_tables_say(browser: Browser, demo: str) -> None:
    with looking(browser, demo) as look:
        look.go("/flow")
        for name in ("anthropic", "openai", "chatgpt", "payments", "PAY-123", "OPS-77", "unassigned"):
            expect(look.page.locator(".picture svg text", has_text=name)).to_have_count(1)


def test_money_without_a_ticket_gets_one_by_one_click(browser: Browser, strange: str) -> None:
    with looking(browser, strange) as look:
        page = look.page
        look.go("/unassigned")
        row = page.locator("tbody tr", has_text="javascript:alert(1)")
        field = row.get_by_placeholder("other").or_(row.get_by_placeholder("PAY-123"))
        field.fill("ops-5")
        page.keyboard.press("Enter")
        expect(page.locator("[role=status]")).to_have_text("1 call was assigned to OPS-5.")
        expect(page.locator("tbody tr", has_text="javascript:alert(1)")).to_have_count(0)
        look.go("/tickets/OPS-5")
        expect(page.locator("main")).to_contain_text("a person said so")
        assert look.faults() == []


def test_an_assignment_is_taken_back_by_keyboard_alone(
    browser: Browser, strange: str, screenshots: Path, axe: str
) -> None:
    with looking(browser, strange) as look:
        page = look.page
        look.go("/unassigned?last=all")
        row = page.locator("tbody tr", has_text="=HYPERLINK(1)")
        row.locator("input:not([type=hidden])").fill("ops-6")
        page.keyboard.press("Enter")
        expect(page.locator("[role=status]")).to_have_text("1 call was assigned to OPS-6.")
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=screenshots / f"assigned-{width}-{scheme}.png", full_page=True)
                assert look.faults() == []
                assert look.inaccessible(axe) == []
        tab_to(page, "Undo")
        page.keyboard.press("Enter")
        expect(page.locator("[role=status]")).to_have_text("1 call was taken back from OPS-6.")
        expect(row).to_have_count(1)
        expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        assert look.faults() == []


def all_pages(look: Look) -> list[str]:
    """Every page that the menu and the overview lead to."""
    look.go("/?last=all")
    found: list[str] = look.page.eval_on_selector_all(
        "nav a, main a", "all => all.map(one => one.getAttribute('href'))"
    )
    return sorted({path for path in found if "as=" not in path and not path.startswith("#")})


def test_names_chosen_to_do_harm_are_shown_as_texts(browser: Browser, strange: str) -> None:
    with looking(browser, strange, width=390) as look:
        paths = all_pages(look)
        assert any(unquote(path).startswith("/repos/acme/<script>") for path in paths)
        seen = ""
        for path in paths:
            look.go(path)
            assert look.page.title().endswith(" · Tollbook")
            assert look.page.locator("main img, main script, main b, main i").count() == 0
            seen += look.page.locator("main").inner_text()
            if look.page.locator("h1").inner_text() == "There is nothing here":
                continue
            assert look.faults() == [], path
        for text in (STRANGE[0]["repo"], STRANGE[0]["model"], "../../etc", "acme/{% raw %}", MARKUP[2:12]):
            assert text in seen, text
        assert urlsplit(look.page.url).netloc == urlsplit(strange).netloc
