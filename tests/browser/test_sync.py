"""Conversations follow a person: what is written on one device is on the others, and nothing is lost on the way."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser.conftest import PEN, OpenPage, ask, delete_room, reload, rooms, violations, wait_until
from tests.browser.pen import Pen
from tests.conftest import KEY, StartWorker, Worker, serve
from tests.tokens import ENTRIES, OTHER, bearing
from tools.processes import free_port
from tools.upstream.server import DemoUpstream

EVERYWHERE = "Saved everywhere."


class Restartable:
    """An edge that can be stopped and started again, with the same address and database."""

    def __init__(self, upstream_url: str, state: Path, stack: ExitStack) -> None:
        tokens = {"ACCESS_TOKENS": ENTRIES, "UPSTREAM_RETRIES": "0"}
        self._values = {"IONET_API_KEY": KEY, "IONET_BASE_URL": upstream_url, **tokens}
        self._state = state
        self._port = free_port()
        self._running = stack.enter_context(ExitStack())
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        serve(self._values, self._state, self._port, self._running)

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def edge(start_worker: StartWorker) -> Worker:
    """An edge with a history, for two people."""
    return start_worker(UPSTREAM_RETRIES="0", ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES)


@pytest.fixture
def page_url(edge: Worker) -> str:
    return edge.url


@pytest.fixture
def history(edge: Worker, guest: str) -> Iterator[httpx.Client]:
    """The person's history at the edge."""
    with httpx.Client(base_url=edge.url, headers=bearing(guest), timeout=30) as client:
        yield client


@pytest.fixture
def device(open_page: OpenPage, guest: str) -> Callable[..., Page]:
    """Open the page on another device of the same person."""

    def open_device(**options: object) -> Page:
        page = open_page(**{"model": PEN, "settings": {"token": guest}, **options})
        expect(page.locator("#kept")).to_have_text(EVERYWHERE)
        return page

    return open_device


def saved(page: Page) -> None:
    """Wait until all that is on the page is in the history."""
    expect(page.locator("#kept")).to_have_text(EVERYWHERE)


def exchange(page: Page, pen: Pen) -> None:
    """A first question, and its answer."""
    ask(page, "Hello")
    pen.answer("Hi.")
    expect(page.locator(".answer .prose")).to_have_text("Hi.")


def greet(page: Page, pen: Pen) -> None:
    """A first exchange, which is in the history then."""
    exchange(page, pen)
    saved(page)


@contextmanager
def instead(page: Page, calls: str, happens: Callable[[Route], None]) -> Iterator[None]:
    """For a while, have something else become of these calls."""
    page.context.route(calls, happens)
    yield
    page.context.unroute(calls)


def stored(client: httpx.Client) -> list[str]:
    """The texts of all messages in the history, in their order."""
    rooms = client.get("/api/rooms").json()["rooms"]
    pages = [client.get(f"/api/rooms/{room['id']}/messages").json()["messages"] for room in rooms]
    return [message["content"] for messages in pages for message in messages]


def open_chat(page: Page, title: str) -> None:
    rooms(page).locator(".chat", has_text=title).click()


