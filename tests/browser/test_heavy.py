"""Much of everything: it is shown to its end, kept where there is room, and never holds the page up."""

import json
from collections.abc import Callable

from playwright.sync_api import expect
from werkzeug import Response

from tests.browser.conftest import OpenPage, ask
from tests.conftest import Handler


def stream(*pieces: str) -> Handler:
    """Answers with these pieces, an event each."""
    events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return lambda _: Response(body, mimetype="text/event-stream")


LINES = "".join(f"A line of plain words, number {number}.\n\n" for number in range(25_000))


def test_an_answer_of_20_mb_is_shown_to_its_end_and_kept(open_page: OpenPage, play: Callable[[Handler], str]) -> None:
    page = open_page(model=play(stream(LINES * 20 + "And the end.")))
    ask(page, "Hello")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    expect(page.get_by_text("This answer is very long.")).to_be_attached(timeout=60_000)
    expect(page.locator(".answer .plain-text .piece").last).to_contain_text("And the end.", timeout=60_000)
    expect(page.get_by_text("And the end.")).to_be_in_viewport()
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".answer .prose > p").first).to_have_text("A line of plain words, number 0.")


def test_a_draft_of_6_mb_that_can_not_be_kept_is_told_and_stays(open_page: OpenPage, play: Callable[[Handler], str]) -> None:
    page = open_page(model=play(stream("Short.")), refusals=True)
    draft = "a few words " * 500_000
    page.get_by_label("Your message").fill(draft)
    expect(page.get_by_text("There is no room to keep this on your device")).to_be_visible()
    assert page.get_by_label("Your message").input_value() == draft
    page.keyboard.press("Enter")
    expect(page.locator(".question .piece").last).to_contain_text("a few words")
    expect(page.locator(".notice.error")).to_contain_text("longer than the edge allows")
