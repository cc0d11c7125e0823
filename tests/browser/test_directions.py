"""Text that is read from the right, beside text that is not."""

from playwright.sync_api import Locator, expect

from tests.browser.conftest import PEN, OpenPage, ask
from tests.browser.pen import Pen

ANSWER = """שלום עולם!

Hello, world!

`npm` מתקין חבילות.

- פריט ראשון.
- Second item.

> ציטוט קצר.

| שם | גיל |
|---|---|
| דנה | 30 |

```py
x = "שלום"
```

1. مرحبا بالعالم.

   ```sh
   ls
   ```
"""

FIRST_SIGN = """element => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let text = walker.nextNode();
  while (!text.data.trim()) text = walker.nextNode();
  range.setStart(text, 0);
  range.setEnd(text, 1);
  const { left, right } = range.getBoundingClientRect();
  const box = element.getBoundingClientRect();
  return (left + right) / 2 > (box.left + box.right) / 2 ? 'right' : 'left';
}"""


def begins(block: Locator) -> str:
    """The side of the block on which its text begins."""
    return str(block.first.evaluate(FIRST_SIGN))


def side(block: Locator, left: str) -> str:
    """The side on which something of the block lies, by the property of its left side."""
    return "left" if block.first.evaluate("(element, name) => parseFloat(getComputedStyle(element)[name])", left) > 0 else "right"


def test_each_block_of_an_answer_has_its_own_direction(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN)
    ask(page, "Hello")
    pen.answer(ANSWER)
    prose = page.locator(".answer .prose")
    expect(prose.locator("ol")).to_be_visible()
    paragraphs = prose.locator("> p")
    assert [begins(paragraphs.nth(at)) for at in range(2)] == ["right", "left"]
    # Words in code do not say how a sentence is read.
    expect(paragraphs.nth(2)).to_have_css("direction", "rtl")
    expect(paragraphs.nth(2).locator("code")).to_have_css("direction", "ltr")
    # A bullet stands where its item begins.
    assert [begins(prose.locator("ul > li").nth(at)) for at in range(2)] == ["right", "left"]
    assert [side(prose.locator("ul > li").nth(at), "marginLeft") for at in range(2)] == ["right", "left"]
    assert side(prose.locator("ol > li"), "marginLeft") == "right"
    assert begins(prose.locator("blockquote")) == "right"
    assert side(prose.locator("blockquote"), "borderLeftWidth") == "right"
    assert [begins(prose.locator("td").nth(at)) for at in range(2)] == ["right", "right"]
    for code in prose.locator("pre").all():
        expect(code).to_have_css("direction", "ltr")


def test_what_a_person_writes_too(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN)
    box = page.get_by_label("Your message")
    expect(box).to_have_css("direction", "ltr")
    box.fill("מה שלומך?")
    expect(box).to_have_css("direction", "rtl")
    page.keyboard.press("Enter")
    pen.answer("Fine.")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    assert ends_left(page.locator(".question .piece"), "?")
    page.locator(".question").hover()
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Edit your message")).to_have_css("direction", "rtl")
    page.keyboard.press("Escape")
    assert ends_left(page.locator(".chat .name"), "?")
    assert begins(page.locator(".chat .name")) == "right"


def ends_left(element: Locator, last: str) -> bool:
    """Whether the last sign of a text stands left of its first."""
    x = """(element, [at, sign]) => {
      const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
      const range = document.createRange();
      const from = sign ? text.data.lastIndexOf(sign) : at;
      range.setStart(text, from);
      range.setEnd(text, from + 1);
      return range.getBoundingClientRect().left;
    }"""
    return bool(element.first.evaluate(x, [0, last]) < element.first.evaluate(x, [0, ""]))


def test_an_item_that_is_being_written(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN)
    ask(page, "Hello")
    for piece in ("- שלום\n", "- Hello\n- מה", " שלומך?"):
        pen.write(piece)
    expect(page.locator(".answer li")).to_have_count(3)
    directions = page.locator(".answer li").evaluate_all("items => items.map(item => getComputedStyle(item).direction)")
    assert directions == ["rtl", "ltr", "rtl"]


def test_thoughts(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN)
    ask(page, "Hello")
    pen.write("צריך לחשוב.\nAnd in English.", field="reasoning")
    page.locator(".reasoning summary").click()
    text = page.locator(".reasoning-text")
    expect(text).to_have_css("direction", "rtl")
    assert ends_left(text, ".")
