"""Pictures in an answer: nothing of them is asked for before a click."""

import base64

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PEN, OpenPage, ask, reload
from tests.browser.pen import Pen

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
HOST = "https://pictures.example"
CORS = {"access-control-allow-origin": "*"}

ANSWER = f"""![A cat]({HOST}/cat.png) and ![A dog]({HOST}/dog.png)

![Elsewhere](https://other.example/x.png) ![Plain](http://pictures.example/y.png)
"""


def serve(page: Page, path: str, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> list[Route]:
    """Answer for a picture; the requests for it are put into what is returned."""
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        route.fulfill(body=body, headers=(CORS if headers is None else headers) | {"content-type": content_type})

    page.context.route(HOST + path, answer)
    return asked


def test_a_click_shows_the_pictures_of_its_host_in_their_places(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, also=[HOST])
    asked = serve(page, "/*.png", PNG, "image/png")
    page.context.add_cookies([{"name": "secret", "value": "1", "url": HOST}])
    ask(page, "Hello")
    pen.answer(ANSWER)
    answer = page.locator(".answer .prose")
    expect(answer.get_by_role("button", name="Load here")).to_have_count(3)
    assert asked == []
    answer.get_by_role("button", name="Load here pictures.example").first.focus()
    page.keyboard.press("Enter")
    for name in ("A cat", "A dog"):
        picture = answer.get_by_role("img", name=name)
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") == 1
        expect(answer.get_by_role("link", name=name)).to_have_attribute("target", "_blank")
    expect(answer.get_by_role("link", name="A cat")).to_be_focused()
    expect(answer.get_by_role("button", name="Load here")).to_have_count(1)
    for route in asked:
        headers = route.request.all_headers()
        assert "cookie" not in headers
        assert "referer" not in headers
    # What comes later from there is shown too; others wait, and so does all of it on the next visit.
    ask(page, "More")
    pen.answer(f"![A bird]({HOST}/bird.png)")
    expect(page.get_by_role("img", name="A bird")).to_be_visible()
    assert len(asked) == 3
    reload(page)
    expect(page.get_by_role("button", name="Load here pictures.example")).to_have_count(3)
    assert len(asked) == 3


def test_what_is_no_picture_or_may_not_be_read_is_a_link(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, also=[HOST], refusals=True, tolerate=["CORS policy"])
    serve(page, "/drawing.svg", SVG, "image/svg+xml")
    serve(page, "/page.png", b"<script>alert(1)</script>", "text/html")
    serve(page, "/broken.png", b"nothing", "image/png")
    serve(page, "/closed.png", PNG, "image/png", {"access-control-allow-origin": "https://another.example"})
    serve(page, "/large.png", PNG + bytes(20_000_000), "image/png")
    ask(page, "Hello")
    names = ("drawing.svg", "page.png", "broken.png", "closed.png", "large.png")
    pen.answer("\n\n".join(f"![{name}]({HOST}/{name})" for name in names))
    answer = page.locator(".answer .prose")
    answer.get_by_role("button", name="Load here").first.click()
    expect(answer.get_by_text("It can't be shown here.")).to_have_count(len(names))
    for name in names:
        expect(answer.get_by_role("link", name=f"Open the picture: {name}")).to_have_attribute("href", f"{HOST}/{name}")
    expect(answer.get_by_role("img")).to_have_count(0)


def test_the_policy_loads_no_picture_from_elsewhere(open_page: OpenPage) -> None:
    page = open_page(also=[HOST], tolerate=["Content Security Policy"])
    result = """address => new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve('shown');
      image.onerror = () => resolve('refused');
      image.src = address;
    })"""
    assert page.evaluate(result, f"{HOST}/cat.png") == "refused"