class TestTwoDevices:
    def test_a_chat_of_one_is_on_the_other(self, device: Callable[..., Page], pen: Pen) -> None:
        laptop = device()
        greet(laptop, pen)
        phone = device()
        open_chat(phone, "Hello")
        expect(phone.locator(".answer .prose")).to_have_text("Hi.")
        ask(phone, "And?")
        pen.answer("So.")
        expect(laptop.locator(".answer .prose").nth(1)).to_have_text("So.")

    def test_an_answer_is_seen_while_it_is_written_elsewhere(self, device: Callable[..., Page], pen: Pen) -> None:
        laptop = device()
        ask(laptop, "Hello")
        pen.write("Half of")
        expect(laptop.locator(".answer .prose")).to_have_text("Half of")
        phone = device()
        open_chat(phone, "Hello")
        expect(phone.locator(".answer .prose")).to_have_text("Half of")
        expect(phone.locator(".answer")).to_have_attribute("data-state", "writing")
        pen.answer(" it all.")
        expect(phone.locator(".answer .prose")).to_have_text("Half of it all.")
        expect(phone.locator(".answer")).to_have_attribute("data-state", "ended")

    def test_stop_leaves_what_was_seen_on_both(self, device: Callable[..., Page], pen: Pen, history: httpx.Client) -> None:
        laptop = device()
        ask(laptop, "Hello")
        pen.write("Just this")
        expect(laptop.locator(".answer .prose")).to_have_text("Just this")
        laptop.get_by_role("button", name="Stop").click()
        expect(laptop.locator(".answer")).to_have_attribute("data-state", "ended")
        saved(laptop)
        assert stored(history) == ["Hello", "Just this"]
        phone = device()
        open_chat(phone, "Hello")
        expect(phone.locator(".answer .prose")).to_have_text("Just this")
        expect(phone.locator(".notice")).to_contain_text("Stopped by you.")

    def test_a_deleted_chat_goes_on_both(self, device: Callable[..., Page], pen: Pen, history: httpx.Client) -> None:
        laptop = device()
        greet(laptop, pen)
        phone = device()
        open_chat(phone, "Hello")
        expect(phone.locator(".answer .prose")).to_have_text("Hi.")
        delete_room(phone, "Hello")
        expect(laptop.get_by_role("heading", name="What shall we think about?")).to_be_visible()
        assert stored(history) == []

    def test_two_that_were_offline_at_once_lose_nothing(self, device: Callable[..., Page], pen: Pen) -> None:
        laptop = device(refusals=True)
        greet(laptop, pen)
        phone = device(refusals=True)
        open_chat(phone, "Hello")
        for page in (laptop, phone):
            page.context.route("**/api/changes*", lambda route: route.abort())
        for page, words in ((laptop, "from the laptop"), (phone, "from the phone")):
            ask(page, f"A question {words}")
            pen.answer(f"An answer {words}.")
            expect(page.locator(".answer .prose").nth(1)).to_have_text(f"An answer {words}.")
            expect(page.locator("#kept")).to_contain_text("to be saved")
        for page, words in ((laptop, "from the laptop"), (phone, "from the phone")):
            page.context.unroute("**/api/changes*")
            saved(page)
            reload(page)
            expect(page.locator(".answer .prose").nth(1)).to_have_text(f"An answer {words}.")
        for page in (laptop, phone):
            page.locator(".question").nth(1).hover()
            expect(page.locator(".question").nth(1)).to_contain_text(re.compile("Version . of 2"))

    def test_everything_can_be_deleted_on_all_at_once(self, device: Callable[..., Page], pen: Pen, history: httpx.Client) -> None:
        laptop = device()
        greet(laptop, pen)
        phone = device()
        open_chat(phone, "Hello")
        expect(phone.locator(".answer .prose")).to_have_text("Hi.")
        laptop.get_by_role("button", name="Settings", exact=True).click()
        laptop.get_by_role("button", name="Delete everything…").click()
        laptop.get_by_label("My history at this edge too").check()
        laptop.get_by_role("button", name="Delete everything", exact=True).click()
        expect(phone.get_by_role("heading", name="What shall we think about?")).to_be_visible()
        assert stored(history) == []
        assert history.get("/api/history").json()["rooms"] == 0


class TestFailures:
    def test_a_database_that_fails_holds_nothing_up_and_gets_it_later_once(
        self, device: Callable[..., Page], pen: Pen, history: httpx.Client
    ) -> None:
        page = device(refusals=True)
        refuse = {"error": {"message": "no", "type": "server_error", "param": None, "code": "history_unavailable"}}
        with instead(page, "**/api/changes*", lambda route: route.fulfill(status=503, json=refuse)):
            exchange(page, pen)
            expect(page.locator("#kept")).to_contain_text("to be saved")
        saved(page)
        assert stored(history) == ["Hello", "Hi."]

    def test_an_answer_that_the_edge_took_and_the_page_did_not_hear_of_is_one(
        self, device: Callable[..., Page], pen: Pen, history: httpx.Client
    ) -> None:
        page = device(refusals=True)

        def lose(route: Route) -> None:
            with suppress(Error):  # the test may have ended meanwhile
                route.fetch()
                route.abort()

        with instead(page, "**/api/changes", lose):
            exchange(page, pen)
            expect(page.locator("#kept")).to_contain_text("to be saved")
        saved(page)
        assert stored(history) == ["Hello", "Hi."]

    def test_a_tab_that_closes_leaves_its_half_answer_at_the_edge(
        self, device: Callable[..., Page], pen: Pen, history: httpx.Client
    ) -> None:
        page = device()
        ask(page, "Hello")
        pen.write("Half of")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        wait_until(page, lambda: stored(history) == ["Hello", "Half of"])
        pen.write(" it")
        expect(page.locator(".answer .prose")).to_have_text("Half of it")
        page.close(run_before_unload=False)
        other = device()
        open_chat(other, "Hello")
        expect(other.locator(".answer .prose")).to_have_text("Half of it")
        expect(other.locator(".notice")).to_contain_text("The page was closed")

    def test_a_tab_that_is_killed_comes_back_with_what_was_seen(
        self, device: Callable[..., Page], pen: Pen, history: httpx.Client
    ) -> None:
        page = device()
        ask(page, "Hello")
        pen.write("Half of")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        wait_until(page, lambda: stored(history) == ["Hello", "Half of"])
        with page.expect_event("crash"), suppress(Error):
            page.goto("chrome://crash")
        again = page.context.new_page()
        again.goto(page.url)
        expect(again.locator(".answer .prose")).to_have_text("Half of")
        other = device()
        open_chat(other, "Hello")
        expect(other.locator(".answer .prose")).to_have_text("Half of")

    def test_a_clock_that_is_a_day_off_changes_nothing(self, device: Callable[..., Page], pen: Pen) -> None:
        ahead = device()
        ahead.clock.install(time="2027-01-02T08:00:00Z")
        ask(ahead, "Hello")
        pen.answer("Hi.")
        expect(ahead.locator(".answer .prose")).to_have_text("Hi.")
        ahead.clock.run_for(3_000)
        saved(ahead)
        page = device()
        open_chat(page, "Hello")
        ask(page, "And?")
        pen.answer("So.")
        expect(page.locator(".answer .prose").nth(1)).to_have_text("So.")
        saved(page)
        reload(page)
        expect(page.locator(".answer .prose")).to_have_text(["Hi.", "So."])

    def test_an_answer_that_is_too_large_for_the_history_is_told_and_holds_up_nothing(
        self, device: Callable[..., Page], pen: Pen, history: httpx.Client
    ) -> None:
        page = device()
        ask(page, "Hello")
        pen.answer("many words " * 170_000)
        expect(page.locator("#kept")).to_have_text("Not all of it could be saved in your history.")
        page.get_by_role("button", name="New chat").click()
        ask(page, "And here?")
        pen.answer("Yes.")
        wait_until(page, lambda: stored(history)[:2] == ["And here?", "Yes."])
        assert stored(history)[2:] == ["Hello"]


