"""Does the page stay quick in a long answer?

    python -m bench.page [--tokens N] [--rate N] [--kind mixed|code|list|table|text|heavy] [--slow N]

Streams an answer of N tokens through the real Worker into real Chromium, in a conversation of 200 messages, and prints what the page's
main thread had to bear: long tasks (W3C Long Tasks: over 50 ms), and the time that one frame's painting took early and late. `--slow 6`
makes the CPU six times as slow, as a cheap phone's is. `heavy` shows answers that once took seconds, or more screens than anybody scrolls.
"""

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from werkzeug import Request, Response

from tests.browser.conftest import FLAGS, chromium_path
from tools import wrangler
from tools.processes import free_port, running, wait_until_answered
from tools.pyodide_bundle import ROOT
from tools.upstream.connection import connection, wait
from tools.upstream.server import DemoUpstream

MESSAGES = 200
MODEL = "demo/fault-bench"

UNITS = {
    "text": "A sentence of plain words, which has **some bold** and `code` in it, and goes on for a while. ",
    "list": "- an item with a few words and *some* emphasis in its text\n",
    "table": "| a cell | another one | 12345 | and the last |\n",
    "code": "    total = sum(value for value in values if value > threshold)  # a line of code\n",
}
HEAVY = {
    "quotes in quotes": ">" * 2812 + " x",
    "lists in lists": "- " * 2238 + "x",
    "both": "> - " * 840 + "x",
    "a list of 400 levels": "".join("  " * level + "- an item\n" for level in range(400)),
    "brackets": "[" * 5000 + "x" + "](u)" * 5000,
    "stars": "*_a" * 5000,
    "a formula of 40 kB": "$$" + "x^2+" * 10_000 + "y$$",
    "a rule of 10,000 em": "$$\\rule{10000em}{10000em}$$",
    "1 MB without spaces": "a" * 1_000_000,
}
HEADS = {"table": "| a | b | c | d |\n|---|---|--:|---|\n", "code": "```python\n"}
CODE = "```js\nlet a = 1;\nlet b = 2;\n```"
TABLE = HEADS["table"] + UNITS["table"] * 5
MIXED = f"## A heading\n\n{UNITS['text'] * 4}\n\n{UNITS['list'] * 6}\n{TABLE}\n{CODE}\n\n"

WATCH = """() => {
  window.longTasks = [];
  new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration }))))
    .observe({ type: 'longtask', buffered: false });
  window.frames_ = [];
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = callback => ask(time => {
    const start = performance.now();
    callback(time);
    window.frames_.push(performance.now() - start);
  });
}"""

FILL = """async ([count, text]) => {
  const db = await new Promise(done => {
    const open = indexedDB.open('ionet-edge:chats');
    open.onsuccess = () => done(open.result);
  });
  const tx = db.transaction(['conversations', 'messages'], 'readwrite');
  tx.objectStore('conversations').put({ id: 'long', title: 'long', created: 0, updated: count, chosen: {} });
  for (let at = 0; at < count; at++) {
    tx.objectStore('messages').put({
      id: `m${at}`, conversation: 'long', parent: at === 0 ? null : `m${at - 1}`, role: at % 2 === 0 ? 'user' : 'assistant',
      content: at % 2 === 0 ? `Question ${at}` : text, reasoning: '', toolCalls: [], created: at, facts: null,
      ending: at % 2 === 0 ? null : { kind: 'done', error: null },
    });
  }
  await new Promise(done => { tx.oncomplete = done; });
  db.close();
  localStorage.setItem('ionet-edge:current', 'long');
}"""


