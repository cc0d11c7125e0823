"""The page begins wherever it can, and says so where it can't."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FLAGS, PEN, PLAIN_HOST, OpenPage, ask, chromium_path, rooms
from tests.browser.pen import Pen


def test_a_browser_that_keeps_nothing(chromium: Browser, page_url: str, tmp_path: Path) -> None:
    """All cookies blocked, as a person sets it: Chromium then throws wherever a page wants to keep something."""
    (tmp_path / "Default").mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(blocked))
    context = chromium.browser_type.launch_persistent_context(
        tmp_path, executable_path=chromium_path(with_profile=True), args=FLAGS, locale="en-GB"
    )
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page = context.pages[0]
    page.goto(page_url)
    thrown = page.evaluate("() => { try { return localStorage.length } catch (error) { return error.name } }")
    assert thrown == "SecurityError"
    expect(page.get_by_text("This browser does not keep anything here")).to_be_visible()
    page.get_by_role("button", name="Settings", exact=True).click()
    page.get_by_label("Access token").fill("t0ken")
    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Escape")
    with page.expect_request("**/v1/chat/completions") as sent:
        ask(page, "Hello")
    assert sent.value.headers["authorization"] == "Bearer t0ken"
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("heading", name="What shall we think about?")).to_be_visible()
    expect(rooms(page)).to_contain_text("Nothing here yet.")
    context.close()
    assert errors == []


@pytest.fixture
def plain(open_page: OpenPage, page_url: str, pen: Pen) -> Page:
    """The page on http, under a name that is not localhost."""
    address = page_url.replace("127.0.0.1", PLAIN_HOST)
    page = open_page(model=PEN, also=[address], tolerate=["Cross-Origin-Opener-Policy"])
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("[isSecureContext, typeof crypto.randomUUID, typeof navigator.clipboard]") == [
        False,
        "undefined",
        "undefined",
    ]
    return page


def test_plain_http(plain: Page, pen: Pen) -> None:
    ask(plain, "Hello")
    pen.answer("Some **bold** text")
    expect(plain.locator(".answer strong")).to_have_text("bold")
    plain.reload()
    expect(plain.locator(".answer strong")).to_have_text("bold")


def test_copying_on_plain_http(plain: Page, pen: Pen) -> None:
    ask(plain, "Hello")
    pen.answer("Some **bold** text")
    copy = plain.locator(".answer").get_by_role("button", name="Copy the message")
    copy.click()
    expect(plain.locator(".copied")).to_be_visible()
    expect(copy).to_be_focused()
    plain.get_by_label("Your message").focus()
    plain.keyboard.press("Control+v")
    expect(plain.get_by_label("Your message")).to_have_value("Some **bold** text")


@pytest.mark.parametrize(
    ("locale", "words"), [("en-GB", "This page could not start."), ("ja-JP", "ページを開始できませんでした。")]
)
@pytest.mark.parametrize("missing", ["**/vendor/marked.js", "**/vendor/page.js", "**/i18n/*.json"])
def test_a_page_that_can_not_begin_says_so(chromium: Browser, page_url: str, locale: str, words: str, missing: str) -> None:
    page = chromium.new_page(locale=locale)
    page.route(missing, lambda route: route.abort())
    page.goto(page_url)
    expect(page.get_by_text(words)).to_be_visible()
    page.close()


def test_spoilt_memories_do_not_keep_it_from_beginning(open_page: OpenPage) -> None:
    page = open_page()
    page.evaluate(
        """() => {
          for (const name of ['settings', 'look', 'current', 'draft', 'rescue#1']) localStorage.setItem(`ionet-edge:${name}`, '{');
        }"""
    )
    page.reload()
    page.wait_for_selector("html[data-ready]")
