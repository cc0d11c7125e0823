"""Settings, languages, themes, and an API that lives elsewhere."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask
from tests.browser.pen import Pen
from tests.conftest import StartWorker
from tools.upstream.server import DemoUpstream


def settings(page: Page) -> None:
    page.get_by_role("button", name="Settings", exact=True).click()


class TestModel:
    def test_it_is_searched_chosen_and_remembered(self, open_page: OpenPage) -> None:
        page = open_page()
        page.get_by_role("button", name="Model:").click()
        page.get_by_role("searchbox", name="Search models").fill("reas")
        expect(page.locator(".model")).to_have_count(1)
        page.get_by_role("radio", name="demo/reasoning").check()
        page.keyboard.press("Escape")
        page.reload()
        expect(page.get_by_role("button", name="Model:")).to_have_text("Model: reasoning")
        ask(page, "Hello")
        expect(page.locator(".reasoning summary")).to_contain_text("Thought for")

    def test_it_shows_what_is_known_of_it(self, open_page: OpenPage) -> None:
        known = {"id": "a/b", "context_window": 8192, "input_token_price": 1e-7, "output_token_price": 3e-6}
        page = open_page(models=[{**known, "higher_tier_required": True}, {"id": "c/d"}])
        settings(page)
        expect(page.locator(".model").filter(has_text="a/b")).to_contain_text(
            "8,192 tokens · $0.10 in, $3.00 out per million · higher tier"
        )

    def test_a_search_without_a_hit_says_so(self, open_page: OpenPage) -> None:
        page = open_page()
        settings(page)
        page.get_by_label("Search models").fill("no such thing")
        expect(page.get_by_text("No model matches.")).to_be_visible()

    def test_a_list_that_can_not_be_had_is_not_in_the_way(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN, models=[])
        settings(page)
        expect(page.get_by_text("The list of models could not be loaded.")).to_be_visible()
        page.keyboard.press("Escape")
        ask(page, "Hello")
        pen.answer("Hi.")
        expect(page.locator(".answer .prose")).to_have_text("Hi.")


class TestToken:
    def test_it_is_asked_for_sent_kept_and_forgotten(self, open_page: OpenPage, upstream: DemoUpstream) -> None:
        page = open_page(config={"token_required": True})
        expect(page.get_by_text("This edge needs an access token.")).to_be_visible()
        ask(page, "Hello")
        expect(page.get_by_label("Access token")).to_be_focused()
        page.get_by_label("Access token").fill("t0ken")
        page.keyboard.press("Escape")
        with page.expect_request("**/v1/chat/completions") as sent:
            page.get_by_role("button", name="Send").click()
        assert sent.value.headers["authorization"] == "Bearer t0ken"
        page.reload()
        settings(page)
        expect(page.get_by_label("Access token")).to_have_value("t0ken")
        page.get_by_role("button", name="Forget").click()
        assert "t0ken" not in page.evaluate("JSON.stringify({ ...localStorage })")

    def test_a_question_that_could_not_be_sent_is_not_lost(self, open_page: OpenPage) -> None:
        page = open_page(config={"token_required": True})
        expect(page.get_by_text("This edge needs an access token.")).to_be_visible()
        ask(page, "Hello")
        page.keyboard.press("Escape")
        expect(page.get_by_label("Your message")).to_have_value("Hello")


class TestSending:
    def test_the_temperature_goes_along_only_when_chosen(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN)
        ask(page, "Hello")
        pen.answer("Hi.")
        expect(page.locator(".answer .prose")).to_have_text("Hi.")
        assert "temperature" not in pen.requests[0]
        settings(page)
        page.get_by_label("Temperature").first.fill("0.2")
        page.keyboard.press("Escape")
        ask(page, "Hello")
        pen.answer("Hi again.")
        expect(page.locator(".answer .prose").nth(1)).to_have_text("Hi again.")
        assert pen.requests[1]["temperature"] == 0.2

    def test_a_message_over_the_limit_is_not_sent_and_not_lost(self, open_page: OpenPage) -> None:
        page = open_page(config={"limits": {"max_message_chars": 10}})
        expect(page.get_by_role("button", name="Model:")).to_contain_text("Llama")
        ask(page, "eleven char")
        expect(page.get_by_text("too long for this edge: 11 characters, 10 are allowed")).to_be_visible()
        expect(page.get_by_label("Your message")).to_have_value("eleven char")


class TestLanguage:
    def test_the_browser_chooses_japanese(self, open_page: OpenPage) -> None:
        page = open_page(locale="ja-JP")
        expect(page.locator("html")).to_have_attribute("lang", "ja")
        expect(page.get_by_role("heading", name="今日は何を考えましょうか")).to_be_visible()
        expect(page.get_by_label("メッセージ", exact=True).last).to_have_attribute("placeholder", "なんでも聞いてください")

    def test_another_language_gets_english(self, open_page: OpenPage) -> None:
        expect(open_page(locale="fr-FR").locator("html")).to_have_attribute("lang", "en")

    def test_by_hand_at_once_and_for_good_even_while_an_answer_is_written(self, open_page: OpenPage, pen: Pen) -> None:
        page = open_page(model=PEN)
        ask(page, "Hello")
        pen.write("Half")
        expect(page.locator(".answer .prose")).to_have_text("Half")
        settings(page)
        page.get_by_role("radio", name="日本語").check()
        expect(page.get_by_role("heading", name="設定")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="停止")).to_be_visible()
        pen.answer(" of it")
        expect(page.locator(".answer .prose")).to_have_text("Half of it")
        expect(page.get_by_role("button", name="もう一度回答")).to_be_visible()
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", "ja")


class TestTheme:
    @pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
    def test_the_system_chooses(self, open_page: OpenPage, scheme: str, dark: bool) -> None:
        assert is_dark(open_page(color_scheme=scheme)) == dark

    def test_by_hand_at_once_and_for_good(self, open_page: OpenPage) -> None:
        page = open_page(color_scheme="light")
        settings(page)
        page.get_by_role("radio", name="Dark").check()
        assert is_dark(page)
        page.reload()
        assert is_dark(page)


def is_dark(page: Page) -> bool:
    ink = page.evaluate("getComputedStyle(document.body).color.match(/\\d+/g).map(Number)")
    return bool(sum(ink[:3]) > 384)


class TestElsewhere:
    def test_the_page_works_with_an_api_of_another_origin(self, open_page: OpenPage, start_worker: StartWorker, pen: Pen) -> None:
        other = start_worker(UPSTREAM_RETRIES="0", DEFAULT_MODEL="demo/friendly")
        page = open_page(settings={"model": "kept/here", "token": "secret-of-here"}, path=f"/?api={other.url}", also=[other.url])
        expect(page.get_by_text(f"You are talking to {other.url}")).to_be_visible()
        with page.expect_request(f"{other.url}/v1/chat/completions") as sent:
            ask(page, "Hello")
        assert "authorization" not in sent.value.headers
        expect(page.locator(".answer .prose")).to_contain_text("You asked")
        page.goto(page.url.split("?")[0])
        expect(page.get_by_role("heading", name="What shall we think about?")).to_be_visible()

    def test_it_can_be_set_by_hand(self, open_page: OpenPage, start_worker: StartWorker) -> None:
        other = start_worker(UPSTREAM_RETRIES="0", DEFAULT_MODEL="demo/friendly")
        page = open_page(also=[other.url])
        settings(page)
        address = page.get_by_label("Address of the edge")
        address.fill(other.url)
        page.get_by_role("button", name="Use", exact=True).click()
        expect(page.get_by_text(f"You are talking to {other.url}")).to_be_visible()
