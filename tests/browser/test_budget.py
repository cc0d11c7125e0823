"""How much is left of a budget is said once that is little."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.conftest import Handler, StartWorker
from tests.streams import taking
from tools.upstream.server import DemoUpstream

LEFT = {
    "en-GB": re.compile(r"^About \d\d tokens left for today\.$"),
    "ja-JP": re.compile(r"^今日使えるのは、あと約 \d\d トークンです。$"),
}


@pytest.fixture
def page_url(start_worker: StartWorker, locale: str) -> str:
    """An edge with a budget for one answer and some words: one for each language, for all ask as one."""
    limits = {"DAILY_TOKEN_BUDGET": str(450 + list(LEFT).index(locale)), "MAX_COMPLETION_TOKENS": "300"}
    return start_worker(**limits, UPSTREAM_RETRIES="0", HISTORY="off").url


def ask(page: Page) -> None:
    """Ask, and wait until the page has asked what is left."""
    page.locator("#input").fill("Hello")
    with page.expect_response("**/api/budget"):
        page.keyboard.press("Enter")


@pytest.mark.parametrize("locale", LEFT)
def test_it(open_page: OpenPage, play: Callable[[Handler], str], upstream: DemoUpstream, locale: str) -> None:
    model = play(taking(10))
    page = open_page(model=model, locale=locale)
    ask(page)
    expect(page.locator("#budget")).to_be_empty()
    upstream.faults[model.removeprefix("demo/fault-")] = taking(1000)
    ask(page)
    expect(page.locator("#budget")).to_have_text(LEFT[locale])


class TestOfSeveral:
    @pytest.fixture
    def page_url(self, start_worker: StartWorker) -> str:
        return start_worker().url

    @pytest.mark.parametrize(
        ("locale", "told"), [("en-GB", "About $0.0123 left for this month."), ("ja-JP", "今月使えるのは、あと約 $0.0123です。")]
    )
    def test_the_one_that_is_nearest_to_its_end(self, open_page: OpenPage, locale: str, told: str) -> None:
        def budget(whose: str, unit: str, per: str, limit: float, remaining: float) -> dict[str, object]:
            return {"whose": whose, "unit": unit, "per": per, "limit": limit, "remaining": remaining}

        budgets = [
            budget("own", "tokens", "day", 1000, 100),
            budget("own", "usd", "month", 20, 0.0123),
            budget("all", "usd", "month", 50, 0),
        ]
        page = open_page(model="demo/friendly", locale=locale, config={"budget": True})
        page.route("**/api/budget", lambda route: route.fulfill(json={"object": "list", "data": budgets}))
        ask(page)
        expect(page.locator("#budget")).to_have_text(told)
