"""What the edge has counted, shown on the page: all of it to an owner, to anybody else what is theirs."""

import csv
import io
import re
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from gateway.base.tokens import digest
from tests.browser.conftest import OpenPage, violations, wait_until
from tests.conftest import StartWorker, Worker
from tests.database import database_of
from tests.tokens import ALICE, BOB, ENTRIES, GUESTS, OTHER

OWNER = "ionet_canaryOWNER"
PRICED = "meta-llama/Llama-3.3-70B-Instruct"
HOSTILE = '=HYPERLINK("https://evil.test")<img src=x onerror="document.title=1">'

TODAY = datetime.now(UTC).date()


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


# Who, how many days ago, model, outcome, requests, tokens of prompts, cached, of answers, both estimated, µUSD, requests without a price.
COUNTED = [
    ("token:alice", 0, PRICED, "done", 10, 1000, 200, 500, 0, 0, 1.25e6, 0),
    ("token:alice", 3, HOSTILE, "done", 2, 100, 0, 50, 0, 0, 0, 2),
    ("token:alice", 45, PRICED, "done", 1, 7000, 0, 300, 0, 0, 5e5, 0),
    ("token:bob", 0, PRICED, "left", 1, 0, 0, 0, 11, 7, 200, 0),
    ("token:bob", 0, "", "rate_limit_exceeded", 3, 0, 0, 0, 0, 0, 0, 0),
    ("token:other", 1, "demo/unknown", "done", 1, 20, 0, 30, 0, 0, 0, 1),
]


@pytest.fixture(scope="module")
def edge(start_worker: StartWorker) -> Worker:
    """An edge that has counted."""
    entries = f"{ENTRIES}, owner:{digest(OWNER)}:::owner"
    worker = start_worker(USAGE="on", ALLOW_ANONYMOUS=None, ACCESS_TOKENS=entries, UPSTREAM_RETRIES="0", HISTORY="off")
    rows = [(str(day(ago)), who, *counted) for who, ago, *counted in COUNTED]
    with closing(sqlite3.connect(database_of(worker), timeout=10)) as database, database:
        database.execute("DELETE FROM usage")
        database.executemany(f"INSERT INTO usage VALUES ({', '.join('?' * 12)})", rows)
    return worker


@pytest.fixture
def page_url(edge: Worker) -> str:
    return edge.url


def usage(page: Page) -> Locator:
    """The view, opened."""
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Show the usage").click()
    return page.get_by_role("dialog", name="Usage")


def table(view: Locator) -> list[list[str]]:
    """The lines of the table: its heads, its body and its foot."""
    expect(view.locator("table")).to_be_visible()
    lines = [row.locator("th, td").all_inner_texts() for row in view.locator("tr").all()]
    return [[cell.replace("\u202f", "") for cell in line] for line in lines]


def choose(view: Locator, name: str) -> None:
    view.get_by_role("radio", name=name, exact=True).check()


