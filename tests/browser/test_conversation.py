"""Asking, reading, stopping, asking again: what a person does and sees."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask
from tests.browser.pen import Pen
from tools.upstream.server import DemoUpstream


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    """The page with a model whose answers the test writes."""
    return open_page(model=PEN)


class TestAsking:
    def test_an_answer_of_the_demo_upstream_arrives_whole(self, open_page: OpenPage, upstream: DemoUpstream) -> None:
        page = open_page()
        ask(page, "What is streaming?")
        answer = page.locator(".answer")
        expect(answer).to_have_attribute("data-state", "ended")
        expect(answer.locator(".prose")).to_contain_text("Your question has 3 words")
        expect(answer.locator(".facts")).to_contain_text("Llama-3.3-70B-Instruct")

    def test_the_question_and_the_waiting_state_are_there_before_anything_arrived(
        self, page: Page, upstream: DemoUpstream
    ) -> None:
        ask(page, "Hello")
        expect(page.locator(".question")).to_contain_text("Hello")
        expect(page.locator(".answer .waiting")).to_be_visible()
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        expect(page.get_by_label("Your message")).to_have_value("")
        upstream.calls.wait_for(lambda calls: any(call.method == "POST" for call in calls))

    def test_words_appear_as_they_arrive(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        for sofar in ("One", "One two", "One two three"):
            pen.write(sofar.split(" ")[-1] if sofar == "One" else " " + sofar.split(" ")[-1])
            expect(page.locator(".answer .prose")).to_have_text(sofar)
        expect(page.locator(".answer")).to_have_attribute("data-state", "writing")
        pen.finish()
        expect(page.locator(".answer")).to_have_attribute("data-state", "ended")

    def test_the_whole_conversation_goes_along(self, page: Page, pen: Pen) -> None:
        ask(page, "First")
        pen.answer("One.")
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        ask(page, "Second")
        pen.answer("Two.")
        expect(page.locator(".answer .prose").nth(1)).to_have_text("Two.")
        assert pen.requests[1]["messages"] == [
            {"role": "user", "content": "First"},
            {"role": "assistant", "content": "One."},
            {"role": "user", "content": "Second"},
        ]

    def test_the_facts_of_an_answer(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        pen.write("Hello")
        expect(page.locator(".answer .prose")).to_have_text("Hello")
        page.wait_for_timeout(250)  # a rate needs time to be measured over
        pen.write(" you")
        pen.finish(tokens=1234)
        facts = page.locator(".answer .facts")
        expect(facts).to_contain_text(f"{pen.model.removeprefix('demo/')} · 1,234 tokens · first word after")
        expect(facts).to_contain_text("tokens/s")

    def test_reasoning_is_folded_above_the_answer_with_its_duration(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        pen.write("Let me see.", field="reasoning_content")
        thoughts = page.locator(".reasoning")
        expect(thoughts.locator("summary")).to_have_text("Thinking")
        expect(thoughts.get_by_text("Let me see.")).to_be_hidden()
        thoughts.locator("summary").click()
        expect(thoughts.get_by_text("Let me see.")).to_be_visible()
        pen.answer("Here.")
        expect(thoughts.locator("summary")).to_contain_text("Thought for")
        expect(page.locator(".answer .prose")).to_have_text("Here.")

    def test_a_tool_call_is_shown_and_only_grows(self, page: Page, pen: Pen) -> None:
        ask(page, "Weather?")
        call = {"index": 0, "id": "c", "function": {"name": "get_weather", "arguments": '{"city":'}}
        pen.send({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
        expect(page.locator(".tool")).to_contain_text('{"city":')
        page.locator(".tool").evaluate("element => { element.dataset.mark = 'same' }")
        pen.send({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": '"Tokyo"}'}}]}}]})
        pen.finish("tool_calls")
        expect(page.locator(".tool")).to_contain_text('{"city":"Tokyo"}')
        expect(page.locator(".tool[data-mark=same]")).to_contain_text("get_weather")


class TestKeys:
    def test_shift_enter_breaks_the_line(self, page: Page, pen: Pen) -> None:
        box = page.get_by_label("Your message")
        box.fill("one")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("two")
        expect(box).to_have_value("one\ntwo")
        expect(page.locator(".question")).to_have_count(0)

    def test_enter_that_ends_a_composition_does_not_send(self, page: Page, upstream: DemoUpstream) -> None:
        box = page.get_by_label("Your message")
        box.focus()
        composer = page.context.new_cdp_session(page)
        composer.send("Input.imeSetComposition", {"text": "にほんご", "selectionStart": 4, "selectionEnd": 4})
        enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
        composer.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
        composer.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
        expect(page.locator(".question")).to_have_count(0)
        composer.send("Input.insertText", {"text": "日本語"})
        expect(box).to_have_value("日本語")
        page.keyboard.press("Enter")
        expect(page.locator(".question")).to_contain_text("日本語")
        upstream.calls.wait_for(lambda calls: any(call.method == "POST" for call in calls))

    def test_nothing_is_sent_while_an_answer_is_being_written(self, page: Page, pen: Pen) -> None:
        ask(page, "First")
        pen.write("…")
        expect(page.locator(".answer .prose")).to_have_text("…")
        ask(page, "Second")
        expect(page.get_by_label("Your message")).to_have_value("Second")
        expect(page.locator(".question")).to_have_count(1)


class TestStop:
    @pytest.mark.parametrize("way", ["button", "escape"])
    def test_it_keeps_the_text_marks_it_and_ends_the_call(self, page: Page, pen: Pen, upstream: DemoUpstream, way: str) -> None:
        ask(page, "Hello")
        pen.write("Half of")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        if way == "button":
            page.get_by_role("button", name="Stop").click()
        else:
            page.keyboard.press("Escape")
        expect(page.locator(".notice")).to_contain_text("Stopped by you.")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        pen.write(" it all")
        pen.scribble()
        upstream.calls.wait_for(lambda calls: [call.state for call in calls] == ["closed-by-client"])
        expect(page.locator(".answer .prose")).to_have_text("Half of")

    def test_a_stopped_answer_is_part_of_the_next_context(self, page: Page, pen: Pen, upstream: DemoUpstream) -> None:
        ask(page, "Hello")
        pen.write("Half of")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        page.get_by_role("button", name="Stop").click()
        pen.scribble()
        upstream.calls.wait_for(lambda calls: calls[0].state == "closed-by-client")
        ask(page, "And?")
        pen.answer("So.")
        expect(page.locator(".answer .prose").nth(1)).to_have_text("So.")
        assert [message["content"] for message in pen.requests[1]["messages"]] == ["Hello", "Half of", "And?"]  # type: ignore[attr-defined]  # JSON


class TestBranches:
    def test_regenerate_keeps_both_answers_to_switch_between_and_compare(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        pen.answer("The first.")
        page.get_by_role("button", name="Answer otherwise").click()
        dialog = page.get_by_role("dialog", name="Answer otherwise")
        dialog.get_by_label("Temperature").fill("1.5")
        dialog.get_by_role("button", name="Answer", exact=True).click()
        pen.answer("The second.")
        expect(page.locator(".answer .prose")).to_have_text("The second.")
        assert pen.requests[1]["temperature"] == 1.5
        expect(page.locator(".answer .facts")).to_contain_text("temperature 1.5")
        expect(page.locator(".answer .position")).to_contain_text("2/2")
        page.get_by_role("button", name="Previous version").click()
        expect(page.locator(".answer .prose")).to_have_text("The first.")
        page.get_by_role("button", name="Compare the answers").click()
        columns = page.get_by_role("dialog", name="Answers side by side").locator(".column")
        expect(columns.nth(0)).to_contain_text("The first.")
        expect(columns.nth(1)).to_contain_text("The second.")
        columns.nth(1).get_by_role("button", name="Go on with this one").click()
        expect(page.locator(".answer .prose")).to_have_text("The second.")

    def test_another_model_may_answer(self, page: Page, pen: Pen, upstream: DemoUpstream) -> None:
        ask(page, "Hello")
        pen.answer("The first.")
        page.get_by_role("button", name="Answer otherwise").click()
        dialog = page.get_by_role("dialog", name="Answer otherwise")
        dialog.get_by_label("Model").select_option("demo/friendly")
        dialog.get_by_role("button", name="Answer", exact=True).click()
        expect(page.locator(".answer .facts")).to_contain_text("friendly")

    def test_an_edited_question_is_a_branch(self, page: Page, pen: Pen) -> None:
        ask(page, "Cats?")
        pen.answer("Meow.")
        page.locator(".question").hover()
        page.get_by_role("button", name="Edit").click()
        page.get_by_label("Edit your message").fill("Dogs?")
        page.keyboard.press("Enter")
        pen.answer("Woof.")
        expect(page.locator(".answer .prose")).to_have_text("Woof.")
        assert pen.requests[1]["messages"] == [{"role": "user", "content": "Dogs?"}]
        page.locator(".question").hover()
        page.get_by_role("button", name="Previous version").click()
        expect(page.locator(".question .prose")).to_have_text("Cats?")
        expect(page.locator(".answer .prose")).to_have_text("Meow.")

    def test_continue_writes_on_in_the_same_answer(self, page: Page, pen: Pen) -> None:
        ask(page, "Count")
        pen.write("one, t")
        pen.finish("length")
        expect(page.locator(".notice")).to_contain_text("Cut off")
        page.get_by_role("button", name="Continue").click()
        pen.answer("wo, three")
        expect(page.locator(".answer .prose")).to_have_text("one, two, three")
        expect(page.locator(".answer")).to_have_count(1)
        expect(page.locator(".notice")).to_have_count(0)


class TestCopy:
    def test_a_message_as_it_was_written(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        pen.answer("Some **bold** text")
        expect(page.locator(".answer strong")).to_have_text("bold")
        page.locator(".answer").get_by_role("button", name="Copy the message").click()
        expect(page.get_by_role("status").first).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == "Some **bold** text"

    def test_a_block_of_code(self, page: Page, pen: Pen) -> None:
        ask(page, "Hello")
        pen.answer("Look:\n\n```js\nlet a = 1;\n\nlet b;\n```\n")
        page.locator(".code").get_by_role("button", name="Copy").click()
        expect(page.locator(".copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "let a = 1;\n\nlet b;"


class TestContext:
    def test_the_oldest_turns_stay_behind_when_the_window_is_full_and_the_page_says_so(
        self, open_page: OpenPage, pen: Pen
    ) -> None:
        page = open_page(model=PEN, models=[{"id": pen.model, "context_window": 200}])
        for number in range(3):
            ask(page, f"Question {number} " + "word " * 20)
            pen.answer(f"Answer {number} " + "word " * 20)
            expect(page.get_by_role("button", name="Send")).to_be_visible()
        sent = pen.requests[2]["messages"]
        assert isinstance(sent, list)
        assert sent[-1]["content"].startswith("Question 2")
        assert sent[0]["content"].startswith("Question 1")
        expect(page.locator(".answer").nth(2).locator(".left-out")).to_contain_text("2 oldest messages were not sent")

    def test_the_system_prompt_always_goes_along(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN)
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("System prompt").fill("Be brief.")
        page.keyboard.press("Escape")
        ask(page, "Hello")
        pen.answer("Hi.")
        expect(page.locator(".answer .prose")).to_have_text("Hi.")
        messages = pen.requests[0]["messages"]
        assert isinstance(messages, list)
        assert messages[0] == {"role": "system", "content": "Be brief."}


class TestSilence:
    """How long nothing has come is told when that is long."""

    def test_before_the_first_word(self, page: Page, pen: Pen) -> None:
        page.clock.install()
        ask(page, "Hello")
        expect(page.locator(".answer .waiting")).to_be_visible()
        expect(page.get_by_text("Still waiting")).to_be_hidden()
        page.clock.fast_forward(9000)
        expect(page.locator(".answer .waiting")).to_contain_text(re.compile(r"Still waiting for the first word, (9|10) sec"))
        pen.answer("Here.")
        expect(page.locator(".answer .waiting")).to_be_hidden()

    def test_in_the_middle_it_looks_otherwise(self, page: Page, pen: Pen) -> None:
        page.clock.install()
        ask(page, "Hello")
        pen.write("Half of")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        expect(page.locator(".answer .waiting")).to_be_hidden()
        page.clock.fast_forward(20_000)
        expect(page.locator(".answer .waiting.stalled")).to_contain_text(re.compile(r"Nothing new for 2[01] sec"))
        pen.write(" it")
        expect(page.locator(".answer .prose")).to_have_text("Half of it")
        expect(page.locator(".answer .waiting")).to_be_hidden()
        pen.finish()