class TestToken:
    def test_without_one_nothing_is_asked_and_with_a_wrong_one_once(self, open_page: OpenPage) -> None:
        asked: list[str] = []
        page = open_page(refusals=True)
        page.on("request", lambda request: asked.append(request.url) if "/api/changes" in request.url else None)
        page.get_by_role("button", name="Settings", exact=True).click()
        with page.expect_response("**/api/changes*") as refused:
            page.get_by_label("Access token").fill("wrong")
        assert refused.value.status == 401
        page.keyboard.press("Escape")
        expect(page.locator("#kept")).to_have_text("Kept on this device.")
        assert len(asked) == 1


class TestRestart:
    @pytest.fixture
    def edge(self, upstream: DemoUpstream, tables_made: Path, tmp_path: Path) -> Iterator["Restartable"]:
        shutil.copytree(tables_made, tmp_path, dirs_exist_ok=True)
        with ExitStack() as stack:
            yield Restartable(upstream.base_url, tmp_path, stack)

    def test_a_worker_that_restarts_in_the_middle_of_an_answer(
        self, edge: "Restartable", device: Callable[..., Page], pen: Pen, history: httpx.Client
    ) -> None:
        page = device(refusals=True)
        ask(page, "Hello")
        pen.write("Half of")
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        edge.stop()
        expect(page.locator(".notice")).to_be_visible()
        expect(page.locator("#kept")).to_contain_text("to be saved")
        edge.start()
        saved(page)
        reload(page)
        expect(page.locator(".answer .prose")).to_have_text("Half of")
        assert stored(history) == ["Hello", "Half of"]


class TestWhoseItIs:
    def test_another_person_on_the_same_device_gets_none_of_it(
        self, device: Callable[..., Page], edge: Worker, pen: Pen, history: httpx.Client
    ) -> None:
        page = device()
        greet(page, pen)
        page.get_by_role("button", name="Settings", exact=True).click()
        page.get_by_label("Access token").fill(OTHER)
        page.keyboard.press("Escape")
        expect(page.locator("#offer")).to_contain_text("1 chat was on this device before")
        with httpx.Client(base_url=edge.url, headers=bearing(OTHER)) as other:
            assert stored(other) == []
        assert stored(history) == ["Hello", "Hi."]

    def test_what_was_on_the_device_before_is_offered_to_be_taken_along(
        self, open_page: OpenPage, pen: Pen, guest: str, history: httpx.Client
    ) -> None:
        page = open_page(model=PEN, settings={"token": guest}, config={"history": False})
        exchange(page, pen)
        expect(page.locator("#kept")).to_have_text("Kept on this device.")
        page.context.unroute("**/api/config")
        reload(page)
        expect(page.locator("#offer")).to_contain_text("1 chat was on this device before")
        assert violations(page) == []
        assert stored(history) == []
        page.get_by_role("button", name="Take along").click()
        wait_until(page, lambda: stored(history) == ["Hello", "Hi."])
        expect(page.locator("#offer")).to_be_hidden()
