"""The reference of the API: api/openapi.json as a page, for a person."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage, violations
from tools.pyodide_bundle import ROOT

DOCUMENT: dict[str, Any] = json.loads((ROOT / "public" / "api" / "openapi.json").read_text())
OPERATIONS = [(method, path) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"]
NARROW = {"width": 360, "height": 740}


@pytest.fixture
def reference(open_page: OpenPage, page_url: str) -> Callable[..., Page]:
    """Opens the page; nothing may stand in the console then, and nothing may be asked for elsewhere (`open_page`)."""

    def open_it(**options: object) -> Page:
        page = open_page(**options)
        page.goto(f"{page_url}/api")
        expect(page.locator("openapi-explorer").get_by_text("ionet-edge").first).to_be_visible()
        return page

    return open_it


def test_it_has_every_call(reference: Callable[..., Page]) -> None:
    page = reference()
    listed = [call.split() for call in page.locator("openapi-explorer .nav-bar-path").all_inner_texts()]
    assert sorted((method.lower(), "".join(path) or "/") for method, *path in listed) == sorted(OPERATIONS)


def test_a_call_says_what_it_takes_and_gives(reference: Callable[..., Page]) -> None:
    page = reference()
    page.locator("openapi-explorer .nav-bar-path").filter(has_text="/v1/chat/completions").click()
    expect(page.get_by_text("A chat completion, in the form that is asked for.")).to_be_visible()
    expect(page.get_by_text("messages", exact=True).first).to_be_visible()
    expect(page.get_by_role("button", name="Try")).to_have_count(0)  # no token is asked for


@pytest.mark.parametrize("viewport", [NARROW, {"width": 1280, "height": 800}])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_device(reference: Callable[..., Page], scheme: str, viewport: dict[str, int]) -> None:
    page = reference(color_scheme=scheme, viewport=viewport)
    background = page.locator("openapi-explorer").evaluate("element => getComputedStyle(element).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 28, 31)"}[scheme]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_what_was_chosen_on_the_chat_page_holds_here(reference: Callable[..., Page]) -> None:
    page = reference(look={"theme": "dark", "language": "ja"})
    expect(page.get_by_role("heading", name="ionet-edge の API")).to_be_visible()
    expect(page).to_have_title("ionet-edge の API")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(27, 28, 31)"
    page.get_by_role("link", name="チャット").click()
    expect(page.locator("#input")).to_be_visible()


def test_without_javascript_it_says_where_the_description_is(chromium: Browser, page_url: str) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(f"{page_url}/api")
    link = page.get_by_role("link", name="openapi.json").last
    expect(link).to_be_visible()
    assert link.get_attribute("href") == "api/openapi.json"
