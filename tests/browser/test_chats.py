"""Chats as things: their address, their title, their messages."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, reload, rooms
from tests.browser.pen import Pen

SELECT = """([selector, text]) => {
  const walker = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const at = walker.currentNode.data.indexOf(text);
    if (at >= 0) getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + text.length);
  }
}"""


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


def talk(page: Page, pen: Pen, *turns: str) -> None:
    """Questions, each with its answer: `Cats?` is answered by `About Cats.`"""
    for question in turns:
        ask(page, question)
        pen.answer(f"About {question.rstrip('?')}.")
        expect(page.locator(".answer .prose").last).to_have_text(f"About {question.rstrip('?')}.")
        expect(page.get_by_role("button", name="Send")).to_be_visible()


def asked(page: Page) -> list[str]:
    return page.locator(".message .prose").all_inner_texts()


def delete(page: Page, text: str) -> None:
    message = page.locator(".message").filter(has_text=text).last
    message.hover()
    message.get_by_role("button", name="Delete the message").click()


class TestAddress:
    def test_each_chat_has_one_with_its_title_in_the_tab(self, page: Page, pen: Pen) -> None:
        assert "#" not in page.url
        assert page.title() == "ionet edge"
        talk(page, pen, "Cats?")
        expect(page).to_have_url(re.compile(r"#/chat/\w+$"))
        expect(page).to_have_title("Cats? · ionet edge")
        cats = page.url
        page.get_by_role("button", name="New chat").click()
        expect(page).to_have_title("ionet edge")
        talk(page, pen, "Dogs?")
        another = page.context.new_page()
        another.goto(cats)
        expect(another.locator(".answer .prose")).to_have_text("About Cats.")

    def test_back_and_forward_lead_from_chat_to_chat(self, page: Page, pen: Pen) -> None:
        talk(page, pen, "Cats?")
        page.get_by_role("button", name="New chat").click()
        talk(page, pen, "Dogs?")
        page.go_back()
        expect(page.locator(".question .prose")).to_have_text("Cats?")
        expect(page).to_have_title("Cats? · ionet edge")
        page.go_forward()
        expect(page.locator(".question .prose")).to_have_text("Dogs?")
        rooms(page).get_by_role("button", name="Cats?").first.click()
        expect(page.locator(".question .prose")).to_have_text("Cats?")
        page.go_back()
        expect(page.locator(".question .prose")).to_have_text("Dogs?")

    def test_one_that_is_not_here_says_so(self, open_page: OpenPage) -> None:
        page = open_page(path="/#/chat/0123456789abcdef")
        expect(page.get_by_text("This chat is not on this device.")).to_be_visible()
        assert "#" not in page.url

    def test_the_address_of_another_edge_stays_in_it(self, open_page: OpenPage, pen: Pen, page_url: str) -> None:
        page = open_page(model=PEN, path=f"/?api={page_url}")
        talk(page, pen, "Cats?")
        expect(page).to_have_url(re.compile(r"/\?api=\S+#/chat/\w+$"))


class TestDeletingOneMessage:
    def test_what_follows_it_stays_and_moves_up(self, page: Page, pen: Pen) -> None:
        talk(page, pen, "Cats?", "Dogs?")
        delete(page, "About Cats.")
        assert asked(page) == ["Cats?", "Dogs?", "About Dogs."]
        reload(page)
        expect(page.locator(".message .prose")).to_have_text(["Cats?", "Dogs?", "About Dogs."])
        talk(page, pen, "Birds?")
        messages = pen.requests[-1]["messages"]
        assert isinstance(messages, list)
        assert [message["content"] for message in messages] == ["Cats?", "Dogs?", "About Dogs.", "Birds?"]

    def test_it_can_be_undone(self, page: Page, pen: Pen) -> None:
        talk(page, pen, "Cats?", "Dogs?")
        delete(page, "About Cats.")
        expect(page.locator(".message")).to_have_count(3)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".message .prose")).to_have_text(["Cats?", "About Cats.", "Dogs?", "About Dogs."])
        reload(page)
        expect(page.locator(".message .prose")).to_have_text(["Cats?", "About Cats.", "Dogs?", "About Dogs."])

    def test_a_version_goes_with_all_that_follows_it(self, page: Page, pen: Pen) -> None:
        talk(page, pen, "Cats?")
        page.get_by_role("button", name="Answer once more").click()
        pen.answer("The second.")
        expect(page.locator(".answer .prose")).to_have_text("The second.")
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        talk(page, pen, "Dogs?")
        delete(page, "The second.")
        expect(page.get_by_text("3 messages deleted.")).to_be_visible()
        assert asked(page) == ["Cats?", "About Cats."]
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".message .prose")).to_have_text(["Cats?", "The second.", "Dogs?", "About Dogs."])

    def test_other_tabs_see_it(self, page: Page, pen: Pen) -> None:
        talk(page, pen, "Cats?", "Dogs?")
        other = page.context.new_page()
        other.goto(page.url)
        expect(other.locator(".message")).to_have_count(4)
        delete(page, "About Cats.")
        expect(other.locator(".message .prose")).to_have_text(["Cats?", "Dogs?", "About Dogs."])
        page.get_by_role("button", name="Undo").click()
        expect(other.locator(".message .prose")).to_have_text(["Cats?", "About Cats.", "Dogs?", "About Dogs."])

    def test_not_while_an_answer_is_written(self, page: Page, pen: Pen) -> None:
        talk(page, pen, "Cats?")
        ask(page, "Dogs?")
        pen.write("Half of")
        expect(page.locator(".answer .prose").last).to_have_text("Half of")
        page.locator(".answer").first.hover()
        expect(page.get_by_role("button", name="Delete the message")).to_have_count(0)
        pen.finish()


def test_a_selection_is_quoted_above_what_is_written(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.answer("One thing.\n\nAnother thing, and more.")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    page.get_by_label("Your message").fill("About this:")
    page.evaluate(SELECT, [".answer .prose", "Another thing"])
    page.get_by_role("button", name="Quote").click()
    expect(page.get_by_label("Your message")).to_have_value("About this:\n\n> Another thing\n\n")
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(page.get_by_role("button", name="Quote")).to_be_hidden()
    page.evaluate(SELECT, [".question .prose", "Hello"])
    expect(page.get_by_role("button", name="Quote")).to_be_hidden()


def test_a_chat_is_copied_as_markdown(page: Page, pen: Pen) -> None:
    ask(page, "Cats?")
    pen.answer("They say **meow**.")
    expect(page.locator(".answer strong")).to_have_text("meow")
    page.get_by_role("button", name="Options for “Cats?”").click()
    page.get_by_role("menuitem", name="Copy as Markdown").click()
    expect(page.locator(".copied")).to_be_visible()
    text = "# Cats?\n\n## You\n\nCats?\n\n## Answer\n\nThey say **meow**.\n"
    assert page.evaluate("navigator.clipboard.readText()") == text


def test_each_message_tells_its_time(page: Page, pen: Pen) -> None:
    talk(page, pen, "Cats?")
    for message in page.locator(".message").all():
        time = message.locator("time")
        expect(time).to_have_text(re.compile(r"^\d{1,2}:\d{2}( [AP]M)?$"))
        assert page.evaluate("text => Math.abs(Date.now() - Date.parse(text)) < 60_000", time.get_attribute("datetime"))
    page.evaluate(
        """async () => {
          const { Store } = await import('/app/kept/store.js');
          const store = await Store.open(location.origin);
          const [record] = await store.list();
          const messages = await store.messages(record.id);
          await store.save(record, messages.map((message, at) => ({ ...message, created: Date.UTC(2024, 1, 3, 12, at) })));
        }"""
    )
    reload(page)
    expect(page.locator(".question time")).to_contain_text(re.compile("3 Feb 2024|Feb 3, 2024"))
