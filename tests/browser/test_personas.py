"""Personas: who answers in a chat, with which prompt, model and temperature; made, changed and deleted by the person."""

from typing import cast

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, reload, violations
from tests.browser.pen import Pen
from tests.conftest import StartWorker
from tests.tokens import ENTRIES

TUTOR = "You are a patient tutor."

KEPT = """async () => {
  const { Store } = await import('/app/kept/store.js');
  const store = await Store.open(location.origin);
  const [room] = await store.list();
  const messages = room ? await store.messages(room.id) : [];
  const answers = messages.filter(({ role }) => role === 'assistant').sort((a, b) => a.created - b.created);
  return { room, answers, personas: await store.personas() };
}"""


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN, settings={"system": "Be brief.", "temperature": 1.5})


def chip(page: Page, name: str) -> None:
    page.get_by_role("group", name="Who answers").get_by_role("button", name=name).click()


def talk(page: Page, pen: Pen, text: str) -> None:
    """Ask, and have it answered."""
    turn = page.locator(".answer").count()
    ask(page, text)
    pen.answer(f"About {text}")
    expect(page.locator(".answer").nth(turn)).to_have_attribute("data-state", "ended")


def edit(page: Page, persona: str, **fields: str) -> None:
    """Open the editor on the persona of this name, write into the fields, and save."""
    if not page.get_by_role("button", name="Edit personas").is_visible():
        page.get_by_role("button", name="Who answers:").click()
    page.get_by_role("button", name="Edit personas").click()
    page.get_by_role("dialog", name="Personas").get_by_role("button", name=persona).first.click()
    write(page, **fields)


def write(page: Page, **fields: str) -> None:
    dialog = page.get_by_role("dialog", name="Personas")
    for label, text in fields.items():
        dialog.get_by_label(label.capitalize(), exact=True).fill(text)
    dialog.get_by_role("button", name="Save").click()
    page.keyboard.press("Escape")


def system(pen: Pen) -> list[object]:
    """The system messages of the last call that reached the upstream."""
    messages = cast("list[dict[str, object]]", pen.requests[-1]["messages"])
    return [message["content"] for message in messages if message["role"] == "system"]


class TestAnswering:
    def test_without_one_it_is_as_the_settings_say(self, page: Page, pen: Pen) -> None:
        talk(page, pen, "Hello")
        assert system(pen) == ["Be brief."]
        assert page.evaluate(KEPT)["answers"][0]["persona"] is None

    def test_its_prompt_goes_in_place_of_the_settings_and_what_it_leaves_open_is_as_usual(self, page: Page, pen: Pen) -> None:
        chip(page, "Patient tutor")
        talk(page, pen, "Hello")
        (prompt,) = system(pen)
        assert str(prompt).startswith(TUTOR)
        assert (pen.requests[-1]["model"], pen.requests[-1]["temperature"]) == (pen.model, 1.5)
        expect(page.get_by_role("button", name="Who answers: Patient tutor")).to_be_visible()
        expect(page.locator(".facts")).to_contain_text("Patient tutor")

    def test_its_model_and_temperature_are_the_rooms_until_another_model_is_chosen_by_hand(
        self, open_page: OpenPage, pen: Pen
    ) -> None:
        page = open_page(model="usual/model", refusals=True, models=[{"id": "usual/model"}, {"id": pen.model}])
        page.get_by_role("button", name="Edit personas").click()
        page.get_by_role("button", name="Sharp critic").last.click()
        page.locator("#persona-form-model").select_option(pen.model)
        page.locator("#persona-form-temperature").fill("0.2")
        write(page)
        chip(page, "Sharp critic")
        expect(page.locator("#model-name")).to_have_text(pen.model.split("/")[-1])
        talk(page, pen, "Hello")
        assert pen.requests[-1]["temperature"] == 0.2
        page.get_by_role("button", name="Model:").click()
        page.locator("#model-list .model", has_text="usual/model").click()
        with page.expect_request("**/v1/chat/completions") as sent:
            ask(page, "And now?")
        assert cast("dict[str, object]", sent.value.post_data_json)["model"] == "usual/model"
        expect(page.locator(".answer").nth(1)).to_have_attribute("data-state", "ended")
        reload(page)
        expect(page.locator("#model-name")).to_have_text(pen.model.split("/")[-1])

    def test_each_answer_records_the_version_that_wrote_it(self, page: Page, pen: Pen) -> None:
        chip(page, "Patient tutor")
        talk(page, pen, "Hello")
        edit(page, "Patient tutor", instructions="Ask one question.")
        talk(page, pen, "And?")
        assert system(pen) == ["Ask one question."]
        kept = page.evaluate(KEPT)
        (persona,) = kept["personas"]
        assert [(answer["persona"], answer["persona_version"]) for answer in kept["answers"]] == [
            (persona["id"], 1),
            (persona["id"], 2),
        ]
        assert (kept["room"]["persona"], kept["room"]["persona_version"]) == (persona["id"], 2)

    def test_another_answers_from_now_on_and_a_reload_keeps_it(self, page: Page, pen: Pen) -> None:
        chip(page, "Patient tutor")
        talk(page, pen, "Hello")
        page.get_by_role("button", name="Who answers:").click()
        page.get_by_role("radio", name="Good listener").check()
        page.keyboard.press("Escape")
        reload(page)
        expect(page.get_by_role("button", name="Who answers: Good listener")).to_be_visible()
        talk(page, pen, "And?")
        (prompt,) = system(pen)
        assert "good listener" in str(prompt)
        expect(page.locator(".facts").first).to_contain_text("Patient tutor")
        expect(page.locator(".facts").last).to_contain_text("Good listener")

    def test_a_new_chat_begins_without(self, page: Page, pen: Pen) -> None:
        chip(page, "Patient tutor")
        talk(page, pen, "Hello")
        page.get_by_role("button", name="New chat").click()
        expect(page.get_by_role("button", name="Who answers: Just the model")).to_be_visible()
        talk(page, pen, "Hello")
        assert system(pen) == ["Be brief."]


