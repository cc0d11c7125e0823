"""Budgets of money: a day's and a month's, for each identity and for all together."""

import json
import math
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from gateway.base.tokens import digest
from tests.conftest import StartWorker, Worker, question
from tests.database import rows_once
from tests.tokens import ENTRIES, GUESTS, bearing
from tools.processes import free_port
from tools.upstream.calls import Call
from tools.upstream.models import DEFAULT, HIGHER_TIER, REASONING
from tools.upstream.server import DemoUpstream

OWNER = "ionet_canaryOWNER"
BYTES_PER_TOKEN = 3
MOST_TOKENS = 200
BODY = json.dumps(question("Hi", model=DEFAULT)).encode().ljust(300)
PROMPT, COMPLETION = 0.1, 0.3  # millionths of a USD for a token, in tools/upstream/models.py
COST = math.ceil(100 * PROMPT) + math.ceil(MOST_TOKENS * COMPLETION)
"""What the request may cost at most, in millionths of a USD: 70."""

LIMITS = {
    "MAX_COMPLETION_TOKENS": str(MOST_TOKENS),
    "DAILY_BUDGET_USD": f"{2 * COST / 1e6:.6f}",
    "MONTHLY_BUDGET_USD": "1",
    "TOTAL_MONTHLY_BUDGET_USD": f"{10 * COST / 1e6:.6f}",
}
PRIVATE = {"ALLOW_ANONYMOUS": None, "ACCESS_TOKENS": f"{ENTRIES}, owner:{digest(OWNER)}:::owner", "UPSTREAM_RETRIES": "0"}


@pytest.fixture(scope="module")
def frugal(start_worker: StartWorker) -> Worker:
    """A Worker with a larger budget where a dearer model may be served in place of the one that was asked for."""
    return start_worker(
        **LIMITS | {"DAILY_BUDGET_USD": "0.005", "TOTAL_MONTHLY_BUDGET_USD": "1"},
        **PRIVATE,
        FALLBACK_MODELS=REASONING,
        USAGE="on",
    )


