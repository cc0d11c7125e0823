"""Nothing is lost: drafts, conversations and half answers outlive a reload and a crash."""

from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, delete_room, reload, rooms
from tests.browser.pen import Pen


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


def test_a_draft_survives_a_reload(page: Page) -> None:
    page.get_by_label("Your message").fill("half a thought")
    reload(page)
    expect(page.get_by_label("Your message")).to_have_value("half a thought")


def test_a_conversation_survives_a_reload_with_its_branches(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.answer("The first.")
    page.get_by_role("button", name="Answer once more").click()
    pen.answer("The second.")
    expect(page.locator(".answer .prose")).to_have_text("The second.")
    page.get_by_role("button", name="Previous version").click()
    expect(page.locator(".answer .prose")).to_have_text("The first.")
    reload(page)
    expect(page.locator(".question .prose")).to_have_text("Hello")
    expect(page.locator(".answer .prose")).to_have_text("The first.")
    expect(page.locator(".position")).to_contain_text("1/2")
    page.get_by_role("button", name="Next version").click()
    expect(page.locator(".answer .prose")).to_have_text("The second.")


def test_a_half_answer_survives_a_reload_to_the_last_word(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("Half of")
    expect(page.locator(".answer .prose")).to_have_text("Half of")
    reload(page)
    expect(page.locator(".answer .prose")).to_have_text("Half of")
    expect(page.locator(".notice")).to_contain_text("The page was closed while this was being written.")


def test_what_the_database_is_slow_to_take_when_the_page_goes_away_is_left_for_the_next(page: Page) -> None:
    left = page.evaluate("""async () => {
      const { Saver } = await import('/app/kept/saver.js');
      const { Conversation, newMessage } = await import('/app/kept/conversation.js');
      const slow = { save: () => new Promise(() => {}) };
      const saver = new Saver(slow, 'slow', { failed() {}, removed() {} });
      const conversation = Conversation.start('c', 0);
      const message = newMessage({ id: 'm', conversation: 'c', parent: null, role: 'user', created: 1, content: 'Half of' });
      conversation.add(message);
      saver.touch(conversation, message);
      void saver.flush();
      dispatchEvent(new PageTransitionEvent('pagehide'));
      return Object.entries(localStorage).filter(([name]) => name.startsWith('slow#')).map(([, kept]) => kept);
    }""")
    assert [kept.count("Half of") for kept in left] == [2]  # the title, and the text


def test_a_half_answer_survives_a_crash_of_the_tab(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("Half of")
    expect(page.locator(".answer .prose")).to_have_text("Half of")
    kept = "Array.fromAsync([new Promise(done => { const open = indexedDB.open('ionet-edge:chats'); open.onsuccess = () => "
    kept += (
        "open.result.transaction('messages').objectStore('messages').getAll().onsuccess = event => done(event.target.result) })])"
    )
    while "Half of" not in str(page.evaluate(kept)):
        page.wait_for_timeout(50)
    address = page.url
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    again = page.context.new_page()
    again.goto(address)
    expect(again.locator(".answer .prose")).to_have_text("Half of")
    expect(again.get_by_role("button", name="Continue")).to_be_visible()


def test_earlier_chats_can_be_opened_and_deleted(page: Page, pen: Pen) -> None:
    ask(page, "About cats")
    pen.answer("Meow.")
    expect(page.locator(".answer .prose")).to_have_text("Meow.")
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("heading", name="What shall we think about?")).to_be_visible()
    rooms(page).get_by_role("button", name="About cats").first.click()
    expect(page.locator(".answer .prose")).to_have_text("Meow.")
    delete_room(page, "About cats")
    expect(rooms(page)).to_contain_text("Nothing here yet.")
    expect(page.locator(".question")).to_have_count(0)


# What pages before this one kept: a chat, without all that was added since; from its second version on, what was removed as well.
EARLIER = """version => new Promise((done, failed) => {
  indexedDB.deleteDatabase('ionet-edge:chats').onsuccess = () => {
    const open = indexedDB.open('ionet-edge:chats', version);
    open.onerror = failed;
    open.onupgradeneeded = () => {
      const chats = open.result.createObjectStore('conversations', { keyPath: 'id' });
      const messages = open.result.createObjectStore('messages', { keyPath: 'id' });
      messages.createIndex('conversation', 'conversation');
      if (version > 1) open.result.createObjectStore('removed', { keyPath: 'id' }).put({ id: 'gone' });
      chats.put({ id: 'c', title: 'Old tea', created: 1, updated: 3, chosen: { '': 'q', q: 'a' } });
      const plain = { conversation: 'c', reasoning: '', toolCalls: [], facts: null };
      messages.put({ ...plain, id: 'q', parent: null, role: 'user', content: 'Old tea', created: 2, ending: null });
      messages.put({
        ...plain, id: 'a', parent: 'q', role: 'assistant', content: 'Green.', created: 3, ending: { kind: 'done', error: null },
      });
    };
    open.onsuccess = () => { open.result.close(); done(); };
  };
})"""


@pytest.mark.parametrize("version", [1, 2])
def test_what_an_earlier_version_kept_is_there_and_goes_on(open_page: OpenPage, page_url: str, pen: Pen, version: int) -> None:
    page = open_page(model=PEN, refusals=True)  # a browser asks for a favicon.ico beside a picture
    page.goto(f"{page_url}/icon.svg")
    page.evaluate(EARLIER, version)
    page.goto(page_url)
    page.locator("#chat-list").get_by_role("button", name="Old tea", exact=True).click()
    expect(page.locator(".answer .prose")).to_have_text("Green.")
    ask(page, "And coffee?")
    pen.answer("Black.")
    expect(page.locator(".answer .prose").nth(1)).to_have_text("Black.")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    reload(page)
    expect(page.locator(".answer .prose")).to_have_text(["Green.", "Black."])


LEFT_BEHIND = """() => localStorage.setItem('ionet-edge:rescue#1', JSON.stringify([{
  record: { id: 'c', title: 'Old tea', created: 1, updated: 2, chosen: {} },
  messages: [{
    id: 'q', conversation: 'c', parent: null, role: 'user', content: 'Old tea', created: 2, reasoning: '', toolCalls: [], facts: null,
    ending: null,
  }],
}]))"""


def test_what_an_earlier_version_left_behind_is_brought_home_and_counted(page: Page) -> None:
    page.evaluate(LEFT_BEHIND)
    reload(page)
    page.locator("#chat-list").get_by_role("button", name="Old tea", exact=True).click()
    expect(page.locator(".question .prose")).to_have_text("Old tea")
    versions = page.evaluate(
        """async () => {
          const { Store } = await import('/app/kept/store.js');
          const store = await Store.open(location.origin);
          return [(await store.conversation('c')).version, (await store.message('q')).version];
        }"""
    )
    assert versions == [1, 1]
