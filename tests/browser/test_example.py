"""public/examples/minimal.html, the file that people copy: what it shows of an answer, and of what is none."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.browser.conftest import sample
from tests.conftest import StartWorker
from tests.tokens import ENTRIES
from tools.pyodide_bundle import ROOT

HTML = (ROOT / "public" / "examples" / "minimal.html").read_text()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in which nothing may go wrong without a word."""
    page = chromium.new_page()
    uncaught: list[str] = []
    page.on("pageerror", lambda error: uncaught.append(error.message))
    yield page
    page.close()
    assert uncaught == []


def ask(page: Page, address: str) -> Locator:
    """Ask something there; gives the place of the answer."""
    page.goto(address)
    page.get_by_label("Question").fill("What is streaming?")
    page.get_by_role("button", name="Ask").click()
    return page.locator("#answer")


class TestInFrontOfTheEdge:
    """As the edge serves it, with its Content-Security-Policy."""

    def test_shows_the_whole_answer_and_no_warning(self, page: Page, page_url: str) -> None:
        answer = ask(page, f"{page_url}/examples/minimal.html")
        expect(answer).to_contain_text("start again to talk to a real model.")
        expect(answer).not_to_contain_text("⚠")

    def test_a_missing_token_is_told(self, page: Page, start_worker: StartWorker) -> None:
        closed = start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES, UPSTREAM_RETRIES="0", HISTORY="off")
        expect(ask(page, f"{closed.url}/examples/minimal.html")).to_contain_text(re.compile("⚠ .*access token"))

    @pytest.mark.parametrize(
        ("fault", "shown"),
        [
            ("402", "⚠ Model 'demo/fault-402' requires a higher IO Intelligence tier"),  # {"detail": "…"}
            ("422", "⚠ body.messages: Field required"),  # {"detail": [{"msg": "…"}]}
            ("429", "⚠ Rate limit reached."),  # {"error": {"message": "…"}}
            ("500", "⚠ Internal Server Error"),  # plain text
            ("502", "⚠ 502 Bad Gateway"),  # a web page
            ("503", "⚠ The model is being loaded."),  # {"message": "…"}
            ("truncated", "⚠ The answer broke off."),
            ("empty", "⚠ The answer broke off."),
            ("reset-midstream", "⚠ "),  # the browser's words
            ("error-midstream", "⚠ EngineCore encountered an issue."),
        ],
    )
    def test_what_goes_wrong_is_told(self, page: Page, page_url: str, fault: str, shown: str) -> None:
        def ask_for_it(route: Route) -> None:
            route.continue_(post_data={**json.loads(route.request.post_data or ""), "model": f"demo/fault-{fault}"})

        page.route("**/v1/chat/completions", ask_for_it)
        answer = ask(page, f"{page_url}/examples/minimal.html")
        expect(answer).to_contain_text(shown)
        if fault in ("truncated", "error-midstream"):  # a reset may overtake what was sent before it
            expect(answer).to_contain_text(re.compile("^This stream"))  # what had come stays


class TestAStream:
    """In front of a server that sends what it is given."""

    @pytest.fixture
    def answered(self, page: Page, httpserver: HTTPServer) -> Callable[..., Locator]:
        def ask_for(pieces: Iterator[bytes]) -> Locator:
            httpserver.expect_request("/").respond_with_data(HTML, content_type="text/html; charset=utf-8")
            httpserver.expect_request("/v1/chat/completions").respond_with_response(
                Response(pieces, mimetype="text/event-stream")
            )
            return ask(page, httpserver.url_for("/"))

        return ask_for

    @pytest.mark.parametrize("name", ["chat.sse", "crlf-comments.sse", "japanese.sse"])
    def test_may_come_cut_anywhere(self, answered: Callable[..., Locator], name: str) -> None:
        stream = sample(name)
        chunks = [json.loads(data) for data in re.findall(r"^data: ?(\{.*\})\r?$", stream.decode(), re.MULTILINE)]
        text = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"][:1])
        assert len(text) > 10
        expect(answered(stream[at : at + 1] for at in range(len(stream)))).to_have_text(text)

    def test_may_end_its_lines_with_cr_and_begin_with_a_mark(self, answered: Callable[..., Locator]) -> None:
        stream = b'\xef\xbb\xbfdata:{"choices":[{"delta":{"content":"a\xe2\x80\xa8b"}}]}\r\rdata: [DONE]\r\r'
        expect(answered(iter([stream]))).to_have_text("a\u2028b")

    def test_may_end_with_a_finish_reason_alone(self, answered: Callable[..., Locator]) -> None:
        stream = b'data: {"choices":[{"delta":{"content":"all"},"finish_reason":"stop"}]}\n\n'
        expect(answered(iter([stream]))).to_have_text("all")

    def test_that_ends_within_an_event_broke_off(self, answered: Callable[..., Locator]) -> None:
        stream = b'data: {"choices":[{"delta":{"content":"half"}}]}\n\ndata: {"choices":[{"del'
        expect(answered(iter([stream]))).to_have_text("half ⚠ The answer broke off.")