class TestAnOwnerSees:
    @pytest.fixture
    def view(self, open_page: OpenPage) -> Locator:
        return usage(open_page(settings={"token": OWNER}))

    def test_each_day(self, view: Locator) -> None:
        heads, *lines = table(view)
        assert heads == ["Day", "Requests", "Refused", "Tokens in", "Cached", "Tokens out", "Cost"]
        assert [line[1:] for line in lines] == [
            ["14", "3", "≈1,011", "200", "≈507", "$1.2502"],
            ["1", "0", "20", "0", "30", "–"],
            ["2", "0", "100", "0", "50", "–"],
            ["17", "3", "≈1,131", "200", "≈587", "≥$1.2502"],
        ]
        assert [line[0] for line in lines] == [*(f"{day(ago):%b %-d, %Y}" for ago in (0, 1, 3)), "Total"]
        expect(view.locator(".usage-said")).to_have_text("17 requests · ≈\u202f1,718 tokens · ≥\u202f$1.2502")

    def test_each_person_who_used_most_first(self, view: Locator) -> None:
        choose(view, "Person")
        assert [line[:2] for line in table(view)] == [
            ["Person", "Requests"],
            ["token:alice", "12"],
            ["token:bob", "4"],
            ["token:other", "1"],
            ["Total", "17"],
        ]

    def test_each_model_and_a_name_is_nothing_but_a_name(self, view: Locator) -> None:
        choose(view, "Model")
        names = [line[0] for line in table(view)]
        assert names == ["Model", PRICED, HOSTILE, "demo/unknown", "not known", "Total"]
        expect(view.locator("img")).to_have_count(0)
        expect(view.page).to_have_title("ionet edge")

    def test_the_cost_of_each_day_where_it_is_known(self, view: Locator) -> None:
        expect(view.get_by_text("The cost of 3 requests is not known")).to_be_visible()
        picture = view.get_by_role("img")
        expect(picture).to_have_accessible_name(re.compile(rf"^Tokens by day, .*: at most 1,518, on {day(0):%b %-d, %Y}\.$"))
        choose(view, "Cost")
        expect(picture).to_have_accessible_name(re.compile(rf"^Cost by day, .*: at most \$1\.2502, on {day(0):%b %-d, %Y}\.$"))

    def test_the_days_that_are_chosen(self, view: Locator) -> None:
        choose(view, "90 days")
        expect(view.locator("tbody tr")).to_have_count(4)
        choose(view, "7 days")
        expect(view.locator("tbody tr")).to_have_count(3)
        view.get_by_label("From").fill(str(day(50)))
        view.get_by_label("To", exact=True).fill(str(day(40)))
        expect(view.locator("tbody tr")).to_have_count(1)
        expect(view.get_by_role("radio", name="7 days")).not_to_be_checked()
        view.get_by_label("From").fill(str(day(39)))
        expect(view.get_by_role("status")).to_contain_text("These dates are no period")

    def test_what_a_bar_stands_for(self, view: Locator) -> None:
        view.locator(".u-over").scroll_into_view_if_needed()
        box = view.locator(".u-over").bounding_box()
        assert box
        view.page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 5)
        expect(view.locator(".usage-legend")).to_have_text(f"Tokens in: 1,011Tokens out: 507{day(0):%b %-d, %Y}")


class TestAnybodyElseSees:
    def test_their_own(self, open_page: OpenPage) -> None:
        view = usage(open_page(settings={"token": BOB}))
        assert [line[1:] for line in table(view)[1:]] == [["4", "3", "≈11", "≈7", "$0.0002"]] * 2
        expect(view.get_by_text("This is your own usage, as token:bob.")).to_be_visible()
        expect(view.get_by_role("radio", name="Person")).to_have_count(0)
        choose(view, "Model")
        assert [line[0] for line in table(view)] == ["Model", PRICED, "not known", "Total"]

    def test_tokens_alone_where_there_is_no_price(self, open_page: OpenPage) -> None:
        view = usage(open_page(settings={"token": OTHER}))
        assert table(view)[0] == ["Day", "Requests", "Refused", "Tokens in", "Tokens out"]
        expect(view.get_by_text("What this cost is not known")).to_be_visible()
        expect(view.get_by_role("radio", name="Cost")).to_have_count(0)

    def test_that_there_is_nothing(self, open_page: OpenPage) -> None:
        view = usage(open_page(settings={"token": GUESTS[0]}))
        expect(view.get_by_role("status")).to_have_text("Nothing was used in this period.")
        expect(view.locator(".usage-figures")).to_be_hidden()


@pytest.mark.parametrize("by", ["Day", "Person", "Model"])
def test_it_can_be_taken_along(open_page: OpenPage, by: str) -> None:
    view = usage(open_page(settings={"token": OWNER}))
    choose(view, by)
    with view.page.expect_download() as saved:
        view.get_by_role("button", name="Export as CSV").click()
    assert saved.value.suggested_filename == f"ionet-edge-usage-{day(29)}-to-{day(0)}.csv"
    names, *rows = csv.reader(io.StringIO(Path(saved.value.path()).read_text()))
    assert names[:3] == [{"Day": "day", "Person": "identity", "Model": "model"}[by], "requests", "refused"]
    assert sum(int(row[1]) for row in rows) == 17
    if by == "Model":
        assert f"'{HOSTILE}" in [row[0] for row in rows]


