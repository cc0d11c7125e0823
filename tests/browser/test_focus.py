"""The keyboard and the reader's place: neither is lost when what is on the page changes."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, paragraphs, violations, wait_until
from tests.browser.pen import Pen

RESTING_TOP = """async button => {
  let [top, frames] = [NaN, 0];
  while (frames < 5) {
    await new Promise(requestAnimationFrame);
    const now = button.getBoundingClientRect().top;
    frames = now === top ? frames + 1 : 0;
    top = now;
  }
  return top;
}"""

PREVIOUS, NEXT, AGAIN, COMPARE = "Previous version", "Next version", "Answer once more", "Compare the answers"


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


def answered(page: Page, pen: Pen, text: str) -> None:
    """Have the last answer written, and see its end."""
    pen.answer(text)
    expect(page.locator(".answer").last).to_have_attribute("data-state", "ended")


def press(page: Page, button: Locator) -> None:
    button.focus()
    page.keyboard.press("Enter")


def answer_again(page: Page, pen: Pen, text: str) -> None:
    press(page, page.get_by_role("button", name=AGAIN).last)
    answered(page, pen, text)


def box(page: Page) -> Locator:
    return page.get_by_label("Your message")


class TestFocus:
    def test_after_regenerate_it_is_in_the_message_box(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        answered(page, pen, "The first.")
        press(page, page.get_by_role("button", name=AGAIN))
        expect(page.locator(".answer .waiting")).to_be_visible()
        expect(box(page)).to_be_focused()
        answered(page, pen, "The second.")
        expect(box(page)).to_be_focused()

    def test_after_switching_versions_it_is_on_the_same_button(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        answered(page, pen, "The first.")
        answer_again(page, pen, "The second.")
        answer_again(page, pen, "The third.")
        previous, following = (page.get_by_role("button", name=name) for name in (PREVIOUS, NEXT))
        press(page, previous)
        expect(page.locator(".answer .position")).to_contain_text("2/3")
        expect(previous).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".answer .position")).to_contain_text("1/3")
        expect(following).to_be_focused()  # there is none before the first
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.locator(".answer .position")).to_contain_text("3/3")
        expect(previous).to_be_focused()

    def test_after_another_answer_was_taken_it_is_on_compare(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        answered(page, pen, "The first.")
        answer_again(page, pen, "The second.")
        press(page, page.get_by_role("button", name=COMPARE))
        press(page, page.get_by_role("button", name="Go on with this one").first)
        expect(page.locator(".answer .position")).to_contain_text("1/2")
        expect(page.get_by_role("button", name=COMPARE)).to_be_focused()

    def test_a_sent_edit_is_followed_by_the_message_box_and_its_versions_by_their_button(self, page: Page, pen: Pen) -> None:
        ask(page, "Cats?")
        answered(page, pen, "Meow.")
        press(page, page.get_by_role("button", name="Edit"))
        page.get_by_label("Edit your message").fill("Dogs?")
        page.keyboard.press("Enter")
        answered(page, pen, "Woof.")
        expect(box(page)).to_be_focused()
        press(page, page.locator(".question").get_by_role("button", name=PREVIOUS))
        expect(page.locator(".answer .prose")).to_have_text("Meow.")
        expect(page.locator(".question").get_by_role("button", name=NEXT)).to_be_focused()

    @pytest.mark.parametrize("way", ["Escape", "Cancel", "the same text"])
    def test_an_edit_that_changes_nothing_gives_it_back_to_edit(self, page: Page, pen: Pen, way: str) -> None:
        ask(page, "Cats?")
        answered(page, pen, "Meow.")
        press(page, page.get_by_role("button", name="Edit"))
        if way == "Cancel":
            press(page, page.get_by_role("button", name="Cancel").first)
        else:
            page.keyboard.press("Escape" if way == "Escape" else "Enter")
        expect(page.get_by_role("button", name="Edit")).to_be_focused()

    @pytest.mark.parametrize("action", ["retry", "continue"])
    def test_after_retry_and_continue_it_is_in_the_message_box(self, page: Page, pen: Pen, action: str) -> None:
        ask(page, "Hello")
        pen.write("Half")
        pen.end()
        press(page, page.locator(f"[data-action={action}]"))
        answered(page, pen, " and half.")
        expect(box(page)).to_be_focused()

    def test_a_finger_gets_no_keyboard_onto_the_screen(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
        ask(page, "Hello")
        pen.write("Half")
        pen.end()
        page.locator("[data-action=continue]").tap()
        answered(page, pen, " and half.")
        expect(box(page)).not_to_be_focused()


class TestPlace:
    """What is pressed to switch versions stays under the pointer, however long the versions are."""

    @staticmethod
    def top(page: Page, name: str) -> float:
        """Where the button is, once it stays there."""
        return float(page.get_by_role("button", name=name).last.evaluate(RESTING_TOP))

    def test_of_the_last_answer(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        answered(page, pen, paragraphs(60))
        answer_again(page, pen, paragraphs(200))
        before = self.top(page, PREVIOUS)
        page.get_by_role("button", name=PREVIOUS).click()
        expect(page.locator(".answer .position")).to_contain_text("1/2")
        expect(page.locator(".answer .prose > p")).to_have_count(60)
        assert self.top(page, NEXT) == pytest.approx(before, abs=2)
        page.get_by_role("button", name=NEXT).click()
        expect(page.locator(".answer .prose > p")).to_have_count(200)
        assert self.top(page, PREVIOUS) == pytest.approx(before, abs=2)

    def test_of_an_answer_in_the_middle_until_the_reader_moves(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        answered(page, pen, paragraphs(40))
        answer_again(page, pen, paragraphs(90))
        for _ in range(2):
            ask(page, "And?")
            answered(page, pen, paragraphs(40))
        page.get_by_role("button", name=PREVIOUS).hover()
        before = self.top(page, PREVIOUS)
        page.mouse.down()
        page.mouse.up()
        expect(page.locator(".answer .prose").first.locator("> p")).to_have_count(40)
        page.get_by_role("button", name=NEXT).click()
        expect(page.locator(".answer .prose").first.locator("> p")).to_have_count(90)
        expect(page.locator(".answer .prose").last.locator("> p")).to_have_count(40)
        wait_until(page, lambda: self.top(page, PREVIOUS) == pytest.approx(before, abs=2))
        page.mouse.wheel(0, -200)
        wait_until(page, lambda: self.top(page, PREVIOUS) > before + 150)


class TestWide:
    FORMULA = "$$" + " + ".join(f"x_{{{number}}}" for number in range(80)) + "$$"

    def test_a_wide_formula_can_be_reached_and_scrolled_and_a_narrow_one_is_no_stop(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        answered(page, pen, f"{self.FORMULA}\n\n$$x$$\n\nand ${'y+' * 5}z$.")
        expect(page.locator(".answer math")).to_have_count(3)
        wide = page.get_by_role("group", name="Formula")
        expect(wide).to_have_count(1)
        wide.focus()
        expect(wide).to_be_focused()
        page.keyboard.press("ArrowRight")
        wait_until(page, lambda: bool(page.evaluate("document.activeElement.scrollLeft > 0")))
        expect(page.locator("[data-math][tabindex]")).to_have_count(1)
        assert violations(page) == []

    def test_the_columns_of_compare(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN, viewport={"width": 360, "height": 640})
        ask(page, "Hello")
        answered(page, pen, paragraphs(60))
        answer_again(page, pen, paragraphs(60) + self.FORMULA)
        page.get_by_role("button", name=COMPARE).click()
        expect(page.locator(".column math")).to_have_count(1)
        assert violations(page) == []
        page.get_by_role("group", name="Answers side by side").focus()
        page.keyboard.press("ArrowRight")
        wait_until(page, lambda: bool(page.evaluate("document.activeElement.scrollLeft > 0")))


EDGES = """([selector, pseudo]) => {
  const { borderTopColor, borderTopWidth, backgroundColor } = getComputedStyle(document.querySelector(selector), pseudo);
  return { edge: parseFloat(borderTopWidth) > 0 && borderTopColor, paint: backgroundColor };
}"""


class TestForcedColours:
    """Where the system sets the colours, backgrounds are gone: edges say what belongs together, and signs keep a colour."""

    @pytest.fixture
    def page(self, open_page: OpenPage, pen: Pen) -> Page:
        page = open_page(model=PEN, forced_colors="active", color_scheme="dark")
        ask(page, "Hello")
        return page

    @staticmethod
    def seen(page: Page, selector: str, pseudo: str | None = None) -> dict[str, str]:
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        found = page.evaluate(EDGES, [selector, pseudo])
        return {name: colour for name, colour in found.items() if colour and colour not in (paper, "rgba(0, 0, 0, 0)")}

    def test_a_question_a_notice_and_the_round_buttons_have_an_edge(self, page: Page, pen: Pen) -> None:
        assert "edge" in self.seen(page, ".question .prose")
        assert "edge" in self.seen(page, "#stop")
        pen.send({"error": {"message": "broken"}})
        pen.end()
        expect(page.locator(".notice.error")).to_be_visible()
        assert "edge" in self.seen(page, ".notice.error")
        assert "edge" in self.seen(page, "#send")

    def test_the_signs_of_waiting_and_writing_are_seen(self, page: Page, pen: Pen) -> None:
        assert "paint" in self.seen(page, ".dots")
        pen.write("Some words")
        expect(page.locator(".answer .prose")).to_have_text("Some words")
        assert "paint" in self.seen(page, ".answer .prose > p", "::after")

    def test_what_is_chosen_differs(self, page: Page) -> None:
        page.get_by_role("button", name="Settings").click()
        chosen, other = (
            page.evaluate(EDGES, [f"#theme input{state} + span", None])["paint"] for state in (":checked", ":not(:checked)")
        )
        assert chosen != other
