"""A room is named by the model, where the owner pays for that."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, reload
from tests.browser.pen import Pen
from tests.conftest import StartWorker

RENAME = """async () => {
  const { Store } = await import('/app/kept/store.js');
  const store = await Store.open(location.origin);
  const [room] = await store.list();
  await store.save({ ...room, title: 'My own name' }, []);
}"""


@pytest.fixture
def page_url(start_worker: StartWorker) -> str:
    return start_worker(UPSTREAM_RETRIES="0", HISTORY="off", TITLES="on").url


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


def answered(page: Page, pen: Pen, text: str) -> None:
    turn = page.locator(".answer").count()
    ask(page, text)
    pen.answer("Meow.")
    expect(page.locator(".answer").nth(turn)).to_have_attribute("data-state", "ended")


def test_by_its_first_exchange_once(page: Page, pen: Pen) -> None:
    answered(page, pen, "Why do cats purr?")
    pen.answer('"The purring of cats."\n\nI hope this helps!')
    expect(page).to_have_title("The purring of cats · ionet edge")
    asked = pen.requests[1]
    assert (asked["model"], asked["max_tokens"], asked["max_completion_tokens"]) == (pen.model, 50, 50)
    assert re.search(r"Question: Why do cats purr\?\s+Answer: Meow\.", str(asked["messages"]).replace("\\n", "\n"))
    answered(page, pen, "And dogs?")
    reload(page)
    expect(page).to_have_title("The purring of cats · ionet edge")
    assert len(pen.requests) == 3


def test_not_where_the_person_has_named_it_meanwhile(page: Page, pen: Pen) -> None:
    answered(page, pen, "Why do cats purr?")
    other = page.context.new_page()
    other.goto(page.url)
    other.evaluate(RENAME)
    expect(page).to_have_title("My own name · ionet edge")
    pen.answer("The purring of cats")
    answered(page, pen, "And dogs?")
    expect(page).to_have_title("My own name · ionet edge")


def test_also_where_the_chat_was_left_meanwhile(page: Page, pen: Pen) -> None:
    answered(page, pen, "Why do cats purr?")
    page.get_by_role("button", name="New chat").click()
    pen.answer("The purring of cats")
    answered(page, pen, "And dogs?")
    pen.answer("The barking of dogs")
    expect(page).to_have_title("The barking of dogs · ionet edge")
    expect(page.locator(".chat", has_text="The purring of cats")).to_be_visible()


def test_a_failure_is_silent(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, refusals=True)
    answered(page, pen, "Why do cats purr?")
    pen.write("The purr")
    pen.break_off()
    answered(page, pen, "And dogs?")
    expect(page).to_have_title("Why do cats purr? · ionet edge")
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator(".notice")).to_have_count(0)


def test_an_answer_that_was_cut_names_nothing(page: Page, pen: Pen) -> None:
    ask(page, "Why do cats purr?")
    pen.write("Meow")
    pen.finish("length")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    answered(page, pen, "And dogs?")
    assert len(pen.requests) == 2


class TestWhereTheOwnerSaysNothing:
    @pytest.fixture
    def page_url(self, start_worker: StartWorker) -> str:
        return start_worker(UPSTREAM_RETRIES="0", HISTORY="off").url

    def test_no_call_is_made(self, page: Page, pen: Pen) -> None:
        answered(page, pen, "Why do cats purr?")
        answered(page, pen, "And dogs?")
        assert len(pen.requests) == 2
        expect(page).to_have_title("Why do cats purr? · ionet edge")
