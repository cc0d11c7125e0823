"""An answer belongs to its conversation: it goes on where it belongs, and stops where something else is asked in its place."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, delete_room, reload, rooms
from tests.browser.pen import Pen
from tools.upstream.server import DemoUpstream


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


def begin(page: Page, pen: Pen, question: str, words: str) -> None:
    """Ask, and see the first words of the answer."""
    ask(page, question)
    pen.write(words)
    expect(page.locator(".answer .prose").last).to_have_text(words)


def end_of_call(pen: Pen, upstream: DemoUpstream) -> None:
    """Wait until the upstream has seen that nobody waits for the pen's answer any more."""
    pen.scribble()
    upstream.calls.wait_for(lambda calls: any(call.state == "closed-by-client" for call in calls))


def take_another_model(page: Page) -> None:
    """What is asked from now on is not answered by the pen."""
    page.get_by_role("button", name="Model:").click()
    page.get_by_role("radio", name="demo/friendly").click()


def open_chat(page: Page, title: str) -> None:
    rooms(page).get_by_role("button", name=title, exact=False).first.click()


class TestWhileAnAnswerIsWritten:
    """What asks for another answer in the same conversation stops this one first, and says so before."""

    def test_an_edit_stops_it(self, page: Page, pen: Pen, upstream: DemoUpstream) -> None:
        ask(page, "One?")
        pen.answer("One.")
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        begin(page, pen, "Two?", "Half of two")
        take_another_model(page)
        page.locator(".question").first.hover()
        page.get_by_role("button", name="Edit").first.click()
        expect(page.get_by_text("This stops the answer that is being written.").first).to_be_visible()
        page.get_by_label("Edit your message").fill("Another one?")
        page.keyboard.press("Enter")
        expect(page.locator(".question .prose")).to_have_text("Another one?")
        end_of_call(pen, upstream)
        expect(page.locator(".answer .prose")).to_contain_text("Another one?")
        page.locator(".question").hover()
        page.get_by_role("button", name="Previous version").click()
        expect(page.locator(".answer .prose").nth(1)).to_have_text("Half of two")
        expect(page.locator(".notice")).to_contain_text("Stopped by you.")

    def test_answering_once_more_stops_it(self, page: Page, pen: Pen, upstream: DemoUpstream) -> None:
        ask(page, "One?")
        pen.answer("One.")
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        begin(page, pen, "Two?", "Half of two")
        page.locator(".answer").first.hover()
        page.get_by_role("button", name="Answer once more").click()
        dialog = page.get_by_role("dialog", name="Answer otherwise")
        expect(dialog).to_contain_text("This stops the answer that is being written.")
        dialog.get_by_label("Model").select_option("demo/friendly")
        dialog.get_by_role("button", name="Answer", exact=True).click()
        end_of_call(pen, upstream)
        expect(page.locator(".answer .prose")).to_contain_text("You asked")
        page.get_by_role("button", name="Previous version").click()
        expect(page.locator(".answer .prose").nth(1)).to_have_text("Half of two")

    def test_trying_an_earlier_one_again_stops_it(self, page: Page, pen: Pen) -> None:
        ask(page, "One?")
        pen.finish()
        expect(page.locator(".notice")).to_contain_text("ended without an answer")
        begin(page, pen, "Two?", "Half of two")
        with page.expect_event("requestfailed"):
            page.get_by_role("button", name="Retry").click()
        expect(page.locator(".question")).to_have_count(1)
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Previous version").click()
        expect(page.locator(".answer .prose").nth(1)).to_have_text("Half of two")

    def test_nothing_is_said_of_stopping_where_nothing_is_written(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        pen.answer("Hi.")
        expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
        page.get_by_role("button", name="Answer otherwise").click()
        expect(page.get_by_text("This stops the answer that is being written.")).to_be_hidden()


class TestLeavingTheChat:
    def test_its_answer_goes_on_where_it_belongs(self, page: Page, pen: Pen) -> None:
        begin(page, pen, "About cats", "Half of")
        page.get_by_role("button", name="New chat").click()
        expect(page.get_by_role("heading", name="What shall we think about?")).to_be_visible()
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        row = rooms(page).locator("li").filter(has_text="About cats")
        expect(row).to_contain_text("Writing")
        pen.answer(" it all.")
        expect(row).not_to_contain_text("Writing")
        row.get_by_role("button", name="About cats").first.click()
        expect(page.locator(".answer .prose")).to_have_text("Half of it all.")
        expect(page.locator(".notice")).to_have_count(0)

    def test_coming_back_finds_it_growing_and_stop_there_stops_it(self, page: Page, pen: Pen, upstream: DemoUpstream) -> None:
        begin(page, pen, "About cats", "Half")
        page.get_by_role("button", name="New chat").click()
        pen.write(" of")
        open_chat(page, "About cats")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        expect(page.locator(".answer")).to_have_attribute("data-state", "writing")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator(".notice")).to_contain_text("Stopped by you.")
        end_of_call(pen, upstream)

    def test_it_can_be_stopped_in_the_list(self, page: Page, pen: Pen, upstream: DemoUpstream) -> None:
        begin(page, pen, "About cats", "Half of")
        page.get_by_role("button", name="New chat").click()
        row = rooms(page).locator("li").filter(has_text="About cats")
        row.get_by_role("button", name="Stop").click()
        expect(row).not_to_contain_text("Writing")
        expect(row.get_by_role("button", name="About cats").first).to_be_focused()
        end_of_call(pen, upstream)
        row.get_by_role("button", name="About cats").first.click()
        expect(page.locator(".notice")).to_contain_text("Stopped by you.")

    def test_another_chat_can_be_answered_meanwhile(self, page: Page, pen: Pen) -> None:
        begin(page, pen, "About cats", "Half of")
        page.get_by_role("button", name="New chat").click()
        take_another_model(page)
        ask(page, "About dogs")
        expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
        expect(page.locator(".answer .prose")).to_contain_text("You asked")
        pen.answer(" it all.")
        open_chat(page, "About cats")
        expect(page.locator(".answer .prose")).to_have_text("Half of it all.")

    def test_escape_stops_only_what_is_shown(self, page: Page, pen: Pen) -> None:
        begin(page, pen, "About cats", "Half of")
        page.get_by_role("button", name="New chat").click()
        page.keyboard.press("Escape")
        pen.answer(" it all.")
        open_chat(page, "About cats")
        expect(page.locator(".answer .prose")).to_have_text("Half of it all.")

    def test_a_chat_that_is_deleted_while_it_is_written_stays_deleted(self, page: Page, pen: Pen, upstream: DemoUpstream) -> None:
        begin(page, pen, "About cats", "Half of")
        page.get_by_role("button", name="New chat").click()
        delete_room(page, "About cats")
        expect(rooms(page)).to_contain_text("Nothing here yet.")
        end_of_call(pen, upstream)
        reload(page)
        expect(rooms(page)).to_contain_text("Nothing here yet.")

    def test_a_page_that_closes_keeps_what_every_chat_has(self, page: Page, pen: Pen) -> None:
        begin(page, pen, "About cats", "Half of")
        page.get_by_role("button", name="New chat").click()
        reload(page)
        open_chat(page, "About cats")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        expect(page.locator(".notice")).to_contain_text("The page was closed while this was being written.")


def test_a_token_that_can_not_be_sent_is_told_and_does_not_block_the_page(page: Page, pen: Pen) -> None:
    page.get_by_role("button", name="Settings", exact=True).click()
    page.get_by_label("Access token").fill("とーくん")
    page.keyboard.press("Escape")
    ask(page, "Hello")
    expect(page.locator(".notice.error")).to_contain_text("This could not be sent.")
    page.get_by_role("button", name="Open settings").click()
    page.get_by_role("button", name="Forget").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Retry").click()
    pen.answer("Hi.")
    expect(page.locator(".answer .prose")).to_have_text("Hi.")
