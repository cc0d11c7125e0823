"""Much of everything: it is shown to its end, kept where there is room, and never holds the page up."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from werkzeug import Response

from tests.browser.conftest import PEN, OpenPage, ask, reload
from tests.browser.pen import Pen
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
    reload(page)
    expect(page.locator(".answer .prose > p").first).to_have_text("A line of plain words, number 0.")


def test_a_draft_of_6_mb_that_can_not_be_kept_is_told_and_stays(open_page: OpenPage, play: Callable[[Handler], str]) -> None:
    page = open_page(model=play(stream("Short.")), refusals=True)
    draft = "a few words " * 500_000
    page.get_by_label("Your message").fill(draft)
    expect(page.get_by_text("There is no room to keep this on your device")).to_be_visible()
    assert page.get_by_label("Your message").input_value() == draft
    page.keyboard.press("Enter")
    expect(page.get_by_text("MB that this edge takes")).to_be_visible()
    assert page.get_by_label("Your message").input_value() == draft


DEEP = {
    "quotes": ">" * 2812 + " the core",
    "lists": "- " * 2238 + "the core",
    "both": "> - " * 840 + "the core",
    "numbers": "1. " * 1000 + "the core",
    "indented": "".join("  " * level + "- an item\n" for level in range(400)) + "  " * 400 + "- the core",
    "quotes over lines": "".join("> " * level + "a line\n" for level in range(300)) + "> " * 300 + "the core",
}


@pytest.mark.parametrize("kind", DEEP)
def test_what_nests_too_deeply_is_shown_as_it_was_written(open_page: OpenPage, pen: Pen, kind: str) -> None:
    page = open_page(model=PEN)
    ask(page, "Hello")
    pen.answer(f"Before, **bold**.\n\n{DEEP[kind]}\n\nAfter, **bold** again.")
    ask_again = page.get_by_role("button", name="Send")
    expect(ask_again).to_be_visible()
    ask(page, "And?")
    pen.answer("A *second* answer.")
    for again in (False, True):
        if again:
            reload(page)
        answer = page.locator(".answer .prose").first
        expect(answer.locator("strong")).to_have_text(["bold", "bold"])
        expect(answer.locator(".plain")).to_have_count(1)
        expect(answer.locator(".plain")).to_contain_text("This part is shown as it was written: it is nested too deeply.")
        expect(answer.locator(".plain-text")).to_contain_text("the core")
        expect(answer.locator(".plain-text")).not_to_contain_text("After")
        expect(page.locator(".answer .prose").nth(1).locator("em")).to_have_text("second")


def test_a_rule_of_many_signs_and_code_nest_nothing(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN)
    ask(page, "Hello")
    pen.answer("A\n\n" + "- " * 40 + "\n\nB\n\n- item\n\n  ```\n  " + ">" * 40 + "\n  ```\n\n```\n" + "- " * 40 + "x\n```\n")
    expect(page.locator(".answer .code")).to_have_count(2)
    expect(page.locator(".answer hr")).to_have_count(1)
    expect(page.locator(".answer .plain")).to_have_count(0)


HEAVY = {
    "brackets": "[" * 5000 + "x" + "](u)" * 5000,
    "stars": "*_a" * 5000,
    "bold": "**「あ" * 3000,
    "maths": "$$" + "x^2+" * 10_000 + "y$$",
    "letters": "a" * 300_000,
    "Japanese": "これは空白のない長い文です。" * 10_000,
    "a long quotation": "> a line of words\n" * 5000,
    "marks": "e\u0301" * 30_000,
}


@pytest.mark.parametrize("kind", HEAVY)
def test_what_is_heavy_is_shown_in_pieces_to_its_end(open_page: OpenPage, play: Callable[[Handler], str], kind: str) -> None:
    page = open_page(model=play(stream(HEAVY[kind] + "\n\nThe end.")))
    ask(page, "Hello")
    expect(page.locator(".answer .prose > p, .answer .prose .piece").last).to_contain_text("The end.")
    longest = "prose => Math.max(...[...prose.children].map(part => part.matches('.plain') ? 0 : part.textContent.length))"
    assert page.locator(".answer .prose").evaluate(longest) <= 10_000


def test_a_long_item_keeps_all_that_is_in_it_and_its_place(open_page: OpenPage, play: Callable[[Handler], str]) -> None:
    inner = "    - an inner item of *words*\n" * 700
    text = f"1. first\n2. top\n\n   - inner\n{inner}   - again\n\n   A paragraph of the second.\n3. third\n\nThe end."
    page = open_page(model=play(stream(text)))
    ask(page, "Hello")
    answer = page.locator(".answer .prose")
    expect(answer.locator("> p").last).to_have_text("The end.")
    expect(answer.locator("li em")).to_have_count(700)
    expect(answer.locator("> ol")).to_have_count(1)
    expect(answer.locator("> ul")).to_have_count(0)
    places = answer.locator("li em").evaluate_all("all => [...new Set(all.map(em => em.getBoundingClientRect().left))]")
    assert len(places) == 1
    below = answer.locator("> ol > li > p", has_text="A paragraph of the second.").bounding_box()
    first = answer.locator("> ol > li", has_text="first").bounding_box()
    assert below is not None
    assert first is not None
    assert below["x"] == first["x"]
    shown = answer.locator("> ol > li:not(.continued)")
    expect(shown).to_have_count(3)
    assert page.locator(".answer").evaluate("answer => answer.textContent.includes('\\u2063')") is False


TALL = [
    r"\rule{10000em}{10000em}",
    r"\rule{1em}{99999999pt}",
    r"\def\a{\rule{9em}{9em}\\}\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a",
    r"\begin{matrix}" + r"a\\" * 900 + r"\end{matrix}",
    r"\begin{matrix}" + r"a\\" * 99 + r"\end{matrix}",
    "x^{" * 400 + "y" + "}" * 400,
    r"\raisebox{9000em}{x}\hspace{9000em}x",
]


@pytest.mark.parametrize("formula", TALL)
def test_no_formula_takes_more_than_a_screen(open_page: OpenPage, pen: Pen, formula: str) -> None:
    page = open_page(model=PEN)
    ask(page, "Hello")
    pen.answer(f"Inline ${formula}$ here.\n\n$$\n{formula}\n$$\n\nAnd $x^2$.")
    expect(page.locator(".answer .prose > p").last.locator("math")).to_have_count(1)
    screen = page.evaluate("innerHeight")
    assert page.locator(".answer").evaluate("answer => answer.scrollHeight") < 3 * screen
    assert page.locator("#scroller").evaluate("element => element.scrollWidth <= element.clientWidth")


def test_an_answer_that_can_not_be_shown_as_markdown_is_plain_text_and_takes_no_other_down(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, tolerate=["made to fail"])
    ask(page, "One?")
    pen.answer("First, **bold**.")
    expect(page.locator(".answer strong")).to_have_text("bold")
    page.add_init_script(
        """const find = DocumentFragment.prototype.querySelectorAll;
        DocumentFragment.prototype.querySelectorAll = function (selectors) {
          if (this.textContent.includes('First')) throw new Error('made to fail');
          return find.call(this, selectors);
        };"""
    )
    reload(page)
    expect(page.locator(".answer .plain")).to_contain_text("The formatting of this answer can't be shown. It is plain text.")
    expect(page.locator(".answer .plain-text")).to_have_text("First, **bold**.")
    ask(page, "Two?")
    pen.answer("Second, **bold**.")
    expect(page.locator(".answer").nth(1).locator("strong")).to_have_text("bold")