class TestWhatFails:
    def test_a_token_that_is_wrong_can_be_put_right(self, open_page: OpenPage) -> None:
        page = open_page(settings={"token": "ionet_wrong"}, refusals=True)
        view = usage(page)
        expect(view.get_by_role("alert")).to_contain_text("The access token is wrong.")
        view.get_by_role("button", name="Open settings").click()
        expect(page.get_by_label("Access token")).to_be_focused()
        page.get_by_label("Access token").fill(ALICE)
        page.get_by_role("button", name="Show the usage").click()
        assert table(view)[-1][:2] == ["Total", "12"]
        expect(view.get_by_role("alert")).to_be_empty()

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (None, "The edge can't be reached."),
            ({"status": 429, "headers": {"retry-after": "30"}}, "That was too fast. Try again in 30 s."),
            (
                {"status": 503, "json": {"error": {"code": "usage_unavailable", "message": "No."}}},
                "the edge's database does not answer",
            ),
        ],
    )
    def test_is_told_and_tried_again(self, open_page: OpenPage, answer: dict[str, object] | None, said: str) -> None:
        page = open_page(settings={"token": ALICE}, refusals=True)
        refuse = lambda route: route.fulfill(**answer) if answer else route.abort()  # noqa: E731
        page.route("**/api/usage?*", refuse)
        view = usage(page)
        expect(view.get_by_role("alert")).to_contain_text(said)
        expect(view.locator(".usage-figures")).to_be_hidden()
        page.unroute("**/api/usage?*", refuse)
        view.get_by_role("button", name="Retry").click()
        assert table(view)[-1][:2] == ["Total", "12"]
        page.route("**/api/usage?*", refuse)
        view.get_by_role("button", name="Export as CSV").click()
        expect(view.get_by_role("alert")).to_contain_text(said)
        assert table(view)[-1][:2] == ["Total", "12"]

    def test_a_view_that_cannot_be_loaded(self, open_page: OpenPage) -> None:
        page = open_page(settings={"token": ALICE}, refusals=True)
        page.route("**/vendor/uplot.js", lambda route: route.abort())
        usage(page)
        expect(page.get_by_text("This could not be loaded.")).to_be_visible()


def test_what_was_asked_last_is_shown(open_page: OpenPage) -> None:
    page = open_page(settings={"token": ALICE}, tolerate=["AbortError"])
    late: list[Route] = []
    page.route(re.compile(rf"/api/usage\?from={day(89)}"), lambda route: late.insert(0, route))
    view = usage(page)
    choose(view, "90 days")
    wait_until(page, lambda: len(late) == 2)
    expect(view.locator(".usage-figures")).to_have_attribute("inert", "")
    choose(view, "7 days")
    assert table(view)[-1][:2] == ["Total", "12"]
    for route in late:
        route.fulfill(json={"data": []})
    page.wait_for_function("performance.now() > 0")
    assert table(view)[-1][:2] == ["Total", "12"]


def test_it_is_no_part_of_the_first_use_and_is_there_where_the_edge_counts(open_page: OpenPage) -> None:
    page = open_page(settings={"token": ALICE})
    loaded = "performance.getEntriesByType('resource').filter(({ name }) => /u(plot|sage)/.test(name)).length"
    assert page.evaluate(loaded) == 0
    table(usage(page))
    assert page.evaluate(loaded) > 3
    other = open_page(settings={"token": ALICE}, config={"usage": False})
    other.get_by_role("button", name="Settings").click()
    expect(other.get_by_role("button", name="Show the usage")).to_be_hidden()


def test_the_keyboard_comes_back_to_where_it_was(open_page: OpenPage) -> None:
    page = open_page(settings={"token": ALICE})
    opener = page.get_by_role("button", name="Show the usage")
    page.get_by_role("button", name="Settings").click()
    opener.focus()
    page.keyboard.press("Enter")
    view = page.get_by_role("dialog", name="Usage")
    table(view)
    page.keyboard.press("Escape")
    expect(view).to_be_hidden()
    expect(opener).to_be_focused()
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}])
def test_everybody_can_read_it(open_page: OpenPage, look: dict[str, str]) -> None:
    page = open_page(settings={"token": OWNER}, viewport={"width": 360, "height": 740}, reduced_motion="reduce", **look)
    view = usage(page)
    table(view)
    assert violations(page) == []
    assert view.evaluate("view => view.scrollWidth <= view.clientWidth")


def test_in_japanese(open_page: OpenPage) -> None:
    page = open_page(settings={"token": BOB}, locale="ja-JP")
    page.get_by_role("button", name="設定").click()
    page.get_by_role("button", name="利用状況を表示").click()
    view = page.get_by_role("dialog", name="利用状況")
    assert table(view)[0] == ["日付", "リクエスト", "うち拒否", "入力トークン", "出力トークン", "料金"]
    expect(view.get_by_text("ご自身（token:bob）の利用分です。")).to_be_visible()
