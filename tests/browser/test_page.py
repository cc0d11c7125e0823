"""The page as a thing that is served: its weight, its headers, its client in a real browser, its example."""

import base64
import gzip
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PEN, OpenPage, ask, sample
from tests.browser.pen import Pen

MAX_KILOBYTES = 120
SAMPLES = sorted(path.name for path in (Path(__file__).parent.parent / "data").glob("*.sse"))

CUT_EVERYWHERE = """async (base64) => {
  const { streamChat } = await import('/ionet-stream.js');
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const read = async (pieces) => {
    const body = new ReadableStream({
      pull(controller) {
        const piece = pieces.shift();
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
    });
    const events = [];
    const fetch = async () => new Response(body);
    for await (const event of streamChat({ url: '/v1/chat/completions', messages: [], fetch })) events.push(event);
    return JSON.stringify(events);
  };
  const whole = await read([bytes.slice()]);
  for (let at = 1; at < bytes.length; at++) {
    if ((await read([bytes.slice(0, at), bytes.slice(at)])) !== whole) return `differs when cut at byte ${at}`;
  }
  return JSON.parse(whole).at(-1).type;
}"""


@pytest.mark.parametrize("name", SAMPLES)
def test_the_client_gives_the_same_events_wherever_a_stream_is_cut(open_page: OpenPage, name: str) -> None:
    assert open_page().evaluate(CUT_EVERYWHERE, base64.b64encode(sample(name)).decode()) == "end"


def test_the_weight_of_first_use(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN)
    ask(page, "Hello")
    pen.answer("Some **bold** text.\n\n- a\n- b\n")
    expect(page.locator(".answer li")).to_have_count(2)
    loaded = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    files = {page.url, *(url for url in loaded if "/v1/" not in url)}
    assert any(url.endswith("/vendor/marked.js") for url in files)
    weight = sum(len(gzip.compress(httpx.get(url).content, 6)) for url in files)
    assert weight / 1000 <= MAX_KILOBYTES


def test_the_headers_of_the_page(page_url: str) -> None:
    for path in ("/", "/vendor/page.js", "/css/base.css"):
        headers = httpx.get(page_url + path).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert "require-trusted-types-for 'script'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["strict-transport-security"].startswith("max-age=")
        assert "camera=()" in headers["permissions-policy"]


def test_any_page_may_import_the_client(page_url: str) -> None:
    for path in ("/ionet-stream.js", "/vendor/eventsource-parser.js"):
        headers = httpx.get(page_url + path).headers
        assert headers["access-control-allow-origin"] == "*"
        assert headers["content-type"].startswith("text/javascript")
