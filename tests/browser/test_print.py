"""The page on paper."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, paragraphs
from tests.browser.pen import Pen


def sheets(page: Page) -> int:
    """How many sheets of paper the page takes."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


def test_the_whole_conversation_and_nothing_else(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, color_scheme="dark", reduced_motion="reduce")
    ask(page, "First question")
    pen.write("A thought.", field="reasoning")
    pen.answer(paragraphs(150))
    expect(page.get_by_text("Paragraph 149,")).to_be_visible()
    ask(page, "Second question")
    pen.answer("```py\nx = '" + "wide " * 60 + "'\n```\n\nThe end.")
    expect(page.get_by_text("The end.")).to_be_visible()
    assert sheets(page) >= 4
    page.emulate_media(media="print")
    for part in ("header.bar", "#input", "#send", ".fine-print", ".code button", ".actions button", ".reasoning-text"):
        expect(page.locator(part).first).to_be_hidden()
    for part in (".question", ".answer"):
        expect(page.locator(part)).to_have_count(2)
        for shown in page.locator(part).all():
            expect(shown).to_have_css("content-visibility", "visible")
    # All of it lies on the sheet: nothing is cut at the screen's edge, or scrolls.
    last = page.get_by_text("The end.")
    end = last.evaluate("element => element.getBoundingClientRect().bottom")
    assert end <= page.evaluate("document.documentElement.scrollHeight")
    assert page.locator("#scroller").evaluate("element => element.scrollHeight - element.clientHeight") == 0
    assert page.locator(".code pre").evaluate("element => element.scrollWidth <= element.clientWidth")
    expect(last).to_have_css("color", "rgb(0, 0, 0)")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"


def test_thoughts_that_are_unfolded_are_printed(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN)
    ask(page, "Hello")
    pen.write("A long thought.\n" * 100, field="reasoning")
    pen.answer("The end.")
    page.locator(".reasoning summary").click()
    page.emulate_media(media="print")
    text = page.locator(".reasoning-text")
    expect(text).to_be_visible()
    assert text.evaluate("element => element.scrollHeight <= element.clientHeight")
