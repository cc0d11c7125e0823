"""`make picture`: the moving pictures of the READMEs, docs/pictures/*.webp, taken of the page as it is.

The real Worker serves it to Chromium, in front of the demo upstream, in both languages, light and dark: a question is answered, and the
next answer is stopped. Beside each lies its end as a still, for whoever wants less motion. The fonts are this machine's; the page shows
emoji, so it should have some (Debian: fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji).
"""

import io
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.browser.conftest import FLAGS, chromium_path
from tests.conftest import serve
from tools.processes import free_port
from tools.pyodide_bundle import ROOT
from tools.upstream.server import DemoUpstream

PICTURES = ROOT / "docs" / "pictures"
SIZE: ViewportSize = {"width": 800, "height": 600}  # CSS pixels
SHARPNESS = 1.5  # pixels of the picture for each of them
PACE = 0.012  # seconds between two tokens
FRAME = 0.1  # seconds between two frames, at least
SMALL: dict[str, Any] = {"lossless": True, "method": 6}
END = 3.0  # seconds that the last frame stays


@dataclass(frozen=True)
class Words:
    """What is asked in a language, and what the page calls its message box and the button that stops."""

    questions: tuple[str, str]
    box: str
    stop: str


WORDS = {
    "en": Words(("Show me a table and some Python.", "What does Stop do?"), "Your message", "Stop"),
    "ja": Words(("表と Python のコードを見せて。", "停止するとどうなる？"), "メッセージ", "停止"),
}


class Film:
    """What a page shows while it is told what to do: frames, each with the time at which it was taken, in seconds."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[tuple[float, Image.Image]] = []

    def until(self, happens: Callable[[], bool]) -> None:
        """Take frames until this holds."""
        while not happens():
            now = time.monotonic()
            self._frames.append((now, Image.open(io.BytesIO(self._page.screenshot(caret="initial")))))
            self._page.wait_for_timeout(max(0.0, now + FRAME - time.monotonic()) * 1000)

    def go_on(self, seconds: float) -> None:
        """Take frames for so long."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end)

    def save(self, name: str) -> None:
        """Write it as `name`.webp, which begins anew after its end, and its end as `name`-still.webp."""
        times, (first, *others) = zip(*self._frames, strict=True)
        durations = [*(round((after - before) * 1000) for before, after in pairwise(times)), round(END * 1000)]
        path = PICTURES / f"{name}.webp"
        first.save(path, **SMALL, minimize_size=True, save_all=True, append_images=others, duration=durations, loop=0)
        others[-1].save(path.with_stem(f"{name}-still"), **SMALL)
        print(
            f"{path.relative_to(ROOT)}: {len(times)} frames, {sum(durations) / 1000:.1f} s, {path.stat().st_size / 1000:.0f} kB"
        )


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with ExitStack() as stack:
        upstream = stack.enter_context(DemoUpstream(pace=PACE))
        state = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {"IONET_API_KEY": "demo", "IONET_BASE_URL": upstream.base_url, "ALLOW_ANONYMOUS": "true", "HISTORY": "off"}
        url = serve(settings, state, free_port(), stack).url
        chromium = stack.enter_context(sync_playwright()).chromium
        browser = stack.enter_context(chromium.launch(executable_path=chromium_path(), args=FLAGS))
        for language, words in WORDS.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(locale=language, color_scheme=scheme, viewport=SIZE, device_scale_factor=SHARPNESS)
                page.goto(url)
                page.wait_for_selector("html[data-ready]")
                film = Film(page)
                play(page, film, words)
                film.save(f"{language}-{scheme}")
                page.close()


def play(page: Page, film: Film, words: Words) -> None:
    """A question and its whole answer, then one whose answer is stopped."""
    whole, half = words.questions
    film.go_on(0.5)
    ask(page, film, words.box, whole)
    film.until(page.locator(".answer[data-state=ended]").is_visible)
    film.go_on(0.8)
    ask(page, film, words.box, half)
    film.until(page.locator(".answer").nth(1).locator(".prose > p").nth(1).is_visible)
    page.get_by_role("button", name=words.stop).hover()
    film.go_on(0.3)
    page.get_by_role("button", name=words.stop).click()
    film.go_on(0.3)


def ask(page: Page, film: Film, box: str, question: str) -> None:
    page.get_by_role("textbox", name=box).focus()
    for at in range(0, len(question), 2):
        page.keyboard.type(question[at : at + 2])
        film.go_on(FRAME)
    film.go_on(0.3)
    page.keyboard.press("Enter")


if __name__ == "__main__":
    main()
