"""Pictures and files in a question: attached, made small, sent, shown, kept."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, reload, rooms, violations
from tests.browser.pen import Pen
from tests.conftest import Handler

PLACE = b"48.137 N, 11.575 E"

DRAW = """async ([width, height, type]) => {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  for (let at = 0; at < 300; at++) {
    context.fillStyle = `hsl(${at * 7 % 360} ${at % 100}% ${at * 3 % 100}%)`;
    context.fillRect(at * 37 % width, at * 53 % height, 40, 30);
  }
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type })).arrayBuffer());
  return bytes.toBase64();
}"""

HAND_OVER = """([kind, files, text]) => {
  const data = new DataTransfer();
  for (const { name, mimeType, base64 } of files)
    data.items.add(new File([Uint8Array.fromBase64(base64)], name, { type: mimeType }));
  if (text) data.setData('text/plain', text);
  const options = { bubbles: true, cancelable: true };
  const input = document.querySelector('#input');
  if (kind === 'paste') return input.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: data }));
  for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { ...options, dataTransfer: data }));
}"""


@pytest.fixture
def reader(play: Callable[[Handler], str]) -> Pen:
    """Writes for a model that takes no pictures."""
    reader = Pen()
    reader.model = play(reader)
    return reader


@pytest.fixture
def page(open_page: OpenPage, pen: Pen, reader: Pen) -> Page:
    return open_page(model=PEN, models=[{"id": pen.model}, {"id": reader.model, "supports_images_input": False}])


def picture(page: Page, name: str, width: int = 60, height: int = 40, kind: str = "image/png") -> FilePayload:
    drawn = page.evaluate(DRAW, [width, height, kind])
    return {"name": name, "mimeType": kind, "buffer": base64.b64decode(drawn)}


def from_camera(photo: FilePayload) -> FilePayload:
    """A JPEG as a camera that was held upright writes it: lying, with a word that it is to be turned, and where it was taken."""
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0" + PLACE
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    jpeg = photo["buffer"]
    return {**photo, "buffer": jpeg[:2] + segment + jpeg[2:]}


def text_file(name: str, content: bytes, kind: str = "") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def attach(page: Page, *files: FilePayload) -> None:
    page.locator("#attach-file").set_input_files(list(files))


def hand_over(page: Page, kind: str, *files: FilePayload, text: str = "") -> None:
    """Paste or drop them."""
    given = [{**file, "buffer": None, "base64": base64.b64encode(file["buffer"]).decode()} for file in files]
    page.evaluate(HAND_OVER, [kind, given, text])


def sent(pen: Pen, request: int, message: int) -> Any:
    """What stands in that message of that request."""
    messages = pen.requests[request]["messages"]
    assert isinstance(messages, list)
    return messages[message]["content"]


def choose_model(page: Page, name: str) -> None:
    page.get_by_role("button", name="Model:").click()
    page.get_by_role("radio", name=name).click()


def test_a_large_picture_is_sent_small_shown_and_kept(page: Page, pen: Pen) -> None:
    attach(page, picture(page, "mountain lake.png", 3200, 2000))
    attached = page.get_by_role("list", name="Attached")
    expect(attached.get_by_role("img", name="mountain lake.png")).to_be_visible()
    assert violations(page) == []
    ask(page, "What is this?")
    expect(attached).to_be_hidden()
    pen.answer("A lake.")
    expect(page.locator(".answer .prose")).to_have_text("A lake.")

    words, image = sent(pen, 0, 0)
    assert words == {"type": "text", "text": "What is this?"}
    url = image["image_url"]["url"]
    assert image == {"type": "image_url", "image_url": {"url": url}}
    assert url.startswith("data:image/jpeg;base64,")

    reload(page)
    enlarge = page.locator(".question").get_by_role("button", name="Enlarge mountain lake.png")
    expect(enlarge.get_by_role("img")).to_have_js_property("naturalWidth", 1568)
    expect(enlarge.get_by_role("img")).to_have_js_property("naturalHeight", 980)
    enlarge.click()
    expect(page.get_by_role("dialog", name="mountain lake.png").get_by_role("img")).to_have_attribute("src", url)
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(enlarge).to_be_focused()


def test_pictures_are_pasted_dropped_and_taken_away_and_may_be_all_there_is(page: Page, pen: Pen) -> None:
    small = picture(page, "small.png")
    hand_over(page, "paste", small)
    hand_over(
        page, "drop", from_camera(picture(page, "photo.jpg", kind="image/jpeg")), picture(page, "wrong.webp", kind="image/webp")
    )
    # A spreadsheet brings a picture of its cells beside their text.
    hand_over(page, "paste", picture(page, "cells.png"), text="a cell")
    attached = page.get_by_role("list", name="Attached").get_by_role("listitem")
    expect(attached).to_have_count(3)
    page.get_by_role("button", name="Remove “wrong.webp”").click()
    expect(attached).to_have_count(2)
    expect(page.get_by_label("Your message")).to_be_focused()
    page.get_by_role("button", name="Send").click()
    pen.answer("Two pictures.")
    expect(page.locator(".answer .prose")).to_have_text("Two pictures.")

    first, second = (part["image_url"]["url"] for part in sent(pen, 0, 0))
    assert base64.b64decode(first.partition(",")[2]) == small["buffer"]  # a small PNG stays as it is
    assert PLACE not in base64.b64decode(second.partition(",")[2])
    expect(page.locator(".question").get_by_role("img", name="photo.jpg")).to_have_js_property("naturalHeight", 60)
    expect(rooms(page).get_by_role("button", name="small.png").first).to_be_visible()


def test_an_edit_and_another_answer_keep_the_pictures(page: Page, pen: Pen) -> None:
    attach(page, picture(page, "cat.png"))
    expect(page.get_by_role("list", name="Attached")).to_be_visible()
    ask(page, "A dog?")
    pen.answer("No.")
    expect(page.locator(".answer .prose")).to_have_text("No.")
    page.locator(".question").hover()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Edit your message").fill("A cat?")
    page.keyboard.press("Enter")
    pen.answer("Yes.")
    expect(page.locator(".answer .prose")).to_have_text("Yes.")
    expect(page.locator(".question").get_by_role("img", name="cat.png")).to_be_visible()
    ask(page, "Sure?")
    pen.answer("Quite.")
    expect(page.locator(".answer .prose").last).to_have_text("Quite.")
    image = sent(pen, 0, 0)[1]
    assert sent(pen, 1, 0) == [{"type": "text", "text": "A cat?"}, image]
    assert sent(pen, 2, 0) == [{"type": "text", "text": "A cat?"}, image]
    assert sent(pen, 2, 2) == "Sure?"


def test_a_model_without_pictures_gets_none_and_the_page_says_so(page: Page, pen: Pen, reader: Pen) -> None:
    cat = picture(page, "cat.png")
    attach(page, cat)
    ask(page, "What is this?")
    pen.answer("A cat.")
    expect(page.locator(".answer .prose")).to_have_text("A cat.")
    attach(page, cat)
    expect(page.get_by_role("list", name="Attached")).to_be_visible()

    choose_model(page, reader.model)
    refusal = page.get_by_text("This model takes no pictures. Choose another model to send them.")
    expect(page.get_by_role("button", name="Attach text files: this model takes no pictures")).to_be_visible()
    ask(page, "And this?")
    expect(refusal).to_be_visible()
    expect(page.get_by_label("Your message")).to_have_value("And this?")
    page.get_by_role("button", name="Remove “cat.png”").click()
    page.get_by_label("Your message").fill("")
    hand_over(page, "paste", cat)
    expect(refusal).to_be_visible()
    expect(page.get_by_role("list", name="Attached")).to_be_hidden()

    ask(page, "Which breed?")
    reader.answer("Who knows?")
    expect(page.locator(".answer .prose").last).to_have_text("Who knows?")
    expect(page.get_by_text("A picture was not sent along: this model takes none.")).to_be_visible()
    assert [sent(reader, 0, message) for message in range(3)] == ["What is this?", "A cat.", "Which breed?"]


def test_what_is_too_large_is_told_before_it_is_sent(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, config={"limits": {"max_body_bytes": 100_000}})
    page.wait_for_load_state("networkidle")  # the limit is known
    for number in range(4):
        attach(page, picture(page, f"{number}.jpg", 300, 300, "image/jpeg"))
    expect(page.get_by_role("list", name="Attached").get_by_role("listitem")).to_have_count(4)
    ask(page, "What are these?")
    expect(page.get_by_text("This is larger than the 0.1 MB that this edge takes.")).to_be_visible()
    assert pen.requests == []
    for number in range(3):
        page.get_by_role("button", name=f"Remove “{number}.jpg”").click()
    page.get_by_role("button", name="Send").click()
    pen.answer("One.")
    expect(page.locator(".answer .prose")).to_have_text("One.")
    assert len(json.dumps(pen.requests[0])) < 100_000


def test_a_text_file_is_quoted_and_what_is_neither_is_refused(page: Page, pen: Pen) -> None:
    attach(
        page,
        text_file("notes.md", "# 注意\n```sh\nls\n```\n".encode(), "text/markdown"),
        text_file("a.svg", b"<svg/>", "image/svg+xml"),
    )
    attached = page.get_by_role("list", name="Attached")
    expect(attached).to_contain_text("notes.md")
    for name, content, kind, word in (
        ("scan.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "application/pdf", "“scan.pdf” is neither a picture nor a text."),
        ("program", b"ab\0c", "", "“program” is neither a picture nor a text."),
        ("phone.heic", b"\0\0\0\x18ftypheic", "image/heic", "“phone.heic” can't be read here."),
        ("log.txt", b"x" * 600_000, "text/plain", "“log.txt” is too large to attach."),
    ):
        attach(page, text_file(name, content, kind))
        expect(page.locator("#banner")).to_contain_text(word)
    expect(attached.get_by_role("listitem")).to_have_count(2)
    ask(page, "Explain")
    pen.answer("It lists.")
    expect(page.locator(".answer .prose")).to_have_text("It lists.")
    quoted = "Explain\n\nnotes.md:\n````md\n# 注意\n```sh\nls\n```\n````\n\na.svg:\n```svg\n<svg/>\n```"
    assert sent(pen, 0, 0) == quoted
    expect(page.locator(".question .prose")).to_have_text(quoted)
