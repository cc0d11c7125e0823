"""How much one identity may spend on a day: reserved in the database before the call, so that no two calls spend the same tokens."""

import asyncio
import json
import operator
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from werkzeug import Request, Response

from gateway.base.tokens import digest
from tests.conftest import KEY, Handler, StartWorker, Worker, question, serve
from tests.database import database_of, rows_once
from tests.streams import closed_by_client, endless, saying, taking
from tests.tokens import ALICE, BUSY, ENTRIES, GUESTS, OTHER, bearing
from tests.worker.test_streaming import reset
from tools.processes import free_port
from tools.upstream import faults
from tools.upstream.server import DemoUpstream

CALLS = 10
BYTES_PER_TOKEN = 3
SPENDER = "demo/fault-spender"
BODY = json.dumps(question("Hi", model=SPENDER, max_tokens=1)).encode().ljust(300)
COST = len(BODY) // BYTES_PER_TOKEN + 1

GUARD = "demo/fault-guard"
VERDICT_TOKENS = 20

LIMITS = {"DAILY_TOKEN_BUDGET": str(CALLS * COST), "MAX_COMPLETION_TOKENS": "100"}


@pytest.fixture(scope="module")
def thrifty(start_worker: StartWorker) -> Worker:
    """A Worker with a budget for ten calls of each identity."""
    return start_worker(ACCESS_TOKENS=ENTRIES, **LIMITS)


@pytest.fixture(scope="module")
def guarded(start_worker: StartWorker) -> Worker:
    """A budget for ten answers, and for the guard's reading of ten questions more."""
    budget = CALLS * (2 * COST + VERDICT_TOKENS)
    return start_worker(**LIMITS | {"DAILY_TOKEN_BUDGET": str(budget)}, ACCESS_TOKENS=ENTRIES, MODERATION_MODEL=GUARD,
                        UPSTREAM_RETRIES="0")  # fmt: skip


@pytest.fixture(autouse=True)
def spender(upstream: DemoUpstream) -> None:
    """A model that takes all the tokens that a call reserves."""
    upstream.faults["spender"] = taking(COST)


def ask(client: httpx.Client, worker: Worker, token: str, model: str = SPENDER) -> httpx.Response:
    return client.post(
        worker.chat, content=BODY.replace(SPENDER.encode(), model.encode()).rstrip().ljust(300), headers=bearing(token)
    )


def token_of(name: str) -> str:
    return f"ionet_canary{name}"


def entry(name: str) -> str:
    return f"of-{name}:{digest(token_of(name))}"


def verdict(word: str) -> Handler:
    """What a guard answers."""
    return lambda _: saying(word)


def assert_exceeded(response: httpx.Response) -> None:
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (429, "rate_limit_error", "budget_exceeded")
    tomorrow = datetime.now(UTC) + timedelta(seconds=int(response.headers["retry-after"]))
    assert f"resets at {tomorrow:%Y-%m-%d} 00:00 UTC" in error["message"]


async def test_200_calls_at_once_against_a_budget_for_10(thrifty: Worker, upstream: DemoUpstream) -> None:
    async with httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=None)) as client:
        responses = await asyncio.gather(*(client.post(thrifty.chat, content=BODY) for _ in range(200)))
        assert Counter(response.status_code for response in responses) == {200: CALLS, 429: 200 - CALLS}
        assert len(upstream.calls) == CALLS
        for response in responses:
            if response.status_code == 429:
                assert_exceeded(response)
        # Nobody else's budget is touched.
        assert (await client.post(thrifty.chat, content=BODY, headers=bearing(OTHER))).status_code == 200


@pytest.mark.parametrize(
    ("token", "fault", "status"), [(ALICE, "402", 402), (BUSY, "redirect", 502)], ids=["by the upstream", "by a failure"]
)
def test_a_refused_call_costs_nothing(
    thrifty: Worker, client: httpx.Client, upstream: DemoUpstream, token: str, fault: str, status: int
) -> None:
    refused = [ask(client, thrifty, token, f"demo/fault-{fault}") for _ in range(CALLS + 1)]
    assert {response.status_code for response in refused} == {status}
    served = [ask(client, thrifty, token).status_code for _ in range(CALLS)]
    assert served == [200] * CALLS
    upstream.calls.clear()
    assert_exceeded(ask(client, thrifty, token))
    assert not upstream.calls


