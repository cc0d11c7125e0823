"""Reading along: scrolling, small screens, and being told without seeing."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, paragraphs, violations, wait_until
from tests.browser.pen import Pen


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


GAP = "(scroller => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight)(document.querySelector('#scroller'))"


def distance(page: Page) -> float:
    """How far the reader is from the end, in CSS pixels."""
    return float(page.evaluate(GAP))


def at_end(page: Page) -> bool:
    return distance(page) < 2


class TestScrolling:
    def test_along_at_the_end_and_not_while_reading_above(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        pen.write(paragraphs(60))
        expect(page.get_by_text("Paragraph 59,")).to_be_in_viewport()
        assert at_end(page)
        page.locator("#scroller").hover()
        page.mouse.wheel(0, -1500)
        expect(page.get_by_role("button", name="To the end")).to_be_visible()
        top = page.locator("#scroller").evaluate("element => element.scrollTop")
        pen.write("And more.\n\n" + paragraphs(30))
        expect(page.locator(".answer .prose")).to_contain_text("And more.")
        expect(page.locator(".answer .prose > p")).to_have_count(91)
        assert page.locator("#scroller").evaluate("element => element.scrollTop") == top
        page.get_by_role("button", name="To the end").click()
        assert at_end(page)
        expect(page.get_by_role("button", name="To the end")).to_be_hidden()
        pen.write("The last words.")
        expect(page.get_by_text("The last words.")).to_be_in_viewport()


def written(page: Page, pen: Pen, text: str) -> None:
    """Have this written, and see it."""
    pen.write(text)
    expect(page.locator(".answer .prose")).to_contain_text(text.strip().split("\n")[-1])


class TestScrollingAgainstTheStream:
    """Any way up lets go while an answer is written; only the end, or the button, takes hold again."""

    @pytest.fixture
    def page(self, page: Page, pen: Pen) -> Page:
        ask(page, "Hello")
        pen.write(paragraphs(60))
        expect(page.get_by_text("Paragraph 59,")).to_be_in_viewport()
        return page

    @pytest.mark.parametrize("step", [-8, -15])
    def test_a_trackpads_small_steps(self, page: Page, pen: Pen, step: int) -> None:
        page.locator("#scroller").hover()
        for number in range(40):
            page.mouse.wheel(0, step)
            written(page, pen, f"More {number}.\n\n")
        assert distance(page) > 40 * -step

    @pytest.mark.parametrize("key", ["ArrowUp", "PageUp", "Home", "Shift+Space"])
    def test_keys(self, page: Page, pen: Pen, key: str) -> None:
        page.get_by_text("Paragraph 59,").click()
        page.keyboard.press(key)
        wait_until(page, lambda: distance(page) > 20)
        top = page.locator("#scroller").evaluate("element => element.scrollTop")
        written(page, pen, "And more.\n\n")
        assert page.locator("#scroller").evaluate("element => element.scrollTop") <= top

    def test_a_finger(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
        ask(page, "Hello")
        pen.write(paragraphs(60))
        expect(page.get_by_text("Paragraph 59,")).to_be_in_viewport()
        hand = page.context.new_cdp_session(page)
        hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 180, "y": 300}]})
        for number in range(10):
            point = {"x": 180, "y": 306 + 6 * number}
            hand.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
            written(page, pen, f"More {number}.\n\n")
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert distance(page) > 100

    def test_close_to_the_end_is_not_the_end(self, page: Page, pen: Pen) -> None:
        page.locator("#scroller").hover()
        page.mouse.wheel(0, -30)
        written(page, pen, "One.\n\n")
        written(page, pen, "Two.\n\n")
        assert distance(page) > 30

    def test_scrolling_down_to_the_end_takes_hold_again(self, page: Page, pen: Pen) -> None:
        page.locator("#scroller").hover()
        page.mouse.wheel(0, -100)
        written(page, pen, "One.\n\n")
        assert not at_end(page)
        page.mouse.wheel(0, 5000)
        wait_until(page, lambda: at_end(page))
        written(page, pen, paragraphs(5) + "Two.\n\n")
        expect(page.get_by_text("Two.")).to_be_in_viewport()
        assert at_end(page)

    def test_typing_does_not_let_go(self, page: Page, pen: Pen) -> None:
        page.get_by_label("Your message").fill("one\ntwo")
        page.keyboard.press("ArrowUp")
        written(page, pen, paragraphs(3) + "And more.\n\n")
        assert at_end(page)


class TestSmallScreens:
    @pytest.mark.parametrize("width", [320, 360, 768, 1920])
    def test_nothing_is_wider_than_the_screen(self, open_page: OpenPage, pen: Pen, width: int) -> None:
        page = open_page(model=PEN, viewport={"width": width, "height": 640})
        ask(page, "Hello, " + "averyveryverylongwordwithoutabreak" * 5)
        table = "| " + " | ".join(f"column {n}" for n in range(12)) + " |\n" + "|---" * 12 + "|\n" + "| x " * 12 + "|\n"
        pen.answer(f"{'long' * 60}\n\n```\n{'x' * 400}\n```\n\n{table}\n\n[{'y' * 90}](https://example.com)")
        expect(page.locator(".answer table")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("#scroller").evaluate("element => element.scrollWidth <= element.clientWidth")
        page.get_by_role("button", name="Settings", exact=True).click()
        assert page.locator("#settings").evaluate("element => element.scrollWidth <= element.clientWidth")

    def test_a_keyboard_on_the_screen_does_not_cover_the_box(self, open_page: OpenPage) -> None:
        """Chromium on a desk has no such keyboard: what is seen of the page is made smaller, as the keyboard does it."""
        page = open_page(viewport={"width": 360, "height": 740}, has_touch=True)
        page.evaluate(
            """() => {
              Object.defineProperty(visualViewport, 'height', { value: 380 });
              visualViewport.dispatchEvent(new Event('resize'));
            }"""
        )
        box = page.get_by_label("Your message").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 380

    def test_actions_need_no_hovering_on_a_touch_screen(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
        ask(page, "Hello")
        pen.answer("Hi.")
        edit = page.locator(".question").get_by_role("button", name="Edit")
        expect(edit).to_have_css("opacity", "1")


class TestAnnouncements:
    def test_a_status_tells_the_state_and_not_the_words(self, page: Page, pen: Pen) -> None:
        status = page.locator("#status")
        expect(status).to_have_attribute("role", "status")
        ask(page, "Hello")
        expect(status).to_have_text("Writing the answer")
        pen.write("Words")
        expect(page.locator(".answer .prose")).to_have_text("Words")
        expect(status).to_have_text("Writing the answer")
        pen.finish()
        expect(status).to_have_text("The answer is complete")
        ask(page, "More")
        page.keyboard.press("Escape")
        expect(status).to_have_text("Stopped")
        expect(page.locator("main [aria-live]")).to_have_count(0)


FOCUSED = """() => {
  const at = document.activeElement;
  if (at === document.body) return ['', 'of the browser itself'];
  return [at.getAttribute('aria-label') || at.innerText, getComputedStyle(at).outlineStyle];
}"""


class TestKeyboard:
    def test_everything_can_be_reached_and_the_focus_is_seen(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        pen.answer("Some `code`:\n\n```js\nx\n```\n")
        expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
        page.evaluate("document.activeElement.blur()")
        seen = []
        for _ in range(30):
            page.keyboard.press("Tab")
            name, outline = page.evaluate(FOCUSED)
            assert outline != "none", name
            seen.append(name)
        wanted = [
            "Skip to the message box",
            "Your chats",
            "New chat",
            "Settings",
            "Copy the message",
            "Edit",
            "Copy",
            "Answer once more",
        ]
        assert [name for name in wanted if name not in seen] == []

    def test_the_focus_returns_from_the_settings(self, page: Page) -> None:
        page.get_by_role("button", name="Settings", exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Settings", exact=True)).to_be_focused()


ALL_KINDS = """# Title

