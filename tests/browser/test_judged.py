"""An answer that the edge's guard found unsafe, or could not check, is covered once that is known."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from werkzeug import Request, Response

from tests.browser.conftest import PEN, OpenPage, ask, reload, rooms, violations, wait_until
from tests.browser.pen import Pen
from tests.browser.test_personas import KEPT
from tests.conftest import StartWorker
from tests.streams import saying
from tools.upstream.server import DemoUpstream

WORDS = "Take the blue wire"
UNSAFE = {"verdict": "unsafe", "categories": ["S1", "S9", "X7"], "hidden": True, "may_show": False}
MAY_SHOW = {**UNSAFE, "may_show": True}
UNJUDGED = {"verdict": "unjudged", "categories": [], "hidden": True, "may_show": False}
SAFE = {"verdict": "safe", "categories": [], "hidden": False, "may_show": True}

Verdict = dict[str, object]


def judged(page: Page, verdict: Verdict | None, missing: int = 0) -> list[str]:
    """Have the edge say this of each answer, once it has had nothing to say so many times, or for good with None.

    Returns the ids of the answers that it is asked about.
    """
    asked: list[str] = []

    def tell(route: Route) -> None:
        asked.append(route.request.url.rsplit("/", 1)[1])
        if verdict is None or len(asked) <= missing:
            route.fulfill(status=404, json={"error": {"message": "None yet.", "code": "verdict_not_found"}})
        else:
            route.fulfill(json={"request_id": asked[-1], **verdict})

    page.route("**/api/verdicts/*", tell)
    return asked


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN, config={"moderate_answers": "after"}, refusals=True)


def answer(page: Page, pen: Pen, text: str = f"{WORDS} first.", question: str = "How?") -> Locator:
    """Ask, and have it answered; the answer."""
    ask(page, question)
    pen.write("Hm, wires.", field="reasoning_content")
    pen.answer(text)
    last = page.locator(".answer").last
    expect(last).to_have_attribute("data-state", "ended")
    return last


def test_it_streams_as_ever_and_is_covered_when_the_guard_has_read_it(page: Page, pen: Pen) -> None:
    asked = judged(page, UNSAFE, missing=1)
    ask(page, "How?")
    pen.write(WORDS)
    shown = page.locator(".answer")
    expect(shown).to_contain_text(WORDS)
    assert asked == []
    pen.finish()
    expect(shown.locator(".cover .said")).to_have_text(
        "This answer was found unsafe. In it: violent crimes, indiscriminate weapons, and X7. What you ask next goes without it."
    )
    expect(page.locator("#status")).to_have_text("The answer was covered")
    assert len(asked) == 2
    assert asked[0] == asked[1]
    assert violations(page) == []


def test_nothing_gives_it_away(page: Page, pen: Pen) -> None:
    judged(page, UNSAFE)
    shown = answer(page, pen)
    expect(shown.locator(".cover")).to_be_visible()
    assert WORDS not in page.locator("body").inner_text()
    assert WORDS not in page.locator("#transcript").aria_snapshot()
    assert "wires" not in page.locator("#transcript").inner_text()
    page.keyboard.press("Control+a")
    page.locator("#scroller").focus()
    page.keyboard.press("Control+a")
    assert WORDS not in page.evaluate("getSelection().toString()")
    expect(shown.get_by_role("button", name="Copy")).to_have_count(0)
    expect(shown.get_by_role("button", name="Continue")).to_have_count(0)
    expect(shown.get_by_role("button", name="Show it")).to_have_count(0)
    panel = rooms(page)
    panel.get_by_role("button", name="Options for “How?”").click()
    panel.get_by_role("menuitem", name="Copy as Markdown").click()
    wait_until(page, lambda: "This answer is covered." in page.evaluate("navigator.clipboard.readText()"))
    assert WORDS not in page.evaluate("navigator.clipboard.readText()")
    panel.get_by_label("Search your chats").fill("blue wire")
    expect(panel.get_by_text("No chat matches.")).to_be_visible()


def test_it_is_still_covered_after_a_reload(page: Page, pen: Pen) -> None:
    judged(page, UNSAFE)
    expect(answer(page, pen).locator(".cover")).to_be_visible()
    wait_until(page, lambda: page.evaluate(KEPT)["answers"][0]["facts"].get("verdict") == UNSAFE)
    asked = judged(page, None)
    reload(page)
    expect(page.locator(".answer .cover")).to_be_visible()
    expect(page.locator(".answer .prose")).to_be_hidden()
    assert asked == []


def test_a_page_that_was_closed_too_early_hears_of_it_when_it_opens_again(page: Page, pen: Pen) -> None:
    judged(page, None)
    expect(answer(page, pen).locator(".prose")).to_be_visible()
    wait_until(page, lambda: len(page.evaluate(KEPT)["answers"][0]["facts"]["judging"]) == 1)
    judged(page, UNSAFE)
    reload(page)
    expect(page.locator(".answer .cover")).to_be_visible()


def test_also_where_the_edge_has_not_said_yet_that_it_judges(page: Page, pen: Pen) -> None:
    judged(page, UNSAFE)
    page.route("**/api/config", lambda route: route.abort())
    reload(page)
    expect(answer(page, pen).locator(".cover")).to_be_visible()


def test_it_can_be_shown_where_the_owner_allows_it_and_covered_again(page: Page, pen: Pen) -> None:
    judged(page, MAY_SHOW)
    shown = answer(page, pen)
    shown.get_by_role("button", name="Show it").focus()
    page.keyboard.press("Enter")
    expect(shown.locator(".prose")).to_have_text(f"{WORDS} first.")
    expect(shown.get_by_role("button", name="Copy")).to_be_visible()
    again = shown.get_by_role("button", name="Cover it again")
    expect(again).to_be_focused()
    page.keyboard.press("Enter")
    expect(shown.locator(".prose")).to_be_hidden()
    expect(shown.get_by_role("button", name="Show it")).to_be_focused()


def test_what_is_asked_next_goes_without_it(page: Page, pen: Pen) -> None:
    judged(page, MAY_SHOW)
    expect(answer(page, pen).locator(".cover")).to_be_visible()
    answer(page, pen, "Tea.", question="And to drink?")
    assert pen.requests[-1]["messages"] == [{"role": "user", "content": "And to drink?"}]


def test_what_could_not_be_checked_says_so(page: Page, pen: Pen) -> None:
    judged(page, UNJUDGED)
    expect(answer(page, pen).locator(".cover .said")).to_have_text(
        "This answer could not be checked. What you ask next goes without it."
    )


def test_what_is_safe_stays_as_it_is(page: Page, pen: Pen) -> None:
    asked = judged(page, SAFE)
    shown = answer(page, pen)
    wait_until(page, lambda: asked != [])
    wait_until(page, lambda: page.evaluate(KEPT)["answers"][0]["facts"].get("verdict") == SAFE)
    expect(shown.locator(".cover")).to_be_hidden()
    expect(shown.get_by_role("button", name="Copy")).to_be_visible()


def test_side_by_side_it_is_covered_too(page: Page, pen: Pen) -> None:
    judged(page, MAY_SHOW)
    expect(answer(page, pen).locator(".cover")).to_be_visible()
    page.get_by_role("button", name="Answer once more").click()
    pen.answer("Another way.")
    expect(page.locator(".answer .cover")).to_be_visible()
    page.get_by_role("button", name="Compare the answers").click()
    columns = page.get_by_role("dialog", name="Answers side by side")
    expect(columns.locator(".cover")).to_have_text([re.compile("found unsafe")] * 2)
    expect(columns.get_by_text(WORDS)).to_be_hidden()
    columns.get_by_role("button", name="Show it").first.click()
    expect(columns.get_by_text(WORDS)).to_be_visible()


def test_a_room_is_not_named_by_it(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, config={"moderate_answers": "after", "titles": True}, refusals=True)
    judged(page, UNSAFE, missing=1)
    expect(answer(page, pen).locator(".cover")).to_be_visible()
    judged(page, SAFE)
    page.get_by_role("button", name="New chat").click()
    answer(page, pen, "Tea.", question="And to drink?")
    pen.answer("Something to drink")
    expect(page).to_have_title("Something to drink · ionet edge")
    assert len(pen.requests) == 3
    assert WORDS not in str(pen.requests)


def test_an_edge_that_does_not_judge_is_not_asked(open_page: OpenPage, pen: Pen) -> None:
    for config in ({}, {"moderate_answers": "off"}, {"moderate_answers": "before"}):
        page = open_page(model=PEN, config=config)
        asked = judged(page, UNSAFE)
        expect(answer(page, pen).get_by_role("button", name="Copy")).to_be_visible()
        with page.expect_response("**/api/config"):
            reload(page)
        expect(page.locator(".answer .prose")).to_be_visible()
        assert asked == []


def test_in_japanese(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, locale="ja-JP", config={"moderate_answers": "after"})
    judged(page, MAY_SHOW)
    page.get_by_label("メッセージ", exact=True).last.fill("How?")
    page.keyboard.press("Enter")
    pen.answer(WORDS)
    expect(page.locator(".answer .cover .said")).to_have_text(
        "この回答は安全でないと判定されました。該当する項目：暴力犯罪、無差別兵器、X7。これ以降の質問には含まれません。"
    )
    page.get_by_role("button", name="表示する").click()
    expect(page.locator(".answer .prose")).to_have_text(WORDS)


class TestByARealGuard:
    """Nothing of the edge is made up here: the guard is a model of the upstream's, and finds whatever names the blue wire unsafe."""

    @pytest.fixture(autouse=True)
    def guard(self, upstream: DemoUpstream) -> None:
        def judge(request: Request) -> Response:
            last = request.get_json()["messages"][-1]
            return saying("unsafe\nS1" if last["role"] == "assistant" and "blue wire" in last["content"] else "safe")

        upstream.faults["guard"] = judge

    @pytest.fixture(params=["after", "before"])
    def when(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def page_url(self, start_worker: StartWorker, when: str) -> str:
        return start_worker(MODERATION_MODEL="demo/fault-guard", MODERATE_ANSWERS=when, SHOW_UNSAFE_ANSWERS="on").url

    def test_what_is_unsafe_is_covered_or_does_not_come(self, open_page: OpenPage, pen: Pen, when: str) -> None:
        page = open_page(model=PEN, refusals=True)
        ask(page, "How?")
        pen.write("word " * 60 + "\n\n")
        expect(page.locator(".answer .prose")).to_contain_text("word")
        pen.answer(f"{WORDS} first.")
        shown = page.locator(".answer")
        if when == "before":
            expect(shown.locator(".notice.warning")).to_contain_text("A content filter withheld the rest of this answer.")
            expect(shown.locator(".prose")).to_have_text(("word " * 60).strip())
            return
        expect(shown.locator(".cover")).to_contain_text("found unsafe. In it: violent crimes.")
        assert WORDS not in page.locator("body").inner_text()
        shown.get_by_role("button", name="Show it").click()
        expect(shown.locator(".prose")).to_contain_text(WORDS)
