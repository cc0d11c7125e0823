"""Blocks of code: while they are written, and what can be done with them."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask
from tests.browser.pen import Pen


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


LINES = "piece => Math.round(piece.getBoundingClientRect().height / parseFloat(getComputedStyle(piece).lineHeight))"


def test_the_caret_stands_behind_the_last_sign(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("```py\n")
    code = page.locator(".answer code")
    for written, lines in [("x = 1", 1), ("\n", 1), ("y = 2\n", 2), ("\nz", 4), ("\n", 4)]:
        pen.write(written)
        expect(code).to_contain_text(written.strip())
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert code.locator(".piece").evaluate(LINES) == lines
    caret = "element => getComputedStyle(element, '::after').content"
    assert page.locator(".answer .code .piece").last.evaluate(caret) == '""'


def test_it_is_copied_and_saved_to_the_letter(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.answer("```python\nx = 1\n\ny = 2\n```\n\n- item\n\n  ```\n  z\n  ```\n\n~~~c++\nint x;\n\n~~~")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    codes = [("x = 1\n\ny = 2", "code.py"), ("z", "code.txt"), ("int x;\n", "code.cpp")]
    for block, (text, name) in zip(page.locator(".answer .code").all(), codes, strict=True):
        block.get_by_role("button", name="Copy").click()
        assert page.evaluate("navigator.clipboard.readText()") == text
        with page.expect_download() as download:
            block.get_by_role("button", name="Save as a file").click()
        assert download.value.suggested_filename == name
        assert Path(download.value.path()).read_text() == text


def test_long_lines_wrap_where_that_is_wanted(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, viewport={"width": 320, "height": 640})
    ask(page, "Hello")
    pen.answer("```averyverylongnameofalanguagethatdoesnotend\n" + "x" * 100 + " " + "words " * 100 + "\n```")
    code = page.locator(".answer .code pre")
    is_wide = "element => element.scrollWidth > element.clientWidth"
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    assert code.evaluate(is_wide)
    wrap = page.get_by_role("button", name="Wrap long lines")
    for pressed in ("true", "false"):
        wrap.click()
        expect(wrap).to_have_attribute("aria-pressed", pressed)
        assert code.evaluate(is_wide) == (pressed == "false")
    assert page.locator(".answer figcaption").evaluate("element => element.scrollWidth <= element.clientWidth")
    for button in page.locator(".answer figcaption button").all():
        expect(button).to_be_in_viewport(ratio=1)


def test_long_code_has_its_colours_too(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    comment = "/*\n" + " * It says: let it be.\n" * 300 + " */\n"
    pen.answer("```js\n" + (comment + "let x = 'a word';\n" * 300) * 6 + "// The end.\n```")
    code = page.locator(".answer code")
    expect(code.get_by_text("// The end.")).to_have_class("hljs-comment")
    # Comments that are longer than what is coloured at once are comments to their end.
    expect(code.locator(".hljs-keyword")).to_have_count(1800)
    expect(code.locator(".hljs-comment")).to_have_count(7)
    assert len(code.inner_text()) > 70_000