Text with [a link](https://example.com)

- a
- b

| a |
|---|
| 1 |

```js
let a = 'b'; // c
```

$x^2$ and"""


class TestAxe:
    """axe finds nothing, in any state. What it looks at of a theme are the colours, and of a language the names: two cover both."""

    @pytest.mark.parametrize(("scheme", "locale"), [("light", "en-GB"), ("dark", "ja-JP")])
    def test_every_state(self, open_page: OpenPage, pen: Pen, scheme: str, locale: str) -> None:
        page = open_page(model=PEN, color_scheme=scheme, locale=locale, reduced_motion="reduce")
        found = {"empty": violations(page)}
        page.locator("#input").fill("Hello")
        page.keyboard.press("Enter")
        expect(page.locator(".waiting")).to_be_visible()
        found["waiting"] = violations(page)
        pen.write("Let me see.", field="reasoning")
        page.locator(".reasoning summary").click()
        expect(page.get_by_text("Let me see.")).to_be_visible()
        found["reasoning"] = violations(page)
        pen.write(ALL_KINDS)
        expect(page.locator(".answer .prose")).to_contain_text("and")
        expect(page.locator(".hljs-keyword")).to_be_visible()
        found["writing"] = violations(page)
        pen.finish("length")
        expect(page.locator(".notice")).to_be_visible()
        found["cut"] = violations(page)
        page.locator(".notice [data-action]").first.click()
        pen.send({"error": {"message": "broken"}})
        pen.end()
        expect(page.locator(".notice.error")).to_be_visible()
        found["failed"] = violations(page)
        page.locator(".notice [data-action]").last.click()
        pen.write("Another.")
        pen.end()
        expect(page.locator(".notice.warning")).to_be_visible()
        found["interrupted"] = violations(page)
        page.locator(".answer .actions .icon-button").last.click()
        found["compare"] = violations(page)
        page.keyboard.press("Escape")
        page.locator(".question").hover()
        page.locator(".question .actions .icon-button").nth(1).click()
        found["editing"] = violations(page)
        page.keyboard.press("Escape")
        page.locator("#input").fill("And?")
        page.keyboard.press("Enter")
        pen.answer("Whole.")
        expect(page.locator(".answer").last).to_have_attribute("data-state", "ended")
        page.locator("[data-i18n-label='again.otherwise']").last.click()
        found["again"] = violations(page)
        page.keyboard.press("Escape")
        page.locator("#open-settings").click()
        found["settings"] = violations(page)
        page.keyboard.press("Escape")
        page.locator(".more").first.click()
        found["chats"] = violations(page)
        assert {state: problems for state, problems in found.items() if problems} == {}