def tokens_of(kind: str) -> Iterator[str]:
    """Pieces of about four characters, without end."""
    units = itertools.chain([HEADS.get(kind, "")], itertools.repeat(UNITS.get(kind, MIXED)))
    for unit in units:
        yield from (unit[at : at + 4] for at in range(0, len(unit), 4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=200, help="tokens a second")
    parser.add_argument("--kind", choices=["mixed", *UNITS, "heavy"], default="mixed")
    parser.add_argument("--slow", type=float, default=1, help="how many times as slow the CPU is")
    options = parser.parse_args()

    heavy = itertools.cycle(HEAVY.values())

    def answer_heavily(_: Request) -> Response:
        chunk = {"choices": [{"index": 0, "delta": {"content": next(heavy)}, "finish_reason": "stop"}]}
        return Response(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n", mimetype="text/event-stream")

    def answer(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            start = time.monotonic()
            for number, token in enumerate(itertools.islice(tokens_of(options.kind), options.tokens)):
                wait(connection(request), max(0.0, start + number / options.rate - time.monotonic()))
                yield b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": token}}]}).encode() + b"\n\n"
            yield b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

        return Response(body(), mimetype="text/event-stream")

    with DemoUpstream() as upstream, tempfile.TemporaryDirectory() as folder:
        upstream.faults["bench"] = answer_heavily if options.kind == "heavy" else answer
        state = Path(folder)
        port = free_port()
        values = {"IONET_API_KEY": "bench", "ALLOW_ANONYMOUS": "true", "IONET_BASE_URL": upstream.base_url}
        command, environment = wrangler.dev(port, state, values), wrangler.environment(state)
        with (state / "log").open("wb") as log, running(command, cwd=ROOT, env=environment, output=log) as process:
            url = f"http://127.0.0.1:{port}"
            wait_until_answered(f"{url}/api/health", process)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": options.slow})
                (measure_heavy if options.kind == "heavy" else measure)(page, url, options)
                browser.close()


def measure(page: Page, url: str, options: argparse.Namespace) -> None:
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    page.evaluate("model => localStorage.setItem('ionet-edge:settings', JSON.stringify({ model }))", MODEL)
    page.evaluate(FILL, [MESSAGES, MIXED])
    page.add_init_script(f"({WATCH})()")
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    page.locator(f".message:nth-child({MESSAGES})").wait_for()
    page.wait_for_timeout(3000)  # what the page still does after opening counts too
    print(f"opening {MESSAGES} messages: long tasks {durations(page)}")
    page.evaluate("() => { window.longTasks.length = 0; window.frames_.length = 0 }")
    page.fill("#input", "Go on")
    page.keyboard.press("Enter")
    live = page.locator(".message").last
    live.locator(".prose > *").first.wait_for()
    page.wait_for_selector(".message:last-child[data-state=ended]", timeout=options.tokens / options.rate * 1000 * 3 + 60_000)
    page.wait_for_timeout(1500)  # and what it does after the end
    frames = page.evaluate("window.frames_")
    tenth = max(1, len(frames) // 10)
    if "ended" not in str(live.get_attribute("data-state")) or "notice" in live.inner_html():
        raise RuntimeError(f"the answer did not arrive whole: {live.inner_text()[-300:]}")
    print(f"{options.tokens} tokens of {options.kind} at {options.rate}/s: long tasks over 50 ms {durations(page)}")
    print(f"  {len(frames)} frames, script and layout of one: median {middle(frames):.1f} ms, longest {max(frames):.1f} ms")
    print(f"  first tenth {middle(frames[:tenth]):.1f} ms, last tenth {middle(frames[-tenth:]):.1f} ms")
    print(f"  {live.locator('.facts').inner_text()}")


def measure_heavy(page: Page, url: str, options: argparse.Namespace) -> None:
    page.add_init_script(f"({WATCH})()")
    page.goto(url)
    page.evaluate("model => localStorage.setItem('ionet-edge:settings', JSON.stringify({ model }))", MODEL)
    print(f"{'input':24} {'shown after':>12} {'longest task':>13} {'height':>10}   CPU {options.slow:g} times as slow")
    for name, text in HEAVY.items():
        page.goto(url)
        page.wait_for_selector("html[data-ready]")
        page.click("#new-chat")
        page.evaluate("() => { window.longTasks.length = 0 }")
        start = time.monotonic()
        page.fill("#input", name)
        page.keyboard.press("Enter")
        # Signs of markup are not shown, so what is there is told by its growing no more.
        shown, before = -1, -2
        while shown != before or shown < min(len(text) // 100, 1):
            page.wait_for_timeout(500)  # so long without growth is the end
            before, shown = shown, page.evaluate("document.querySelector('.answer .prose')?.textContent.length ?? -1")
        took = time.monotonic() - start - 0.5
        height = page.locator(".answer").evaluate("answer => answer.scrollHeight")
        print(f"{name:24} {took:10.1f} s {max(durations(page), default=0):10} ms {height:7} px")


def durations(page: Page) -> list[int]:
    return [round(task["duration"]) for task in page.evaluate("window.longTasks")]


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main()
