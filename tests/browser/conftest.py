"""Real Chromium on the page that the real Worker serves."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, expect, sync_playwright

from tests.browser.pen import Pen
from tests.conftest import Handler, StartWorker
from tests.tokens import GUESTS
from tools.pyodide_bundle import ROOT
from tools.upstream.server import DemoUpstream

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

# The last list of these is the one that counts: so this has what Playwright turns off and we need, and what opens two pages of the
# browser's own beside each of ours, which takes as much of the processor's time as the tests themselves.
OFF = [
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
]
OFF += [
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
]
OFF += ["SpareRendererForSitePerProcess", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxPopup"]
FLAGS += [f"--disable-features={','.join(OFF)}"]

# A name of this machine that is not localhost: on plain http, browsers keep some of their means from such pages.
PLAIN_HOST = "edge.test"
FLAGS += [f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1"]

# Playwright writes this where the context lets no service worker in.
BLOCKED_WORKER = "Service Worker registration blocked by Playwright"

# Chromium itself writes this for every answer that is not a 2xx and every connection that fails; a page can't prevent it.
FAILED_LOAD = re.compile(r"^Failed to load resource: ")

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

USUAL: dict[str, object] = {
    "locale": "en-GB",
    "permissions": ["clipboard-read", "clipboard-write"],
    "service_workers": "block",  # routes do not see what one asks for
}

OpenPage = Callable[..., Page]

_guests = iter(GUESTS)


def chromium_path(*, with_profile: bool = False) -> str:
    """The browser: of the environment variable CHROMIUM, else the one that is installed.

    Its build without a window takes half of the processor's time, and has none of a profile's preferences (`with_profile`).
    """
    names = (*(() if with_profile else ("chromium-headless-shell",)), "chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise FileNotFoundError("no Chromium found: install it (apt-get install chromium), or set CHROMIUM to its path")
    return found


# Not for the whole session: while it runs, so does an event loop, and no other test could run one of its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def at_a_pace_that_can_be_seen(upstream_server: DemoUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_server, "pace", 0.001)


@pytest.fixture
def page_url(start_worker: StartWorker) -> str:
    """The address of the page, without a final slash.

    The Worker does not retry: the retry of a call that one test left open would take the words that the next test writes. It keeps no
    history: what has one says so.
    """
    return start_worker(UPSTREAM_RETRIES="0", HISTORY="off").url


@pytest.fixture
def pen(play: Callable[[Handler], str]) -> Pen:
    """Writes what the upstream answers to a page that was opened with `model=PEN`."""
    pen = Pen()
    pen.model = play(pen)
    return pen


@pytest.fixture
def guest() -> str:
    """The token of somebody whose history is empty. (Deleting one is not enough: pages that close may still send what they have.)"""
    return next(_guests)


PEN = "the model that answers with the pen"


@pytest.fixture
def open_page(chromium: Browser, page_url: str, upstream: DemoUpstream, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Open the page as a person does who comes for the first time.

    Keyword arguments: `model`, `settings` (as the page keeps them) and `look` that were chosen before; `config` and `models`, what the
    edge answers about itself; `path` behind the address; `refusals`, whether failing requests are part of the test; `tolerate`, what
    else the console may say, and what may be uncaught; `also`, addresses that may be called beside the page's own;
    everything else is an option of the browser context. Afterwards nothing else may stand in the console, and no request may have left
    for anywhere else. The pages close before the upstream hangs up on calls that a test left open.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(
        *,
        model: str | None = None,
        settings: dict[str, object] | None = None,
        look: dict[str, object] | None = None,
        config: dict[str, object] | None = None,
        models: list[dict[str, object]] | None = None,
        path: str = "/",
        refusals: bool = False,
        tolerate: Sequence[str] = (),
        also: Sequence[str] = (),
        **options: object,
    ) -> Page:
        if model == PEN:
            model = request.getfixturevalue("pen").model
        context = chromium.new_context(**{**USUAL, **options})  # type: ignore[arg-type]  # passed on as they are
        contexts.append(context)

        def on_console(message: ConsoleMessage) -> None:
            if BLOCKED_WORKER in message.text:
                return
            if not (refusals and FAILED_LOAD.match(message.text)) and not any(text in message.text for text in tolerate):
                complaints.append(f"console {message.type}: {message.text}")

        def on_error(text: str) -> None:
            if not any(tolerated in text for tolerated in tolerate):
                complaints.append(f"uncaught: {text}")

        def on_request(url: str) -> None:
            if not url.startswith((page_url + "/", "blob:", "data:", *also)):
                complaints.append(f"request to {url}")

        context.on("console", on_console)
        context.on("weberror", lambda error: on_error(str(error.error)))
        context.on("request", lambda request: on_request(request.url))
        kept = {"settings": {"model": model, **(settings or {})}, "look": look or {}}
        context.add_init_script(_keep(kept))
        _answer_for_the_edge(context, config or {}, models)
        page = context.new_page()
        page.goto(page_url + path)
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_one
    for context in contexts:
        # A page that is closed may be in the middle of asking.
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.unroute_all(behavior="ignoreErrors")
        context.close()
    assert complaints == []


def _keep(kept: dict[str, dict[str, object]]) -> str:
    """A script that puts these into the page's storage where it holds none."""
    writes = "".join(
        f"localStorage.getItem({json.dumps(key)}) ?? localStorage.setItem({json.dumps(key)}, {json.dumps(json.dumps(value))});"
        for name, value in kept.items()
        for key in [f"ionet-edge:{name}"]
        if value
    )
    return f"if (location.protocol !== 'about:') {{ {writes} }}"


