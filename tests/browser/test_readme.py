"""What the READMEs show for a page does what they say, in a page of another server on this machine."""

from pathlib import Path

from playwright.sync_api import Browser, expect
from pytest_httpserver import HTTPServer

from tests.documents import ADDRESS, snippet

MESSAGES = '<script>const messages = [{ role: "user", content: "Hello" }];</script>'


def stream_into(chromium: Browser, html: str) -> None:
    """Open a page of this source, and see the demo upstream's answer come whole, as plain text."""
    with HTTPServer() as front_end:
        front_end.expect_request("/").respond_with_data(html, content_type="text/html; charset=utf-8")
        page = chromium.new_page()
        page.goto(front_end.url_for("/"))
        expect(page.locator("pre")).to_contain_text("IONET_API_KEY")  # in its last sentence
        expect(page.locator("pre")).not_to_contain_text("data:")
        page.close()


def test_a_page_with_nothing_but_the_browser(chromium: Browser, page_url: str, readme: Path) -> None:
    stream_into(chromium, snippet(readme, "html", "fetch").replace(ADDRESS, page_url))


def test_where_the_answer_breaks_off_the_page_with_nothing_but_the_browser_says_so(
    chromium: Browser, page_url: str, readme: Path
) -> None:
    html = snippet(readme, "html", "fetch").replace(ADDRESS, page_url)
    with HTTPServer() as front_end:
        html = html.replace("{ messages }", '{ messages, model: "demo/fault-truncated" }')
        front_end.expect_request("/").respond_with_data(html, content_type="text/html; charset=utf-8")
        page = chromium.new_page()
        page.goto(front_end.url_for("/"))
        expect(page.locator("pre")).to_contain_text("broke off")
        expect(page.locator("pre")).not_to_contain_text("data:")
        page.close()


def test_a_page_with_the_edges_module(chromium: Browser, page_url: str, readme: Path) -> None:
    code = snippet(readme, "js", "streamChat").replace(ADDRESS, page_url)
    stream_into(chromium, f'<pre id="output"></pre>{MESSAGES}<script type="module">{code}</script>')