class TestTheOwnersPrompt:
    """Of all prompts, the owner's alone is sent."""

    @pytest.fixture
    def page_url(self, start_worker: StartWorker) -> str:
        return start_worker(UPSTREAM_RETRIES="0", HISTORY="off", SYSTEM_PROMPT="The owner speaks.").url

    def test_comes_before_a_persona_which_comes_before_the_settings(self, page: Page, pen: Pen) -> None:
        chip(page, "Patient tutor")
        talk(page, pen, "Hello")
        assert system(pen) == ["The owner speaks."]
        messages = cast("list[dict[str, object]]", pen.requests[-1]["messages"])
        assert [message["role"] for message in messages] == ["system", "user"]


class TestSuggestions:
    def test_they_are_not_kept_before_they_are_chosen(self, page: Page) -> None:
        expect(page.get_by_role("group", name="Who answers").get_by_role("button", name="Editor", exact=True)).to_be_visible()
        assert page.evaluate(KEPT)["personas"] == []
        chip(page, "Sharp critic")
        expect(page.locator(".chip")).to_have_count(5)
        (persona,) = page.evaluate(KEPT)["personas"]
        assert (persona["name"], persona["avatar"], persona["version"]) == ("Sharp critic", "🧐", 1)

    def test_in_the_language_of_the_page(self, open_page: OpenPage) -> None:
        page = open_page(locale="ja-JP")
        page.locator(".chip", has_text="聞き上手").click()
        expect(page.locator("#persona-name")).to_have_text("聞き上手")
        assert page.evaluate(KEPT)["personas"][0]["prompt"].startswith("あなたは聞き上手な友人です。")

    def test_one_that_is_opened_and_left_as_it_was_is_not_kept(self, page: Page) -> None:
        page.get_by_role("button", name="Edit personas").click()
        page.get_by_role("dialog", name="Personas").get_by_role("button", name="Sharp critic").click()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Personas")).to_be_hidden()
        assert page.evaluate(KEPT)["personas"] == []

    def test_pressed_again_nobody_answers(self, page: Page) -> None:
        chip(page, "Sharp critic")
        expect(page.locator('.chip[aria-pressed="true"]')).to_have_text("🧐Sharp critic")
        chip(page, "Sharp critic")
        expect(page.locator('.chip[aria-pressed="true"]')).to_have_count(0)
        expect(page.get_by_role("button", name="Who answers: Just the model")).to_be_visible()


class TestEditor:
    @pytest.fixture(autouse=True)
    def opened(self, page: Page) -> None:
        page.get_by_role("button", name="Edit personas").click()

    def test_a_new_one(self, page: Page, pen: Pen) -> None:
        page.get_by_role("button", name="New persona").click()
        page.get_by_label("Avatar", exact=True).press_sequentially("🦊")
        write(page, name="<b>Fox</b>", instructions="Be sly.")
        chip(page, "<b>Fox</b>")
        talk(page, pen, "Hello")
        assert system(pen) == ["Be sly."]
        expect(page.locator(".facts")).to_contain_text("🦊 <b>Fox</b>")

    def test_its_avatar_is_one_sign_the_last_that_was_typed(self, page: Page) -> None:
        page.get_by_role("button", name="New persona").click()
        avatar = page.get_by_label("Avatar", exact=True)
        avatar.fill("🦊👩‍👩‍👧")
        expect(avatar).to_have_value("👩‍👩‍👧")
        page.get_by_role("group", name="Choose an avatar").get_by_role("button", name="🦉").click()
        expect(avatar).to_have_value("🦉")

    def test_what_is_written_is_not_lost_when_the_dialog_closes(self, page: Page) -> None:
        page.get_by_role("button", name="New persona").click()
        page.get_by_label("Instructions").fill("Be kind.")
        page.keyboard.press("Escape")
        expect(page.locator(".chip", has_text="Unnamed")).to_be_visible()
        assert [persona["prompt"] for persona in page.evaluate(KEPT)["personas"]] == ["Be kind."]

    def test_cancel_leaves_it_as_it_was(self, page: Page) -> None:
        page.get_by_role("button", name="New persona").click()
        page.get_by_label("Instructions").fill("Be kind.")
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="New persona")).to_be_focused()
        page.keyboard.press("Escape")
        assert page.evaluate(KEPT)["personas"] == []

    def test_saved_unchanged_it_is_no_new_version(self, page: Page) -> None:
        for _ in range(2):
            page.get_by_role("dialog", name="Personas").get_by_role("button", name="Sharp critic").first.click()
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_role("button", name="Duplicate “Sharp critic”")).to_be_visible()
        assert [persona["version"] for persona in page.evaluate(KEPT)["personas"]] == [1]

    def test_a_copy_is_another(self, page: Page) -> None:
        page.get_by_role("dialog", name="Personas").get_by_role("button", name="Sharp critic").click()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Duplicate “Sharp critic”").click()
        expect(page.locator("#personas-own .name")).to_have_text(["Sharp critic", "Sharp critic (copy)"])
        one, other = page.evaluate(KEPT)["personas"]
        assert one["id"] != other["id"]
        assert one["prompt"] == other["prompt"]

    def test_axe_finds_nothing(self, page: Page) -> None:
        assert violations(page) == []
        page.get_by_role("button", name="New persona").click()
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Who answers:").click()
        assert violations(page) == []


