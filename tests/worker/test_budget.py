"""How much one identity may spend on a day: reserved in the database before the call, so that no two calls spend the same tokens."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.conftest import StartWorker, Worker, question
from tests.tokens import ALICE, BUSY, ENTRIES, OTHER, bearing
from tools.upstream.server import DemoUpstream

CALLS = 10
BYTES_PER_TOKEN = 3
BODY = json.dumps(question("Hi", model="demo/friendly", max_tokens=1)).encode().ljust(300)
COST = len(BODY) // BYTES_PER_TOKEN + 1

LIMITS = {"DAILY_TOKEN_BUDGET": str(CALLS * COST), "MAX_COMPLETION_TOKENS": "100"}


@pytest.fixture(scope="module")
def thrifty(start_worker: StartWorker) -> Worker:
    """A Worker with a budget for ten calls of each identity."""
    return start_worker(ACCESS_TOKENS=ENTRIES, **LIMITS)


def ask(client: httpx.Client, worker: Worker, token: str, model: str = "demo/friendly") -> httpx.Response:
    return client.post(
        worker.chat, content=BODY.replace(b"demo/friendly", model.encode()).rstrip().ljust(300), headers=bearing(token)
    )


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
