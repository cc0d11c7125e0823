"""The model is chosen below the header; several may be asked at once."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, reload, violations
from tests.browser.pen import Pen

FRIENDLY, REASONING = "demo/friendly", "demo/reasoning"


def button(page: Page) -> Locator:
    return page.get_by_role("button", name="Model:")


def models(page: Page) -> Locator:
    button(page).click()
    return page.get_by_role("dialog", name="Model")


class TestOne:
    def test_it_is_searched_chosen_with_enter_and_remembered(self, open_page: OpenPage) -> None:
        page = open_page()
        models(page)
        expect(page.get_by_role("searchbox", name="Search models")).to_be_focused()
        page.keyboard.type("reas")
        expect(page.locator(".model")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Model")).to_be_hidden()
        expect(button(page)).to_be_focused()
        reload(page)
        expect(button(page)).to_have_text("Model: reasoning")
        ask(page, "Hello")
        expect(page.locator(".reasoning summary")).to_contain_text("Thought for")

    def test_the_chosen_one_is_on_top_with_what_is_known_of_it(self, open_page: OpenPage) -> None:
        known = {"id": "y/z", "context_window": 8192, "input_token_price": 1e-7, "output_token_price": 3e-6}
        able = {"supports_reasoning": True, "supports_images_input": True, "supports_tools": True}
        others: list[dict[str, object]] = [{"id": f"a/{number:02}"} for number in range(40)]
        page = open_page(model="y/z", models=[*others, {**known, **able, "higher_tier_required": True}])
        expect(button(page)).to_contain_text("z")
        models(page)
        top = page.locator(".model").first
        expect(top.get_by_role("radio")).to_be_checked()
        expect(top).to_contain_text(
            "8,192 tokens · $0.10 in, $3.00 out per million · thinks · sees images · uses tools · higher tier"
        )
        expect(top).to_be_in_viewport()
        assert violations(page) == []

    def test_arrow_keys_choose_and_a_press_chooses_and_closes(self, open_page: OpenPage) -> None:
        page = open_page()
        expect(button(page)).to_contain_text("Llama")
        models(page)
        expect(page.get_by_role("searchbox", name="Search models")).to_be_focused()
        for _ in range(3):
            page.keyboard.press("ArrowDown")
        expect(button(page)).to_contain_text("friendly")
        expect(page.get_by_role("dialog", name="Model")).to_be_visible()
        page.get_by_role("radio", name=REASONING).click()
        expect(page.get_by_role("dialog", name="Model")).to_be_hidden()
        expect(button(page)).to_contain_text("reasoning")

    def test_escape_closes_the_list_and_stops_no_answer(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN)
        ask(page, "Hello")
        pen.write("Half of")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        models(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Model")).to_be_hidden()
        pen.answer(" it all.")
        expect(page.locator(".answer .prose")).to_have_text("Half of it all.")

    def test_a_search_without_a_hit_says_so(self, open_page: OpenPage) -> None:
        page = open_page()
        models(page)
        page.get_by_label("Search models").fill("no such thing")
        expect(page.get_by_text("No model matches.")).to_be_visible()

    def test_a_list_that_can_not_be_had_is_not_in_the_way(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN, models=[])
        models(page)
        expect(page.get_by_text("The list of models could not be loaded.")).to_be_visible()
        page.keyboard.press("Escape")
        ask(page, "Hello")
        pen.answer("Hi.")
        expect(page.locator(".answer .prose")).to_have_text("Hi.")


class TestSeveral:
    @pytest.fixture
    def page(self, open_page: OpenPage) -> Page:
        page = open_page(model=FRIENDLY)
        models(page)
        page.get_by_label("Ask several at once").check()
        page.get_by_role("checkbox", name=REASONING).check()
        page.keyboard.press("Escape")
        return page

    def test_all_answer_the_same_question_side_by_side_and_one_is_gone_on_with(self, page: Page) -> None:
        expect(button(page)).to_have_text("Model: friendly +1")
        ask(page, "Hello")
        columns = page.get_by_role("dialog", name="Answers side by side").locator(".column")
        expect(columns).to_have_count(2)
        for column, model in zip(columns.all(), (FRIENDLY, REASONING), strict=True):
            expect(column.get_by_role("heading", level=3).first).to_have_text(model.removeprefix("demo/"))
            expect(column.locator(".prose")).to_contain_text(f"It came to {model}")
        columns.nth(1).get_by_role("button", name="Go on with this one").click()
        expect(page.locator(".answer")).to_have_count(1)
        expect(page.locator(".answer .prose")).to_contain_text(REASONING)
        expect(page.locator(".answer .position")).to_contain_text("2/2")

    def test_it_is_remembered_and_ends_with_its_box(self, page: Page) -> None:
        reload(page)
        expect(button(page)).to_have_text("Model: friendly +1")
        models(page)
        expect(page.get_by_role("checkbox", name=REASONING)).to_be_checked()
        page.get_by_label("Ask several at once").uncheck()
        expect(button(page)).to_have_text("Model: friendly")
        expect(page.get_by_role("radio", name=FRIENDLY)).to_be_checked()

    def test_one_at_least_and_four_at_most(self, page: Page) -> None:
        models(page)
        boxes = page.locator("#model-list").get_by_role("checkbox")
        boxes.nth(2).check()
        boxes.nth(3).check()
        expect(boxes.nth(4)).to_be_disabled()
        for number in range(3):
            boxes.nth(number).uncheck()
        expect(boxes.nth(3)).to_be_disabled()
        expect(boxes.nth(3)).to_be_checked()


def test_stop_beside_the_answers_stops_them_all(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, settings={"also": ["demo/fault-slow"]})
    ask(page, "Hello")
    pen.write("Half of")
    dialog = page.get_by_role("dialog", name="Answers side by side")
    expect(dialog.locator(".column").first).to_contain_text("Half of")
    dialog.get_by_role("button", name="Stop").click()
    expect(dialog.locator(".column").first).to_contain_text("Stopped by you.")
    expect(dialog.locator(".column").nth(1)).to_contain_text("Stopped by you.")
    expect(dialog.get_by_role("button", name="Stop")).to_be_hidden()
    assert dialog.locator(".column").first.get_attribute("data-state") == "ended"


def test_answers_beside_each_other_keep_their_own_headings_and_nothing_is_cut_at_320_px(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, viewport={"width": 320, "height": 640})
    ask(page, "Hello")
    pen.answer("# A heading\n\n" + "A sentence of words that is longer than one line. " * 60 + "The end.")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    page.get_by_role("button", name="Answer once more").click()
    pen.answer("The second.")
    expect(page.locator(".answer .prose")).to_have_text("The second.")
    page.get_by_role("button", name="Compare the answers").click()
    column = page.locator(".column").first
    expect(column).to_contain_text("The end.")
    heading = column.get_by_role("heading", name="A heading")
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    assert heading.evaluate(size) > column.locator(".prose p").evaluate(size)
    assert column.evaluate("element => element.getBoundingClientRect().right <= innerWidth")
    assert column.evaluate("element => element.scrollWidth <= element.clientWidth")
    expect(column.get_by_role("button", name="Go on with this one")).to_be_in_viewport()
    page.mouse.move(160, 400)
    page.mouse.wheel(0, 600)
    expect(heading).not_to_be_in_viewport()
    expect(column.get_by_role("button", name="Go on with this one")).to_be_in_viewport(ratio=1)
    assert violations(page) == []
