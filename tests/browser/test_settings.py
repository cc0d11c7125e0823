"""Settings, languages, themes, and an API that lives elsewhere."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEN, OpenPage, ask, reload
from tests.browser.pen import Pen
from tests.conftest import StartWorker
from tools.upstream.server import DemoUpstream


def settings(page: Page) -> None:
    page.get_by_role("button", name="Settings", exact=True).click()


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
        reload(page)
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
        page.locator("#settings").get_by_label("Temperature").fill("0.2")
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
        reload(page)
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
        reload(page)
        assert is_dark(page)


def is_dark(page: Page) -> bool:
    ink = page.evaluate("getComputedStyle(document.body).color.match(/\\d+/g).map(Number)")
    return bool(sum(ink[:3]) > 384)


class TestElsewhere:
    def test_the_page_works_with_an_api_of_another_origin(self, open_page: OpenPage, start_worker: StartWorker, pen: Pen) -> None:
        other = start_worker(UPSTREAM_RETRIES="0", DEFAULT_MODEL="demo/friendly")
        page = open_page(settings={"model": "kept/here", "token": "secret-of-here"}, path=f"/?api={other.url}", also=[other.url])
        expect(page.locator("#elsewhere")).to_have_text(f"You are talking to {other.url}")
        ask(page, "Hello")
        with page.expect_request(f"{other.url}/v1/chat/completions") as sent:
            page.get_by_role("dialog").get_by_role("button", name="Confirm the address").click()
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
        expect(page.locator("#elsewhere")).to_have_text(f"You are talking to {other.url}")


class TestAnAddressOfALink:
    """It is shown all the time, and nothing that is typed goes there before it is confirmed."""

    @pytest.fixture
    def elsewhere(self, start_worker: StartWorker) -> str:
        return start_worker(UPSTREAM_RETRIES="0", DEFAULT_MODEL="demo/friendly").url

    @pytest.fixture
    def sent(self) -> list[str]:
        """What the requests to there hold: bodies, and tokens."""
        return []

    @pytest.fixture
    def page(self, open_page: OpenPage, elsewhere: str, sent: list[str]) -> Page:
        page = open_page(path=f"/?api={elsewhere}", also=[elsewhere], refusals=True)
        page.on("request", lambda request: sent.append(f"{request.headers.get('authorization')} {request.post_data}"))
        return page

    def test_it_is_shown_whatever_else_is_said(self, open_page: OpenPage, elsewhere: str) -> None:
        page = open_page(path=f"/?api={elsewhere}", also=[elsewhere], config={"token_required": True})
        expect(page.get_by_text("This edge needs an access token.")).to_be_visible()
        expect(page.locator("#elsewhere")).to_have_text(f"You are talking to {elsewhere}")
        page.get_by_label("Your message").fill("Hello")
        expect(page.locator("#elsewhere")).to_be_visible()
        settings(page)
        expect(page.locator("#token-goes")).to_contain_text(elsewhere)

    def test_it_is_shown_where_it_does_not_answer(self, open_page: OpenPage) -> None:
        silent = "http://127.0.0.1:9"
        page = open_page(path=f"/?api={silent}", also=[silent], refusals=True)
        expect(page.get_by_text("The edge does not answer.")).to_be_visible()
        expect(page.locator("#elsewhere")).to_have_text(f"You are talking to {silent}")
        settings(page)
        expect(page.get_by_label("Access token")).to_be_disabled()

    def test_a_question_waits_for_the_confirmation(self, page: Page, elsewhere: str, sent: list[str]) -> None:
        ask(page, "my secret")
        dialog = page.get_by_role("dialog", name="Send to another address?")
        expect(dialog).to_contain_text(elsewhere)
        dialog.get_by_role("button", name="Cancel").click()
        expect(page.get_by_label("Your message")).to_have_value("my secret")
        expect(page.locator(".question")).to_have_count(0)
        assert not any("secret" in text for text in sent)
        page.keyboard.press("Enter")
        dialog.get_by_role("button", name="Confirm the address").click()
        expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
        ask(page, "again")
        expect(page.locator(".answer .prose").nth(1)).to_contain_text("You asked")

    def test_a_token_can_not_be_typed_before(self, page: Page, sent: list[str]) -> None:
        settings(page)
        token = page.get_by_label("Access token")
        expect(token).to_be_disabled()
        page.get_by_role("button", name="Confirm the address").click()
        page.get_by_role("dialog", name="Send to another address?").get_by_role("button", name="Confirm the address").click()
        expect(token).to_be_focused()
        with page.expect_request(lambda request: "t0ken" in (request.headers.get("authorization") or "")):
            page.keyboard.type("t0ken")

    def test_once_is_enough(self, page: Page) -> None:
        settings(page)
        page.get_by_role("button", name="Confirm the address").click()
        page.get_by_role("dialog", name="Send to another address?").get_by_role("button", name="Confirm the address").click()
        reload(page)
        settings(page)
        expect(page.get_by_label("Access token")).to_be_enabled()
        expect(page.locator("#elsewhere")).to_be_visible()

    def test_a_token_that_was_kept_is_not_sent_by_opening_a_link(self, page: Page, elsewhere: str, sent: list[str]) -> None:
        page.evaluate("key => localStorage.setItem(key, JSON.stringify({ token: 't0ken' }))", f"ionet-edge:settings:{elsewhere}")
        sent.clear()
        with page.expect_response(f"{elsewhere}/v1/models"):
            reload(page)
        assert not any("t0ken" in text for text in sent)

    def test_an_address_entered_by_hand_is_confirmed_by_that(self, open_page: OpenPage, elsewhere: str) -> None:
        page = open_page(also=[elsewhere])
        settings(page)
        page.get_by_label("Address of the edge").fill(elsewhere)
        page.get_by_role("button", name="Use", exact=True).click()
        expect(page.locator("#elsewhere")).to_have_text(f"You are talking to {elsewhere}")
        ask(page, "Hello")
        expect(page.locator(".answer .prose")).to_contain_text("You asked")