@pytest.fixture
def slow(upstream: DemoUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that do not end by themselves while a test goes on."""
    monkeypatch.setattr(upstream, "pace", 60)


def ask(client: httpx.Client, worker: Worker, token: str, body: bytes = BODY) -> httpx.Response:
    return client.post(worker.chat, content=body, headers=bearing(token))


def usage_of(answer: httpx.Response) -> dict[str, int]:
    """What io.net says that a streamed answer took."""
    (usage,) = [json.loads(line[6:])["usage"] for line in answer.text.splitlines() if '"choices":[]' in line]
    return dict(usage)


def told(client: httpx.Client, worker: Worker, token: str) -> dict[str, dict[str, Any]]:
    data = client.get(f"{worker.url}/api/budget", headers=bearing(token)).json()["data"]
    return {budget["name"]: budget for budget in data}


def asked(upstream: DemoUpstream) -> list[Call]:
    """The calls for an answer."""
    return [call for call in upstream.calls if call.path.endswith("/completions")]


@pytest.fixture(scope="module")
def cheap(start_worker: StartWorker) -> Worker:
    """A Worker with a day's budget for two calls of each identity, and a month's for ten of all."""
    return start_worker(**LIMITS, **PRIVATE)


@pytest.mark.usefixtures("slow")
class TestWhileAnswersGoOn:
    def test_what_they_may_cost_is_reserved(self, cheap: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        with ExitStack() as stack:
            for rest in (COST, 0):
                answer = stack.enter_context(client.stream("POST", cheap.chat, content=BODY, headers=bearing(GUESTS[0])))
                assert answer.headers["x-budget-remaining-usd"] == f"{rest / 1e6:.6f}"
            refused = ask(client, cheap, GUESTS[0])
            assert told(client, cheap, GUESTS[0])["DAILY_BUDGET_USD"]["used"] == 2 * COST / 1e6
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (429, "budget_exceeded")
        assert error["message"].startswith(f"Of the budget of {2 * COST / 1e6:.6f} USD for a day, 0.000000 USD are left")
        assert refused.headers["x-budget-remaining-usd"] == "0.000000"
        assert len(asked(upstream)) == 2

    def test_and_counts_for_all(self, cheap: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        total = "TOTAL_MONTHLY_BUDGET_USD"
        with ExitStack() as stack:
            answers = []
            for number in range(2, 22):
                asking = client.stream("POST", cheap.chat, content=BODY, headers=bearing(GUESTS[number // 2]))
                answers.append(stack.enter_context(asking))
                if answers[-1].status_code != 200:
                    break
            refused = answers.pop()
            refused.read()
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "budget_exceeded")
            assert "The budget that this edge has for a month is used up" in refused.json()["error"]["message"]
            assert len(asked(upstream)) == len(answers) > 7
            used = told(client, cheap, OWNER)[total]["used"]
            assert 9 * COST / 1e6 < used <= 10 * COST / 1e6
            assert total not in told(client, cheap, GUESTS[1])


def test_an_answer_costs_what_it_took(cheap: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    answer = ask(client, cheap, GUESTS[20])
    usage = usage_of(answer)
    cost = math.ceil(usage["prompt_tokens"] * PROMPT + usage["completion_tokens"] * COMPLETION)
    sql = "SELECT microusd FROM token_usage WHERE identity = ?"
    assert rows_once(cheap, bool, sql, "token:guest-20") == [{"microusd": cost}]
    assert told(client, cheap, GUESTS[20])["MONTHLY_BUDGET_USD"]["used"] == cost / 1e6 < COST / 1e6


class TestFallbacks:
    """The one that may answer costs more than four times as much for a token of a prompt, and nearly six times for one of an answer."""

    DEAR_PROMPT, DEAR_COMPLETION = 0.4, 1.75

    def test_the_dearest_price_is_reserved(self, frugal: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        dear = math.ceil(100 * self.DEAR_PROMPT) + math.ceil(MOST_TOKENS * self.DEAR_COMPLETION)
        answer = ask(client, frugal, GUESTS[21])
        assert answer.headers["x-model"] == DEFAULT
        assert answer.headers["x-budget-remaining-usd"] == f"{(5000 - dear) / 1e6:.6f}"

    def test_what_the_one_took_that_answered_is_counted(
        self, frugal: Worker, client: httpx.Client, upstream: DemoUpstream
    ) -> None:
        answer = ask(client, frugal, GUESTS[22], BODY.replace(DEFAULT.encode(), HIGHER_TIER.encode()))
        assert (answer.status_code, answer.headers["x-model"]) == (200, REASONING)
        usage = usage_of(answer)
        cost = usage["prompt_tokens"] * self.DEAR_PROMPT + usage["completion_tokens"] * self.DEAR_COMPLETION
        (row,) = rows_once(frugal, bool, "SELECT * FROM usage WHERE identity = ?", "token:guest-22")
        assert (row["model"], row["outcome"], row["requests"]) == (REASONING, "done", 1)
        assert (row["prompt_tokens"], row["completion_tokens"]) == (usage["prompt_tokens"], usage["completion_tokens"])
        assert row["cost_microusd"] == pytest.approx(cost)
        sql = "SELECT microusd FROM token_usage WHERE identity = ?"
        assert rows_once(frugal, bool, sql, "token:guest-22") == [{"microusd": math.ceil(cost)}]


def test_a_model_without_a_price_is_not_asked(cheap: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    refused = ask(client, cheap, GUESTS[23], BODY.replace(DEFAULT.encode(), b"demo/friendly"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "model_without_price")
    assert "demo/friendly" in refused.json()["error"]["message"]
    assert not asked(upstream)


def test_without_a_list_of_prices_nothing_is_asked(start_worker: StartWorker, client: httpx.Client) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/v1"
    refused = ask(client, start_worker(**LIMITS, **PRIVATE, IONET_BASE_URL=nowhere), GUESTS[0])
    assert (refused.status_code, refused.json()["error"]["code"]) == (502, "models_unavailable")
