"""What answers have used, as far as the upstream tells."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask
from tests.browser.pen import Pen
from tests.browser.test_personas import KEPT


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


def ended(page: Page, turn: int) -> None:
    expect(page.locator(".answer").nth(turn)).to_have_attribute("data-state", "ended")


def about(page: Page) -> None:
    page.get_by_role("button", name="Who answers:").click()


def test_a_room_tells_the_sum_and_of_how_many_answers(page: Page, pen: Pen) -> None:
    about(page)
    expect(page.locator("#room-usage")).to_be_hidden()
    page.keyboard.press("Escape")
    for turn, tokens in enumerate([12, 30, None]):
        ask(page, "Hello")
        pen.write("Hi.")
        pen.finish(tokens=tokens)
        ended(page, turn)
    usages = [answer["usage"] for answer in page.evaluate(KEPT)["answers"]]
    assert usages == [
        {"prompt_tokens": 1, "completion_tokens": 12, "total_tokens": 13},
        {"prompt_tokens": 1, "completion_tokens": 30, "total_tokens": 31},
        None,
    ]
    about(page)
    expect(page.locator("#room-usage")).to_have_text("3 answers · tokens: 2 in, 42 out · counted for 2 of 3 answers")


def test_an_answer_that_is_continued_adds_up(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("Half")
    pen.finish("length", tokens=5)
    ended(page, 0)
    page.get_by_role("button", name="Continue").click()
    pen.write(" of it.")
    pen.finish(tokens=7)
    expect(page.locator(".answer .prose")).to_have_text("Half of it.")
    ended(page, 0)
    about(page)
    expect(page.locator("#room-usage")).to_have_text("1 answer · tokens: 2 in, 12 out")


def test_several_models_have_a_line_each(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, models=[{"id": "demo/fault-429"}], refusals=True)
    ask(page, "Hello")
    pen.write("Hi.")
    pen.finish(tokens=3)
    ended(page, 0)
    page.get_by_role("button", name="Model:").click()
    page.locator("#model-list .model").last.click()
    ask(page, "And?")
    ended(page, 1)
    about(page)
    expect(page.locator("#room-usage p")).to_have_count(3)
    expect(page.locator("#room-usage p").filter(has_text=pen.model.split("/")[-1])).to_contain_text(
        "1 answer · tokens: 1 in, 3 out"
    )
