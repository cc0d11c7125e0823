"""Keys for what otherwise takes a mouse."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, reload, violations
from tests.browser.pen import Pen


def talk(page: Page, pen: Pen, question: str, answer: str) -> None:
    ask(page, question)
    pen.answer(answer)
    expect(page.locator(".answer .prose").last).to_have_text(answer)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    """Three chats, the middle one open, and nothing typed into."""
    page = open_page(model=PEN)
    for question in ("Ants?", "Bees?", "Cats?"):
        page.get_by_role("button", name="New chat").click()
        talk(page, pen, question, f"About {question[:-1]}.")
    page.go_back()
    expect(page.locator(".question .prose")).to_have_text("Bees?")
    page.get_by_label("Your message").press("Escape")
    return page


def shown(page: Page) -> str:
    return page.locator(".question .prose").inner_text()


class TestKeys:
    def test_escape_leaves_the_message_box_for_the_conversation_and_m_comes_back(self, page: Page) -> None:
        expect(page.locator("main")).to_be_focused()
        page.keyboard.press("m")
        expect(page.get_by_label("Your message")).to_be_focused()
        expect(page.get_by_label("Your message")).to_have_value("")

    def test_n_begins_a_chat(self, page: Page) -> None:
        page.keyboard.press("n")
        expect(page.get_by_role("heading", name="What shall we think about?")).to_be_visible()

    def test_j_and_k_go_to_the_older_and_the_newer_chat_and_stop_at_the_ends(self, page: Page) -> None:
        page.keyboard.press("j")
        expect(page.locator(".question .prose")).to_have_text("Ants?")
        page.keyboard.press("j")
        page.keyboard.press("k")
        expect(page.locator(".question .prose")).to_have_text("Bees?")
        page.keyboard.press("k")
        expect(page.locator(".question .prose")).to_have_text("Cats?")
        page.keyboard.press("k")
        expect(page.locator(".question .prose")).to_have_text("Cats?")

    def test_c_copies_the_last_answer(self, page: Page) -> None:
        page.keyboard.press("c")
        expect(page.locator(".copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "About Bees."

    @pytest.mark.parametrize("key", ["r", "Control+Shift+Enter"])
    def test_another_answer(self, page: Page, pen: Pen, key: str) -> None:
        page.keyboard.press(key)
        pen.answer("Once more.")
        expect(page.locator(".answer .prose")).to_have_text("Once more.")
        expect(page.get_by_role("button", name="Previous version")).to_be_visible()

    def test_the_combination_counts_while_something_is_typed_and_leaves_it(self, page: Page, pen: Pen) -> None:
        page.get_by_label("Your message").fill("Half a thought")
        page.keyboard.press("Control+Shift+Enter")
        pen.answer("Once more.")
        expect(page.locator(".answer .prose")).to_have_text("Once more.")
        expect(page.get_by_label("Your message")).to_have_value("Half a thought")

    def test_escape_stops_the_answer_first(self, page: Page, pen: Pen) -> None:
        ask(page, "More?")
        pen.write("Half of")
        expect(page.locator(".answer .prose").last).to_have_text("Half of")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        expect(page.get_by_label("Your message")).to_be_focused()

    @pytest.mark.parametrize(("key", "name"), [(",", "Settings"), ("?", "Keyboard shortcuts")])
    def test_a_panel_opens_and_closes_by_its_key(self, page: Page, key: str, name: str) -> None:
        page.keyboard.press(key)
        dialog = page.get_by_role("dialog", name=name, exact=True)
        expect(dialog).to_be_visible()
        dialog.get_by_role("button", name="Close").focus()
        page.keyboard.press("n")
        expect(dialog).to_be_visible()
        page.keyboard.press(key)
        expect(dialog).to_be_hidden()
        assert shown(page) == "Bees?"

    def test_the_list_is_folded_and_unfolded(self, page: Page) -> None:
        search = page.get_by_role("searchbox", name="Search your chats")
        expect(search).to_be_visible()
        page.keyboard.press("l")
        expect(search).to_be_hidden()
        page.keyboard.press("s")
        expect(search).to_be_focused()


class TestNeverStolen:
    def test_what_is_typed(self, page: Page) -> None:
        page.get_by_label("Your message").click()
        page.keyboard.type("sncrjklm,? Hello")
        expect(page.get_by_label("Your message")).to_have_value("sncrjklm,? Hello")
        page.get_by_role("button", name="Settings", exact=True).click()
        page.get_by_label("System prompt").fill("")
        page.get_by_label("System prompt").press_sequentially("snc,?")
        expect(page.get_by_label("System prompt")).to_have_value("snc,?")
        assert shown(page) == "Bees?"

    def test_what_an_input_method_composes(self, page: Page) -> None:
        page.get_by_label("Your message").focus()
        page.evaluate(
            """() => document.activeElement.dispatchEvent(
              new KeyboardEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true, cancelable: true }))"""
        )
        expect(page.get_by_label("Your message")).to_be_focused()

    def test_the_browsers_own(self, page: Page) -> None:
        stolen = page.evaluate(
            """() => {
              const stolen = [];
              for (const key of ['n', 's', 'l', 'k', 'j', 'm', 'c', 'r', ',', '?', 'Enter', 'Escape', '/', 'f', 'p', 't', 'w'])
                for (const hold of ['ctrlKey', 'metaKey', 'altKey'])
                  for (const shiftKey of [false, true]) {
                    const ours = key === 'Enter' && hold === 'ctrlKey' && shiftKey;
                    const event = new KeyboardEvent('keydown', { key, [hold]: true, shiftKey, bubbles: true, cancelable: true });
                    document.body.dispatchEvent(event);
                    if (event.defaultPrevented && !ours) stolen.push([hold, shiftKey, key].join());
                  }
              return stolen;
            }"""
        )
        assert stolen == []
        assert shown(page) == "Bees?"


class TestTheList:
    def test_says_every_key_and_is_a_button_in_the_settings_too(self, page: Page) -> None:
        page.get_by_role("button", name="Settings", exact=True).click()
        page.get_by_role("button", name="Show the shortcuts").click()
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        rows = dialog.locator("dl > div").all_inner_texts()
        assert [" ".join(row.split()) for row in rows] == [
            "New chat N",
            "Search chats S",
            "Show or hide the chats L",
            "Newer chat K",
            "Older chat J",
            "To the message box M",
            "Stop the answer, or leave the message box Esc",
            "Copy the last answer C",
            "Answer once more R Ctrl + Shift + Enter",
            "Settings ,",
            "This list ?",
        ]
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("button", name="Show the shortcuts")).to_be_focused()

    def test_a_mac_reads_its_own_sign(self, open_page: OpenPage) -> None:
        page = open_page()
        page.add_init_script("Object.defineProperty(navigator, 'platform', { get: () => 'MacIntel' })")
        reload(page)
        page.get_by_label("Your message").press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts").get_by_text("⌘")).to_be_visible()

    def test_single_keys_are_turned_off_for_good_and_in_every_tab(self, page: Page) -> None:
        other = page.context.new_page()
        other.goto(page.url)
        other.wait_for_selector("html[data-ready]")
        page.keyboard.press("?")
        page.get_by_label("Single keys").uncheck()
        page.keyboard.press("Escape")
        for tab in (page, other):
            tab.get_by_label("Your message").press("Escape")
            tab.keyboard.press("?")
            tab.keyboard.press("n")
            assert shown(tab) == "Bees?"
            expect(tab.get_by_role("dialog")).to_have_count(0)
        reload(page)
        page.get_by_role("button", name="Settings", exact=True).click()
        page.get_by_role("button", name="Show the shortcuts").click()
        expect(page.get_by_label("Single keys")).not_to_be_checked()
        page.get_by_label("Single keys").check()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("ja-JP", "dark")])
def test_axe_finds_nothing_on_a_phone(open_page: OpenPage, locale: str, scheme: str) -> None:
    page = open_page(locale=locale, color_scheme=scheme, viewport={"width": 360, "height": 740})
    page.locator("#input").press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.querySelector('#shortcuts').scrollWidth <= innerWidth")
