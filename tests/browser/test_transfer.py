"""Everything on the device: taken elsewhere, taken in, deleted."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, violations, wait_until
from tests.browser.pen import Pen

CLOSE_TO_A_FREEZE_MS = 250


def talk(page: Page, pen: Pen, question: str, answer: str) -> None:
    ask(page, question)
    pen.answer(answer)
    expect(page.locator(".answer .prose").last).to_have_text(answer)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def settings(page: Page) -> None:
    page.get_by_role("button", name="Settings", exact=True).click()
    page.get_by_role("button", name="Import…").scroll_into_view_if_needed()


def download(page: Page, name: str) -> tuple[str, str]:
    """What the button of this name saves: the name of the file, and its text."""
    with page.expect_download() as saved:
        page.get_by_role("button", name=name).click()
    expect(status(page)).to_have_text("Exported.")
    return saved.value.suggested_filename, Path(saved.value.path()).read_text()


def take_in(page: Page, content: str | bytes, name: str = "export.json") -> None:
    data = content.encode() if isinstance(content, str) else content
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import…").click()
    chooser.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})


def status(page: Page) -> Locator:
    return page.locator("#transfer-status")


def chat_gpt(key: str, *turns: str, title: str = "") -> dict[str, object]:
    """A conversation as ChatGPT exports it: a question, an answer, and so on."""
    mapping: dict[str, object] = {"root": {"id": "root", "message": None, "parent": None, "children": ["0"]}}
    for at, text in enumerate(turns):
        message = {
            "id": str(at),
            "author": {"role": "assistant" if at % 2 else "user"},
            "content": {"content_type": "text", "parts": [text]},
            "create_time": 1_700_000_000.5 + at,
            "recipient": "all",
            "metadata": {},
        }
        mapping[str(at)] = {"id": str(at), "message": message, "parent": str(at - 1) if at else "root", "children": []}
    return {
        "conversation_id": key,
        "title": title or turns[0],
        "create_time": 1_700_000_000,
        "update_time": 1_700_000_100,
        "mapping": mapping,
        "current_node": str(len(turns) - 1),
    }


def titles(page: Page) -> list[str]:
    names: list[str] = page.evaluate(
        """async () => {
          const { Store } = await import('/app/kept/store.js');
          return (await (await Store.open(location.origin)).list()).map(({ title }) => title);
        }"""
    )
    return names


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    page = open_page(model=PEN)
    talk(page, pen, "Cats?", "They say meow.")
    page.get_by_role("button", name="Answer once more").click()
    pen.answer("They purr.")
    expect(page.locator(".answer .prose")).to_have_text("They purr.")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    page.get_by_role("button", name="New chat").click()
    talk(page, pen, "Dogs?", "They bark.")
    settings(page)
    return page


class TestExport:
    def test_json_holds_everything_and_comes_back_on_another_device(self, page: Page, open_page: OpenPage) -> None:
        name, text = download(page, "Export as JSON")
        assert name.startswith("ionet-edge-")
        assert name.endswith(".json")
        cats, dogs = json.loads(text)["rooms"]
        assert [message["content"] for message in cats["messages"]] == ["Cats?", "They say meow.", "They purr."]
        assert dogs["title"] == "Dogs?"
        other = open_page()
        settings(other)
        take_in(other, text)
        expect(status(other)).to_have_text("2 chats imported.")
        assert download(other, "Export as JSON")[1] == text
        other.keyboard.press("Escape")
        other.locator("#chat-list").get_by_role("button", name="Cats?", exact=True).click()
        expect(other.locator(".answer .prose")).to_have_text("They purr.")
        other.locator(".answer").hover()
        other.get_by_role("button", name="Previous version").click()
        expect(other.locator(".answer .prose")).to_have_text("They say meow.")

    def test_markdown_has_each_chat_below_a_heading(self, page: Page) -> None:
        name, text = download(page, "Export as Markdown")
        assert name.endswith(".md")
        cats = "# Cats?\n\n## You\n\nCats?\n\n## Answer\n\nThey purr.\n"
        assert text == f"{cats}\n---\n\n# Dogs?\n\n## You\n\nDogs?\n\n## Answer\n\nThey bark.\n"

    def test_one_chat_is_saved_as_markdown_from_the_list(self, page: Page) -> None:
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Options for “Cats?”").click()
        with page.expect_download() as saved:
            page.get_by_role("menuitem", name="Save as Markdown").click()
        assert saved.value.suggested_filename == "Cats.md"
        assert Path(saved.value.path()).read_text() == "# Cats?\n\n## You\n\nCats?\n\n## Answer\n\nThey purr.\n"


class TestImport:
    def test_the_same_twice_is_there_once(self, page: Page) -> None:
        text = download(page, "Export as JSON")[1]
        take_in(page, text)
        expect(status(page)).to_have_text("0 chats imported. 2 were here already.")
        assert download(page, "Export as JSON")[1] == text

    def test_the_higher_version_counts_and_what_is_shown_follows(self, page: Page) -> None:
        text = download(page, "Export as JSON")[1]
        changed = json.loads(text)
        dogs = changed["rooms"][1]
        dogs["title"] = "Hounds"
        dogs["version"] += 1
        dogs["messages"][1].update(content="They howl.", version=dogs["messages"][1]["version"] + 1)
        dogs["messages"][0].update(content="An older word", version=1)
        take_in(page, json.dumps(changed))
        expect(status(page)).to_have_text("1 chat imported. 1 was here already.")
        page.keyboard.press("Escape")
        expect(page).to_have_title("Hounds · ionet edge")
        expect(page.locator(".answer .prose")).to_have_text("They howl.")
        assert sorted(titles(page)) == ["Cats?", "Hounds"]
        settings(page)
        take_in(page, text)
        expect(status(page)).to_have_text("0 chats imported. 2 were here already.")

    def test_a_chat_that_was_deleted_comes_back_once(self, page: Page) -> None:
        text = download(page, "Export as JSON")[1]
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Options for “Cats?”").click()
        page.get_by_role("menuitem", name="Delete").click()
        page.get_by_role("button", name="New chat").click()  # and so the time to undo it is over
        wait_until(page, lambda: titles(page) == ["Dogs?"])
        settings(page)
        for said in ("1 chat imported. 1 was here already.", "0 chats imported. 2 were here already."):
            take_in(page, text)
            expect(status(page)).to_have_text(said)
        assert sorted(titles(page)) == ["Cats?", "Dogs?"]

    def test_what_chatgpt_exports_as_it_comes_or_unpacked(self, page: Page) -> None:
        chats = json.dumps([chat_gpt("1", "Birds?", "They **sing**."), chat_gpt("2", "Fish?", "They swim.")])
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("chat.html", "<p>" * 1000)
            archive.writestr("conversations.json", chats)
        take_in(page, packed.getvalue(), "export.zip")
        expect(status(page)).to_have_text("2 chats imported.")
        take_in(page, chats, "conversations.json")
        expect(status(page)).to_have_text("0 chats imported. 2 were here already.")
        page.keyboard.press("Escape")
        page.locator("#chat-list").get_by_role("button", name="Birds?", exact=True).click()
        expect(page.locator(".answer strong")).to_have_text("sing")
        expect(page.get_by_role("button", name="Answer once more")).to_be_visible()

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("no JSON at all", "This file is not JSON, or is broken. Nothing was changed."),
            ('[{"title": "x"}]', "This file is no export of this page or of ChatGPT. Nothing was changed."),
            ("PK\x03\x04" + "x" * 50, "No conversations.json can be read in this .zip."),
        ],
    )
    def test_a_bad_file_changes_nothing_and_says_why(self, page: Page, content: str, said: str) -> None:
        text = download(page, "Export as JSON")[1]
        take_in(page, content)
        expect(status(page)).to_contain_text(said)
        assert download(page, "Export as JSON")[1] == text

    def test_one_wrong_thing_in_the_middle_is_named_and_nothing_of_the_file_is_taken_in(self, page: Page) -> None:
        changed = json.loads(download(page, "Export as JSON")[1])
        changed["rooms"][0]["title"] = "Changed"
        changed["rooms"][0]["version"] += 10
        changed["rooms"][1]["messages"][1]["role"] = "system"
        take_in(page, json.dumps(changed))
        expect(status(page)).to_have_text("This export is not right at rooms[1].messages[1].role. Nothing was changed.")
        assert "Changed" not in titles(page)

    def test_what_is_in_it_is_text_and_never_markup(self, open_page: OpenPage) -> None:
        page = open_page()
        settings(page)
        hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
        take_in(page, json.dumps([chat_gpt("1", hostile, hostile)]))
        expect(status(page)).to_have_text("1 chat imported.")
        page.keyboard.press("Escape")
        page.locator("#chat-list .chat").click()
        expect(page.locator(".question .prose")).to_have_text(hostile)
        assert page.locator("main img, main script").count() == 0

    def test_a_large_file_does_not_freeze_the_page_and_tells_how_far_it_is(self, open_page: OpenPage, tmp_path: Path) -> None:
        page = open_page()
        settings(page)
        words = "Of cats and dogs, and “what they say”. " * 320
        chats = json.dumps([chat_gpt(str(at), f"Question {at}", words, "And?", words) for at in range(2_000)])
        assert len(chats) > 50_000_000
        page.evaluate(
            """() => {
              window.said = new Set();
              window.longest = 0;
              new PerformanceObserver((list) => {
                for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
              }).observe({ type: 'longtask' });
              const status = document.querySelector('#transfer-status');
              new MutationObserver(() => window.said.add(status.textContent)).observe(status, { childList: true });
            }"""
        )
        file = tmp_path / "conversations.json"
        file.write_text(chats)
        page.locator("#import-file").set_input_files(file)
        expect(status(page)).to_have_text("2,000 chats imported.", timeout=120_000)
        assert page.evaluate("[...window.said].some((text) => /^Importing: [\\d,]+ of 2,000 chats$/.test(text))")
        assert page.evaluate("window.longest") < CLOSE_TO_A_FREEZE_MS


class TestDeletingEverything:
    def test_is_asked_first_and_can_be_thought_better_of(self, page: Page) -> None:
        page.get_by_role("button", name="Delete everything…").click()
        dialog = page.get_by_role("dialog", name="Delete everything on this device?")
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        assert sorted(titles(page)) == ["Cats?", "Dogs?"]

    def test_leaves_nothing_in_any_tab_and_an_export_brings_it_back(self, page: Page) -> None:
        text = download(page, "Export as JSON")[1]
        other = page.context.new_page()
        other.goto(page.url)
        expect(other.locator(".answer .prose")).to_have_text("They bark.")
        page.evaluate("localStorage.setItem('ionet-edge:settings', JSON.stringify({ token: 's3cret' }))")
        page.get_by_role("button", name="Delete everything…").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete everything", exact=True).click()
        expect(page.get_by_role("heading", name="What shall we think about?")).to_be_visible()
        expect(other.get_by_text("This chat was deleted in another tab.")).to_be_visible()
        page.wait_for_selector("html[data-ready]")
        assert "s3cret" not in page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
        assert titles(page) == []
        settings(page)
        take_in(page, text)
        expect(status(page)).to_have_text("2 chats imported.")
        assert download(page, "Export as JSON")[1] == text

    def test_what_is_kept_for_another_edge_stays(self, page: Page) -> None:
        page.evaluate("localStorage.setItem('ionet-edge:settings:https://other.test', '{}')")
        page.get_by_role("button", name="Delete everything…").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete everything", exact=True).click()
        expect(page.get_by_role("heading", name="What shall we think about?")).to_be_visible()
        assert page.evaluate("localStorage.getItem('ionet-edge:settings:https://other.test')") == "{}"


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page: OpenPage, locale: str, scheme: str) -> None:
    page = open_page(locale=locale, color_scheme=scheme, viewport={"width": 360, "height": 740})
    page.locator("#open-settings").click()
    page.locator("#delete-all").click()
    expect(page.locator("#wipe")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#import-note").scroll_into_view_if_needed()
    assert violations(page) == []
    assert page.evaluate("document.querySelector('#settings').scrollWidth <= innerWidth")