class TestDeleting:
    @pytest.fixture(autouse=True)
    def deleted(self, page: Page, pen: Pen) -> None:
        chip(page, "Patient tutor")
        talk(page, pen, "Hello")
        page.get_by_role("button", name="Who answers:").click()
        page.get_by_role("button", name="Edit personas").click()
        page.get_by_role("button", name="Delete “Patient tutor”").click()
        expect(page.get_by_role("button", name="Undo")).to_be_focused()

    def test_its_room_goes_on_without(self, page: Page, pen: Pen) -> None:
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Who answers: Just the model")).to_be_visible()
        talk(page, pen, "And?")
        assert system(pen) == ["Be brief."]
        first, second = page.evaluate(KEPT)["answers"]
        assert (first["persona_version"], second["persona"], second["persona_version"]) == (1, None, None)

    def test_undo_brings_it_back_to_its_room(self, page: Page, pen: Pen) -> None:
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="Patient tutor").and_(page.locator("#personas button")).first).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Who answers: Patient tutor")).to_be_visible()
        talk(page, pen, "And?")
        assert str(system(pen)[0]).startswith(TUTOR)

    def test_undo_is_there_still_when_the_dialog_is_closed(self, page: Page) -> None:
        page.keyboard.press("Escape")
        expect(page.get_by_text("“Patient tutor” is deleted.")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="Who answers: Patient tutor")).to_be_visible()
        expect(page.get_by_text("“Patient tutor” is deleted.")).to_be_hidden()


def test_other_tabs_see_what_is_changed_and_deleted(page: Page, pen: Pen) -> None:
    chip(page, "Patient tutor")
    talk(page, pen, "Hello")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("button", name="Who answers: Patient tutor")).to_be_visible()
    edit(page, "Patient tutor", name="Old owl")
    expect(other.get_by_role("button", name="Who answers: Old owl")).to_be_visible()
    expect(other.locator(".facts")).to_contain_text("Old owl")
    other.get_by_role("button", name="Who answers:").click()
    other.get_by_role("button", name="Edit personas").click()
    other.get_by_role("button", name="Delete “Old owl”").click()
    expect(page.get_by_role("button", name="Who answers: Just the model")).to_be_visible()


class TestAnotherDevice:
    @pytest.fixture
    def page_url(self, start_worker: StartWorker) -> str:
        return start_worker(UPSTREAM_RETRIES="0", ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES).url

    def test_sees_what_is_made_and_deleted(self, open_page: OpenPage, pen: Pen, guest: str) -> None:
        laptop, phone = (open_page(model=PEN, settings={"token": guest}) for _ in range(2))
        chip(laptop, "Patient tutor")
        talk(laptop, pen, "Hello")
        edit(laptop, "Patient tutor", name="Old owl")
        chip(phone, "Old owl")
        talk(phone, pen, "And?")
        assert str(system(pen)[0]).startswith(TUTOR)
        phone.get_by_role("button", name="Who answers:").click()
        phone.get_by_role("button", name="Edit personas").click()
        phone.get_by_role("button", name="Delete “Old owl”").click()
        expect(laptop.get_by_role("button", name="Who answers: Just the model")).to_be_visible()


# Where the title is in each frame, from when the document is whole.
WATCH = """
window.tops = new Set();
(function look() {
  if (document.readyState !== 'loading') window.tops.add(Math.round(document.querySelector('#empty-title').getBoundingClientRect().top));
  requestAnimationFrame(look);
})();
"""


def test_they_move_nothing_when_they_come(page: Page) -> None:
    page.add_init_script(WATCH)
    reload(page)
    expect(page.get_by_role("group", name="Who answers").get_by_role("button").first).to_be_visible()
    assert len(page.evaluate("[...window.tops]")) == 1