def _answer_for_the_edge(context: BrowserContext, config: dict[str, object], rows: list[dict[str, object]] | None) -> None:
    """Have the edge answer otherwise about itself, where a test says so."""

    def with_changes(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | config)

    if config:
        context.route("**/api/config", with_changes)
    if rows is not None:
        context.route("**/v1/models", lambda route: route.fulfill(json={"object": "list", "data": rows}))


def ask(page: Page, question: str) -> None:
    """Type a question and send it with Enter."""
    page.get_by_label("Your message").fill(question)
    page.keyboard.press("Enter")


def reload(page: Page) -> None:
    """Load the page anew, and wait until it can be used."""
    page.reload()
    page.wait_for_selector("html[data-ready]")


def rooms(page: Page) -> Locator:
    """The list of chats, opened where it is not in sight."""
    panel = page.locator("#chats-panel")
    if not panel.is_visible():
        page.get_by_role("button", name="Your chats").click()
    return panel


def delete_room(page: Page, title: str) -> None:
    """Delete a chat for good."""
    panel = rooms(page)
    panel.get_by_role("button", name=f"Options for “{title}”").click()
    panel.get_by_role("menuitem", name="Delete").click()
    expect(panel.locator(".chat").filter(has_text=title)).to_have_count(0)
    # The next word that is written ends the Undo.
    box = page.get_by_label("Your message")
    box.fill(".")
    box.fill("")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def answers(page: Page) -> list[str]:
    """The texts of the answers on the page."""
    return page.locator(".answer .prose").all_inner_texts()


def wait_until(page: Page, happens: Callable[[], bool]) -> None:
    """Wait for what a look at the page tells."""
    while not happens():
        page.wait_for_timeout(20)


def paragraphs(count: int) -> str:
    """An answer of so many."""
    return "".join(f"Paragraph {number}, with a few words.\n\n" for number in range(count))


def violations(page: Page) -> list[str]:
    """What axe finds in the page as it is now."""
    page.evaluate(AXE)
    found = page.evaluate("tags => axe.run(document, { runOnly: tags })", WCAG)["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def sample(name: str) -> bytes:
    return (Path(__file__).parent.parent / "data" / name).read_bytes()
