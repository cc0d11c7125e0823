"""How an answer ended is told apart, says what to do, and never costs text that had arrived."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from werkzeug import Response

from tests.browser.conftest import PEN, OpenPage, ask
from tests.browser.pen import Pen
from tests.conftest import Handler
from tools.upstream.server import DemoUpstream

EDGE = {"x-answered-by": "edge", "x-request-id": "req-1", "content-type": "application/json"}


@pytest.fixture
def page(open_page: OpenPage, pen: Pen) -> Page:
    return open_page(model=PEN, refusals=True)


def refuse(page: Page, status: int, code: str, message: str = "No.", **headers: str) -> None:
    """Have the edge refuse, as it will when its access rules are set."""

    def fulfil(route: Route) -> None:
        body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
        route.fulfill(status=status, headers=EDGE | {name.replace("_", "-"): value for name, value in headers.items()}, json=body)

    page.route("**/v1/chat/completions", fulfil)


def test_interrupted_keeps_the_text_and_offers_to_go_on(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("Half of")
    pen.end()
    expect(page.locator(".notice")).to_contain_text("The connection broke off. What had arrived is kept.")
    expect(page.locator(".answer .prose")).to_have_text("Half of")
    page.get_by_role("button", name="Continue").click()
    pen.answer(" it.")
    expect(page.locator(".answer .prose")).to_have_text("Half of it.")


def test_a_broken_connection_is_interrupted_too(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("Half of")
    expect(page.locator(".answer .prose")).to_have_text("Half of")
    pen.break_off()
    expect(page.locator(".notice")).to_contain_text("The connection broke off.")
    expect(page.locator(".answer .prose")).to_have_text("Half of")


def test_retry_after_a_cut_keeps_the_half_as_a_branch(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("Half of")
    pen.end()
    page.get_by_role("button", name="Retry").click()
    pen.answer("All of it.")
    expect(page.locator(".answer .prose")).to_have_text("All of it.")
    page.get_by_role("button", name="Previous version").click()
    expect(page.locator(".answer .prose")).to_have_text("Half of")


def test_an_error_inside_the_stream_keeps_the_text_and_quotes_the_error(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("Half of")
    pen.send({"error": {"message": "EngineCore encountered an issue.", "code": 500}})
    pen.end()
    expect(page.locator(".notice.error")).to_contain_text("error in the middle of the answer")
    expect(page.locator(".notice.error")).to_contain_text("io.net: EngineCore encountered an issue.")
    expect(page.locator(".answer .prose")).to_have_text("Half of")


def test_a_filtered_answer_says_so(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("Well, ")
    pen.finish("content_filter")
    expect(page.locator(".notice")).to_contain_text("A content filter withheld the rest of this answer.")
    expect(page.locator(".answer .prose")).to_have_text("Well,")


def test_one_that_was_filtered_from_its_first_word_too(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.finish("content_filter")
    expect(page.locator(".notice")).to_contain_text("A content filter ended this.")


def test_thinking_that_took_all_of_the_length(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("Hm.", field="reasoning")
    pen.finish("length")
    expect(page.locator(".notice")).to_contain_text("nothing was left for the answer")


def test_an_answer_without_a_word_is_not_passed_off_as_one(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.finish()
    expect(page.locator(".notice")).to_contain_text("ended without an answer")


def test_io_net_is_busy(open_page: OpenPage, play: Callable[[Handler], str]) -> None:
    broken = play(lambda _: Response("<html><h1>500</h1></html>", 500, mimetype="text/html"))
    page = open_page(model=broken, refusals=True)
    ask(page, "Hello")
    expect(page.locator(".notice.error")).to_contain_text("io.net is busy or has a problem (status 500)")


def test_a_model_of_a_higher_tier_leads_to_another_model(open_page: OpenPage, play: Callable[[Handler], str]) -> None:
    detail = '{"detail": "Model requires a higher IO Intelligence tier"}'
    page = open_page(model=play(lambda _: Response(detail, 402, mimetype="application/json")), refusals=True)
    ask(page, "Hello")
    notice = page.locator(".notice.error")
    expect(notice).to_contain_text("This model needs a higher io.net tier. Take another model.")
    notice.get_by_role("button", name="Choose a model").click()
    page.get_by_role("radio", name="demo/friendly").click()
    notice.get_by_role("button", name="Retry").click()
    expect(page.locator(".answer .facts")).to_contain_text("friendly")
    expect(page.locator(".answer .prose")).to_contain_text("You asked")
    expect(page.locator(".answer")).to_have_count(1)


def test_a_limit_of_the_edge_names_the_time_to_wait(page: Page) -> None:
    refuse(page, 429, "rate_limit_exceeded", retry_after="17")
    ask(page, "Hello")
    expect(page.locator(".notice.error")).to_contain_text("That was too fast. Try again in 17 s.")
    expect(page.get_by_text("Request req-1")).to_be_hidden()
    page.get_by_text("Details").click()
    expect(page.get_by_text("Request req-1")).to_be_visible()
    page.get_by_role("button", name="Copy the details").click()
    assert page.evaluate("navigator.clipboard.readText()") == "req-1"


def test_a_long_error_is_cut_and_folded_and_its_way_out_is_offered_once(
    open_page: OpenPage, play: Callable[[Handler], str]
) -> None:
    text = "No such parameter. " * 160 + "The end."
    refusal = json.dumps({"detail": text})
    page = open_page(model=play(lambda _: Response(refusal, 422, mimetype="application/json")), refusals=True)
    ask(page, "Hello")
    expect(page.locator(".notice .detail")).to_contain_text("io.net: No such parameter.")
    assert len(page.locator(".notice .detail").inner_text()) < 350
    expect(page.get_by_text("The end.")).to_be_hidden()
    page.get_by_text("Details").click()
    expect(page.get_by_text("The end.")).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_have_count(1)
    expect(page.get_by_role("button", name="Answer once more")).to_have_count(0)


def test_a_spent_budget_names_the_time_in_hours(page: Page) -> None:
    refuse(page, 429, "budget_exceeded", retry_after="25200")
    ask(page, "Hello")
    expect(page.locator(".notice.error")).to_contain_text("It is filled again in 7 hours.")


def test_a_wrong_token_leads_to_the_settings(page: Page) -> None:
    refuse(page, 401, "invalid_token")
    ask(page, "Hello")
    expect(page.locator(".notice.error")).to_contain_text("The access token is wrong.")
    page.get_by_role("button", name="Open settings").click()
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()


def test_a_filter_before_the_call(page: Page) -> None:
    refuse(page, 400, "content_filter", "Not about this.")
    ask(page, "Hello")
    expect(page.locator(".notice")).to_contain_text("A content filter ended this.")
    expect(page.locator(".notice")).to_contain_text("The edge: Not about this.")


def test_an_edge_that_can_not_be_reached(page: Page, pen: Pen) -> None:
    page.route("**/v1/chat/completions", lambda route: route.abort("connectionrefused"))
    ask(page, "Hello")
    expect(page.locator(".notice.error")).to_contain_text("The edge can't be reached.")
    page.unroute("**/v1/chat/completions")
    page.get_by_role("button", name="Retry").click()
    pen.answer("Back again.")
    expect(page.locator(".answer .prose")).to_have_text("Back again.")
    expect(page.locator(".answer")).to_have_count(1)


def test_a_connection_that_breaks_before_the_first_word_claims_to_keep_nothing(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.end()
    expect(page.locator(".notice")).to_contain_text("The connection broke off before the first word.")
    expect(page.locator(".notice")).not_to_contain_text("is kept")


def test_an_answer_that_comes_whole_is_shown(open_page: OpenPage, play: Callable[[Handler], str]) -> None:
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "All at once."}, "finish_reason": "stop"}]}
    page = open_page(model=play(lambda _: Response(json.dumps(whole), mimetype="application/json")))
    ask(page, "Hello")
    expect(page.locator(".answer .prose")).to_have_text("All at once.")
    expect(page.locator(".notice")).to_have_count(0)


def test_a_web_page_in_place_of_an_answer_is_quoted(page: Page) -> None:
    """As a network puts it before the edge that wants a person to sign in first."""
    portal = "<html><h1>Please sign in</h1></html>"
    page.route("**/v1/chat/completions", lambda route: route.fulfill(content_type="text/html", body=portal))
    ask(page, "Hello")
    expect(page.locator(".notice.error")).to_contain_text("Please sign in")


def test_a_refusal_is_shown_in_the_models_own_words(page: Page, pen: Pen) -> None:
    ask(page, "Hello")
    pen.write("I can't do that.", field="refusal")
    pen.finish()
    expect(page.locator(".answer .prose")).to_have_text("I can't do that.")
    expect(page.locator(".notice")).to_have_count(0)


@pytest.mark.parametrize("fault", ["garbage", "truncated", "empty", "error-midstream", "reset-midstream", "400", "429", "524"])
def test_after_every_fault_the_page_goes_on(open_page: OpenPage, upstream: DemoUpstream, fault: str) -> None:
    page = open_page(model=f"demo/fault-{fault}", refusals=True)
    ask(page, "Hello")
    expect(page.locator(".answer")).to_have_attribute("data-state", "ended")
    expect(page.locator(".notice")).to_be_visible()
    page.get_by_role("button", name="Model:").click()
    page.get_by_role("radio", name="demo/friendly").click()
    ask(page, "And now?")
    expect(page.locator(".answer .prose").nth(1)).to_contain_text("And now?")
