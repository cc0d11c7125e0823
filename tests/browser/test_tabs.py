"""Several tabs of one browser: none undoes what another does, and each sees it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, delete_room, reload, rooms
from tests.browser.pen import Pen


@pytest.fixture
def one(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


def another(page: Page) -> Page:
    """Another tab, opened as the first one is now."""
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.wait_for_selector("html[data-ready]")
    return tab


def settings(page: Page) -> None:
    page.get_by_role("button", name="Settings", exact=True).click()


def kept_chats(page: Page) -> list[str]:
    expect(rooms(page)).to_be_visible()
    return page.locator(".chat .name").all_inner_texts()


class TestSettings:
    def test_a_change_in_one_tab_leaves_what_another_has_set(self, one: Page, pen: Pen) -> None:
        two = another(one)
        settings(one)
        one.get_by_label("Access token").fill("t0ken")
        settings(two)
        two.locator("#settings").get_by_label("Temperature").fill("0.2")
        expect(two.get_by_label("Access token")).to_have_value("t0ken")
        expect(one.locator("#temperature-value")).to_have_text("0.2")
        reload(one)
        settings(one)
        expect(one.get_by_label("Access token")).to_have_value("t0ken")

    def test_the_token_of_another_tab_is_sent(self, one: Page, pen: Pen) -> None:
        two = another(one)
        settings(one)
        one.get_by_label("Access token").fill("t0ken")
        settings(two)
        expect(two.get_by_label("Access token")).to_have_value("t0ken")
        two.keyboard.press("Escape")
        with two.expect_request("**/v1/chat/completions") as sent:
            ask(two, "Hello")
        assert sent.value.headers["authorization"] == "Bearer t0ken"

    def test_what_is_being_typed_stays(self, one: Page) -> None:
        two = another(one)
        settings(one)
        one.get_by_label("System prompt").fill("Be br")
        settings(two)
        two.get_by_label("Access token").fill("t0ken")
        expect(one.get_by_label("Access token")).to_have_value("t0ken")
        expect(one.get_by_label("System prompt")).to_have_value("Be br")

    def test_theme_and_language_too(self, one: Page) -> None:
        two = another(one)
        settings(one)
        settings(two)
        one.get_by_role("radio", name="Dark").check()
        expect(two.locator("html")).to_have_attribute("data-theme", "dark")
        expect(two.get_by_role("radio", name="Dark")).to_be_checked()
        two.get_by_role("radio", name="日本語").check()
        expect(one.locator("html")).to_have_attribute("lang", "ja")
        reload(one)
        expect(one.locator("html")).to_have_attribute("data-theme", "dark")
        expect(one.locator("html")).to_have_attribute("lang", "ja")


class TestChats:
    def test_an_answer_is_seen_in_every_tab_while_it_is_written(self, one: Page, pen: Pen) -> None:
        ask(one, "Hello")
        pen.answer("Hi.")
        expect(one.locator(".answer .prose")).to_have_text("Hi.")
        two = another(one)
        ask(one, "And?")
        pen.write("Half of")
        expect(two.locator(".question .prose").nth(1)).to_have_text("And?")
        expect(two.locator(".answer .prose").nth(1)).to_have_text("Half of")
        expect(two.locator(".answer").nth(1)).to_have_attribute("data-state", "writing")
        pen.answer(" it all.")
        expect(two.locator(".answer .prose").nth(1)).to_have_text("Half of it all.")
        expect(two.locator(".answer").nth(1)).to_have_attribute("data-state", "ended")
        ask(two, "More?")
        pen.answer("No.")
        expect(one.locator(".answer .prose").nth(2)).to_have_text("No.")

    def test_a_tab_that_opens_while_another_writes_does_not_call_it_broken(self, one: Page, pen: Pen) -> None:
        ask(one, "Hello")
        pen.write("Half of")
        expect(one.locator(".answer .prose")).to_have_text("Half of")
        two = another(one)
        expect(two.locator(".answer")).to_have_attribute("data-state", "writing")
        expect(two.locator(".notice")).to_have_count(0)
        one.close()
        expect(two.locator(".notice")).to_contain_text("The page was closed while this was being written.")
        expect(two.locator(".answer .prose")).to_have_text("Half of")

    def test_a_chat_that_is_deleted_does_not_come_back(self, one: Page, pen: Pen) -> None:
        ask(one, "About cats")
        pen.answer("Meow.")
        expect(one.locator(".answer .prose")).to_have_text("Meow.")
        two = another(one)
        ask(two, "And dogs")
        pen.write("Wo")
        expect(two.locator(".answer .prose").nth(1)).to_have_text("Wo")
        delete_room(one, "About cats")
        expect(two.get_by_text("This chat was deleted in another tab.")).to_be_visible()
        expect(two.get_by_role("heading", name="What shall we think about?")).to_be_visible()
        pen.end()
        reload(two)
        assert kept_chats(two) == []

    def test_not_even_where_a_tab_has_not_heard_of_it(self, one: Page) -> None:
        """A tab that sleeps hears nothing; the database itself refuses."""
        kept = one.evaluate(
            """async () => {
              const { Store } = await import('/app/kept/store.js');
              const [here, there] = [await Store.open(location.origin), await Store.open(location.origin)];
              const record = { id: 'x', title: 'x', created: 1, updated: 1, version: 0, chosen: {} };
              const first = await here.save(record, []);
              await there.remove('x');
              const second = await here.save(record, []);
              return [first, second, (await here.list()).length];
            }"""
        )
        assert kept == [True, False, 0]

    def test_each_tab_keeps_its_own_draft(self, one: Page) -> None:
        two = another(one)
        one.get_by_label("Your message").fill("of one")
        two.get_by_label("Your message").fill("of two")
        reload(one)
        expect(one.get_by_label("Your message")).to_have_value("of one")
        reload(two)
        expect(two.get_by_label("Your message")).to_have_value("of two")