@pytest.mark.parametrize("fault", ["504", "524"])
def test_a_call_whose_time_was_over_is_kept_and_not_made_again(
    start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream, fault: str
) -> None:
    worker = start_worker(**LIMITS, UPSTREAM_RETRIES="5", FALLBACK_MODELS="demo/friendly", ACCESS_TOKENS=entry(fault))
    for _ in range(CALLS):
        assert ask(client, worker, token_of(fault), f"demo/fault-{fault}").status_code == int(fault)
    assert len(upstream.calls) == CALLS
    assert_exceeded(ask(client, worker, token_of(fault)))


class TestWithAGuard:
    def test_an_outage_of_it_costs_nothing(self, guarded: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        upstream.faults["guard"] = faults.internal_error
        assert {ask(client, guarded, ALICE).status_code for _ in range(3 * CALLS)} == {503}
        upstream.faults["guard"] = verdict("safe")
        assert [ask(client, guarded, ALICE).status_code for _ in range(CALLS)] == [200] * CALLS
        assert_exceeded(ask(client, guarded, ALICE))

    def test_a_refusal_of_its_costs_what_it_has_read(self, guarded: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        upstream.faults["guard"] = verdict("unsafe")
        assert {ask(client, guarded, OTHER).status_code for _ in range(CALLS)} == {400}
        upstream.faults["guard"] = verdict("safe")
        answered = [ask(client, guarded, OTHER).status_code for _ in range(CALLS)].count(200)
        assert CALLS // 3 <= answered <= CALLS // 2


class TestWithJudgedAnswers:
    @pytest.mark.parametrize("when", ["after", "before"])
    def test_what_the_guard_has_read_of_them_counts(
        self, start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream, when: str
    ) -> None:
        upstream.faults |= {"guard": verdict("safe"), "spender": taking(COST // 2)}
        worker = start_worker(
            **LIMITS, ACCESS_TOKENS=ENTRIES, MODERATION_MODEL=GUARD, MODERATE_ANSWERS=when, UPSTREAM_RETRIES="0"
        )  # fmt: skip
        assert ask(client, worker, ALICE).status_code == 200
        upstream.calls.wait_for(lambda calls: len(calls) == 3)
        read = len(json.loads(upstream.calls[2].body)["messages"][-1]["content"])
        assert read == len("Hi")
        asked = COST - 1 + VERDICT_TOKENS
        judged = (
            -(-len('[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hi"}]') // BYTES_PER_TOKEN) + VERDICT_TOKENS
        )
        sql = "SELECT tokens FROM token_usage WHERE identity = 'token:alice'"
        (row,) = rows_once(worker, bool, sql)
        assert row["tokens"] == pytest.approx(asked + COST // 2 + judged, abs=3)  # spaces of JSON


class TestTheDatabase:
    """Another process holds it locked, or changes it, while the Worker wants it."""

    @pytest.fixture
    def database(self, start_worker: StartWorker) -> Iterator[tuple[Worker, sqlite3.Connection]]:
        worker = start_worker(**LIMITS, ACCESS_TOKENS=ENTRIES, UPSTREAM_RETRIES="0")
        with closing(sqlite3.connect(database_of(worker), isolation_level=None, check_same_thread=False)) as connection:
            yield worker, connection

    def test_that_cannot_reserve_is_a_503_of_its_own(
        self, database: tuple[Worker, sqlite3.Connection], client: httpx.Client, upstream: DemoUpstream
    ) -> None:
        worker, connection = database
        connection.execute("BEGIN EXCLUSIVE")
        response = ask(client, worker, ALICE)
        connection.execute("ROLLBACK")
        error = response.json()["error"]
        assert (response.status_code, error["type"], error["code"]) == (503, "server_error", "budget_unavailable")
        assert not upstream.calls
        assert ask(client, worker, ALICE).status_code == 200

    def test_that_cannot_give_back_changes_no_answer_and_is_logged(
        self, database: tuple[Worker, sqlite3.Connection], client: httpx.Client, play: Callable[[Handler], str]
    ) -> None:
        worker, connection = database

        def refuse(request: Request) -> Response:
            connection.execute("ALTER TABLE token_usage RENAME TO elsewhere")
            return faults.bad_model(request)

        response = ask(client, worker, BUSY, play(refuse))
        worker.logged(response.headers["x-request-id"], "budget_not_settled")
        connection.execute("ALTER TABLE elsewhere RENAME TO token_usage")
        assert (response.status_code, response.headers["x-answered-by"]) == (400, "upstream")
        assert ask(client, worker, BUSY).status_code == 200

    def test_forgets_the_days_gone_by(self, database: tuple[Worker, sqlite3.Connection], client: httpx.Client) -> None:
        worker, connection = database
        ask(client, worker, ALICE)
        today = datetime.now(UTC).strftime("%Y-%m-%d")
        rows = [("token:old", "2026-01-31", 5), ("token:new", today, 5)]
        connection.executemany("INSERT INTO token_usage (identity, day, tokens) VALUES (?, ?, ?)", rows)
        assert client.get(f"{worker.url}/cdn-cgi/local/scheduled").status_code == 200
        kept = dict(connection.execute("SELECT identity, day FROM token_usage"))
        assert "token:old" not in kept
        assert kept["token:new"] == today
        plan = " ".join(
            row[3] for row in connection.execute("EXPLAIN QUERY PLAN DELETE FROM token_usage WHERE day < ?", (today,))
        )
        assert "token_usage_by_day" in plan


def test_an_image_by_its_address_costs_what_the_owner_says(
    start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream
) -> None:
    worker = start_worker(**LIMITS | {"DAILY_TOKEN_BUDGET": "3000"}, MEDIA_TOKENS="3000", ACCESS_TOKENS=ENTRIES)
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    text = {"type": "text", "text": "https://example.com/a.png"}

    def answered(part: object) -> int:
        body = {"messages": [{"role": "user", "content": [part]}], "model": "demo/friendly", "max_tokens": 1}
        return client.post(worker.chat, json=body, headers=bearing(ALICE)).status_code

    assert (answered(image), answered(text)) == (429, 200)


class TestSettling:
    """What an answer has not used is given back when it ends."""

    @pytest.fixture
    def settling(self, start_worker: StartWorker) -> Worker:
        return start_worker(**LIMITS, ACCESS_TOKENS=ENTRIES, ALLOW_ANONYMOUS=None, UPSTREAM_RETRIES="0")

    def counted(self, worker: Worker, identity: str, until: Callable[[int], bool]) -> int:
        """The tokens that count for `identity`, once they are what they have to be."""
        sql = "SELECT tokens FROM token_usage WHERE identity = ?"
        (row,) = rows_once(worker, lambda rows: bool(rows) and until(rows[0]["tokens"]), sql, f"token:{identity}")
        return int(row["tokens"])

    def test_more_calls_than_the_budget_could_reserve_at_once(
        self, settling: Worker, client: httpx.Client, upstream: DemoUpstream
    ) -> None:
        used = COST // 20
        upstream.faults["spender"] = taking(used)
        for number in range(1, 2 * CALLS):
            assert ask(client, settling, ALICE).status_code == 200
            self.counted(settling, "alice", partial(operator.eq, number * used))

    def test_one_that_is_stopped_by_an_estimate(self, settling: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        upstream.faults["spender"] = endless
        longer = BODY.replace(b'"max_tokens": 1', b'"max_tokens":99')
        with client.stream("POST", settling.chat, content=longer, headers=bearing(OTHER)) as answer:
            assert next(answer.iter_raw())
        prompt = len(BODY) // BYTES_PER_TOKEN
        assert self.counted(settling, "other", lambda tokens: tokens < prompt + 99) > prompt

    def test_never_more_than_was_reserved(self, settling: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        upstream.faults["spender"] = taking(3 * COST)
        answer = ask(client, settling, BUSY)
        settling.logged(answer.headers["x-request-id"], "answer_ended")
        self.counted(settling, "busy", partial(operator.eq, COST))

    def test_an_answer_in_one_piece_and_as_text(self, settling: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        upstream.faults["spender"] = taking(COST // 10)
        body = json.loads(BODY)
        client.post(settling.chat, json={**body, "stream": False}, headers=bearing(GUESTS[0]))
        client.post(settling.chat, json=body, headers={**bearing(GUESTS[0]), "accept": "text/plain"})
        self.counted(settling, "guest-0", lambda tokens: tokens == 2 * (COST // 10))

    def test_what_is_left_is_told(self, settling: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        upstream.faults["spender"] = taking(COST // 2)
        budget, mine = CALLS * COST, bearing(GUESTS[1])

        def told() -> dict[str, object]:
            (tokens,) = client.get(f"{settling.url}/api/budget", headers=mine).json()["data"]
            assert tokens["resets_at"] == (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z")
            return {name: tokens[name] for name in ("limit", "used", "remaining")}

        assert told() == {"limit": budget, "used": 0, "remaining": budget}
        assert ask(client, settling, GUESTS[1]).headers["x-budget-remaining-tokens"] == str(budget - COST)
        self.counted(settling, "guest-1", partial(operator.eq, COST // 2))
        assert told() == {"limit": budget, "used": COST // 2, "remaining": budget - COST // 2}
        assert client.get(f"{settling.url}/api/budget").status_code == 401


class TestWhatNobodySettles:
    """Its time is over at some point; a test has it be over by putting that point into the past."""

    EXPIRE = "UPDATE reservations SET expires_at = unixepoch() - 1"

    def used(self, client: httpx.Client, worker: Worker, token: str) -> int:
        (budget,) = client.get(f"{worker.url}/api/budget", headers=bearing(token)).json()["data"]
        return int(budget["used"])

    def test_a_client_that_resets_before_its_answer_begins_pays_its_prompt(
        self, thrifty: Worker, client: httpx.Client, upstream: DemoUpstream
    ) -> None:
        asked, token = question(model="demo/fault-silent", max_tokens=99), GUESTS[7]
        reset(thrifty.runtime_port(), asked, upstream, f"authorization: Bearer {token}")
        upstream.calls.wait_for(closed_by_client(1))
        prompt = -(-len(json.dumps(asked)) // BYTES_PER_TOKEN)
        assert self.used(client, thrifty, token) == prompt + 99
        with closing(sqlite3.connect(database_of(thrifty), isolation_level=None)) as database:
            database.execute(self.EXPIRE)
        assert self.used(client, thrifty, token) == prompt

    def test_a_worker_that_dies_in_the_middle_of_an_answer(
        self, client: httpx.Client, upstream: DemoUpstream, tables_made: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(tables_made, tmp_path, dirs_exist_ok=True)
        values = {**LIMITS, "IONET_API_KEY": KEY, "IONET_BASE_URL": upstream.base_url, "ACCESS_TOKENS": ENTRIES}
        upstream.faults["spender"] = endless
        with ExitStack() as stack:
            worker = serve(values, tmp_path, free_port(), stack)
            with client.stream("POST", worker.chat, content=BODY, headers=bearing(ALICE)) as answer:
                assert next(answer.iter_raw())
                stack.close()
        with ExitStack() as stack:
            worker = serve(values, tmp_path, free_port(), stack)
            assert self.used(client, worker, ALICE) == COST
            assert client.get(f"{worker.url}/cdn-cgi/local/scheduled").status_code == 200
            assert self.used(client, worker, ALICE) == COST
            with closing(sqlite3.connect(database_of(worker), isolation_level=None)) as database:
                database.execute(self.EXPIRE)
            assert client.get(f"{worker.url}/cdn-cgi/local/scheduled").status_code == 200
            assert self.used(client, worker, ALICE) == COST - 1
            assert not rows_once(worker, lambda rows: not rows, "SELECT * FROM reservations")


def test_where_there_is_no_budget_nothing_is_told_of_one(worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    assert client.get(f"{worker.url}/api/budget").json() == {"object": "list", "data": []}
    assert "x-budget-remaining-tokens" not in client.post(worker.chat, json=question()).headers


def test_a_call_that_costs_more_than_a_day_has_says_so(thrifty: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    response = client.post(thrifty.chat, json=question("word " * 5000), headers=bearing(OTHER))
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (429, "budget_exceeded")
    assert f"more than a day's budget of {CALLS * COST}" in error["message"]
    assert not upstream.calls


def test_a_database_without_its_table_is_named(start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream) -> None:
    response = client.post(start_worker(tables=False, **LIMITS).chat, json=question())
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (503, "not_configured", "DAILY_TOKEN_BUDGET")
    assert "migrations apply" in error["message"]
    assert not upstream.calls
