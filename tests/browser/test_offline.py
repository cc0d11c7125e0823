"""The page as an app: what its service worker keeps, and what it must not."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PEN, PLAIN_HOST, OpenPage, ask, wait_until
from tests.browser.pen import Pen
from tools import wrangler
from tools.pyodide_bundle import ROOT

# A new worker waits for the end of what the old one has to do, for minutes where a debugger is attached, as here. That end is looked for
# at the end of each of its events: so each look is one.
SETTLED = """async () => {
  await fetch('./icon.svg', { method: 'HEAD' });
  const { installing, waiting, active } = await navigator.serviceWorker.getRegistration();
  return !installing && !waiting && active.state === 'activated' && navigator.serviceWorker.controller !== null;
}"""

KEPT = """async () => {
  const kept = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) kept.push(new URL(url).pathname);
  return kept;
}"""


def kept(page: Page) -> list[str]:
    """The paths of all that is in any cache."""
    found: list[str] = page.evaluate(KEPT)
    return found


def versions(page: Page) -> list[str]:
    """The pages that are kept."""
    found: list[str] = page.evaluate("caches.keys()")
    return [name for name in found if ":page:" in name]


def wait_until_kept(page: Page) -> None:
    """Wait until the newest page that can be kept is."""
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_load_state("networkidle")
    # Rejects where what is there can't be kept.
    page.evaluate("navigator.serviceWorker.getRegistration().then((kept) => kept.update()).catch(() => {})")
    debugger = page.context.new_cdp_session(page)
    debugger.send("ServiceWorker.enable")

    def settled() -> bool:
        # The browser looks once more whether the old one may go.
        debugger.send("ServiceWorker.skipWaiting", {"scopeURL": page.url.split("#")[0]})
        return bool(page.evaluate(SETTLED))

    wait_until(page, settled)
    debugger.detach()


def use_without_connection(page: Page) -> None:
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-ready]")


def test_without_a_connection_the_page_opens_with_its_chats(open_page: OpenPage, pen: Pen) -> None:
    page = open_page(model=PEN, service_workers="allow", refusals=True)
    wait_until_kept(page)
    ask(page, "Add up")
    pen.answer("```py\n1 + 1\n```\n\n$$x^2$$")
    expect(page.locator(".answer math")).to_be_visible()
    expect(page.locator(".answer .hljs-number").first).to_be_visible()
    wait_until(page, lambda: {"/vendor/temml.js", "/vendor/highlight.js.js"} <= set(kept(page)))

    use_without_connection(page)
    expect(page.locator(".question .prose")).to_have_text("Add up")
    expect(page.locator(".answer math")).to_be_visible()
    expect(page.get_by_text("The edge does not answer.")).to_be_visible()
    ask(page, "And now?")
    expect(page.get_by_text("The edge can't be reached.")).to_be_visible()
    assert "/vendor/page.js" in kept(page)
    assert not [path for path in kept(page) if path.startswith(("/v1/", "/api/"))]

    page.context.set_offline(False)
    page.get_by_role("button", name="Retry").click()
    pen.answer("Two.")
    expect(page.locator(".answer .prose").last).to_have_text("Two.")


def test_on_plain_http_nothing_is_registered(open_page: OpenPage, page_url: str) -> None:
    page = open_page(
        service_workers="allow", tolerate=["Cross-Origin-Opener-Policy"], also=[page_url.replace("127.0.0.1", PLAIN_HOST)]
    )
    page.goto(page_url.replace("127.0.0.1", PLAIN_HOST))
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("'serviceWorker' in navigator") is False


def test_it_can_be_installed(page_url: str) -> None:
    manifest = httpx.get(f"{page_url}/manifest.webmanifest").json()
    assert manifest["display"] == "standalone"
    sizes = {icon["sizes"]: httpx.get(f"{page_url}/{icon['src']}") for icon in manifest["icons"]}
    assert set(sizes) == {"any", "192x192", "512x512"}
    assert all(answer.headers["content-type"].startswith("image/") for answer in sizes.values())
    assert any(icon.get("purpose") == "maskable" for icon in manifest["icons"])
    assert httpx.get(f"{page_url}/service-worker.js").headers["cache-control"] == "no-cache"


class Site:
    """A deployment of the page that a test can replace by another."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.url = url
        self.lists()

    def lists(self) -> None:
        """What a deployment does: list the files."""
        subprocess.run([wrangler.node(), ROOT / "tools" / "page.mjs", self.root], check=True)

    def says(self, key: str, text: str) -> None:
        """Change a text of the page."""
        words = self.root / "i18n" / "en.json"
        words.write_text(json.dumps(json.loads(words.read_text()) | {key: text}))


class _Files(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith(("/api/", "/v1/")):
            self.send_error(404)
        else:
            super().do_GET()

    def end_headers(self) -> None:
        policy = re.search(r"Content-Security-Policy: .*", (ROOT / "public" / "_headers").read_text())
        assert policy
        self.send_header(*policy[0].split(": ", 1))
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    root = shutil.copytree(ROOT / "public", tmp_path / "public")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(root))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Site(root, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def test_a_new_deployment_is_seen_at_once_and_kept_as_a_whole(site: Site, chromium: Browser) -> None:
    with chromium.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(site.url)
        wait_until_kept(page)
        first = versions(page)
        title = page.locator("#empty-title")

        # A deployment that is half there is not kept: the list says something else.
        site.says("empty.title", "Newer")
        site.lists()
        site.says("empty.title", "Half there")
        page.reload()
        expect(title).to_have_text("Half there")
        wait_until_kept(page)
        assert versions(page) == first
        use_without_connection(page)
        expect(title).to_have_text("What shall we think about?")
        page.context.set_offline(False)

        # One that is whole takes the place of what was kept.
        site.says("empty.title", "Newer")
        page.reload()
        expect(title).to_have_text("Newer")
        wait_until_kept(page)
        assert len(versions(page)) == 1
        assert versions(page) != first
        use_without_connection(page)
        expect(title).to_have_text("Newer")


def test_a_page_that_was_served_without_a_connection_is_made_of_one_version(site: Site, chromium: Browser) -> None:
    with chromium.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(site.url)
        wait_until_kept(page)
        use_without_connection(page)
        page.context.set_offline(False)
        site.says("empty.title", "Newer")
        site.lists()
        wait_until_kept(page)
        assert len(versions(page)) == 2
        # The older page asks for its texts once more, and gets its own.
        assert page.evaluate("fetch('./i18n/en.json').then((response) => response.json())")["empty.title"] != "Newer"
        other = context.new_page()
        other.goto(site.url)
        expect(other.locator("#empty-title")).to_have_text("Newer")
