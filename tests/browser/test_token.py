"""The page of an edge that is closed to strangers."""

import pytest
from playwright.sync_api import expect

from gateway.base.tokens import digest
from tests.browser.conftest import OpenPage, ask
from tests.conftest import StartWorker

TOKEN = "ionet_canary-page"


@pytest.fixture
def page_url(start_worker: StartWorker) -> str:
    return start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=f"page:{digest(TOKEN)}", UPSTREAM_RETRIES="0").url


def test_it_asks_for_a_token_and_answers_with_it(open_page: OpenPage) -> None:
    page = open_page(model="demo/friendly", refusals=True)
    expect(page.get_by_text("token").first).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Access token").fill("ionet_wrong")
    page.keyboard.press("Escape")
    ask(page, "Hello")
    expect(page.locator(".notice.error")).to_contain_text("token")

    page.get_by_role("button", name="Open settings").click()
    page.get_by_label("Access token").fill(TOKEN)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".answer .prose")).to_contain_text("This is the demo upstream on your machine")
