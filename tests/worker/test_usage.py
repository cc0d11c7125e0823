"""What answers take is counted at their end, and no answer is another one for that."""

import asyncio
import csv
import hashlib
import io
import json
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from threading import Event
from typing import Any

import httpx
import pytest
from openai import OpenAI
from werkzeug import Response

from gateway.base.tokens import digest
from tests.conftest import Handler, StartWorker, Worker, question
from tests.database import database_of, rows_once
from tests.raw import post, reset_after
from tests.streams import ONE_WORD, closed_by_client, endless, one_word_and_silence, sample
from tests.tokens import ENTRIES, GUESTS, bearing
from tools.upstream.server import DemoUpstream

Play = Callable[[Handler], str]
Counted = dict[str, Any]

OWNER = "ionet_canaryOWNER"
PRICED = "meta-llama/Llama-3.3-70B-Instruct"
PROMPT_USD, COMPLETION_USD = 0.0000001, 0.0000003  # in tools/upstream/models.py


@pytest.fixture(scope="module")
def counting(start_worker: StartWorker) -> Worker:
    """A Worker that counts, and has fetched the prices by which it does."""
    worker = start_worker(
        USAGE="on",
        ALLOW_ANONYMOUS=None,
        ACCESS_TOKENS=f"{ENTRIES}, owner:{digest(OWNER)}:::owner",
        UPSTREAM_RETRIES="0",
        MODELS_FRESH_SECONDS="86400",
        HISTORY="off",
    )
    assert httpx.get(f"{worker.url}/v1/models", headers=bearing(OWNER), timeout=30).status_code == 200
    return worker


class Guest:
    """Somebody whose usage is all in one test."""

    def __init__(self, worker: Worker, number: int) -> None:
        self.worker = worker
        self.name = f"token:guest-{number}"
        self.headers = bearing(GUESTS[number])

    def ask(self, client: httpx.Client, **fields: object) -> httpx.Response:
        return client.post(self.worker.chat, json=question(**fields), headers=self.headers)  # type: ignore[arg-type]

    def rows(self, *, requests: int = 1) -> list[Counted]:
        """What is counted, once as many requests are."""
        sql = "SELECT * FROM usage WHERE identity = ?"
        return rows_once(self.worker, lambda rows: sum(row["requests"] for row in rows) >= requests, sql, self.name)


_numbers = iter(range(len(GUESTS)))


@pytest.fixture
def guest(counting: Worker) -> Guest:
    return Guest(counting, next(_numbers))


def playing(body: bytes) -> Handler:
    return lambda _: Response(body, mimetype="text/event-stream")


class TestTheAnswer:
    def test_is_the_upstreams_to_the_byte(self, guest: Guest, client: httpx.Client, play: Play) -> None:
        body = sample("hostile") + b"".join(b"data: %d %b\n\n" % (number, b"x" * number) for number in range(3000))
        answer = guest.ask(client, model=play(playing(body)))
        assert hashlib.sha256(answer.content).digest() == hashlib.sha256(body).digest()

    def test_comes_while_it_is_written(self, guest: Guest, client: httpx.Client, play: Play) -> None:
        arrived = [Event() for _ in range(5)]

        def body() -> Iterator[bytes]:
            for number, event in enumerate(arrived):
                yield b"data: %d\n\n" % number
                assert event.wait(timeout=30)

        model = play(lambda _: Response(body(), mimetype="text/event-stream"))
        with client.stream("POST", guest.worker.chat, json=question(model=model), headers=guest.headers) as response:
            for number, chunk in enumerate(response.iter_raw()):
                assert chunk == b"data: %d\n\n" % number
                arrived[number].set()

    def test_that_breaks_off_is_no_whole_one(self, guest: Guest, client: httpx.Client, upstream: DemoUpstream) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            guest.ask(client, model="demo/fault-reset-midstream")
        (row,) = guest.rows()
        assert row["outcome"] == "broke_off"

    def test_is_asked_for_with_its_usage(self, guest: Guest, client: httpx.Client, upstream: DemoUpstream) -> None:
        assert '"usage":{' in guest.ask(client, model="demo/friendly").text
        assert '"usage":{' not in guest.ask(client, model="demo/friendly", stream_options={"include_usage": False}).text
        assert [json.loads(call.body)["stream_options"] for call in upstream.calls if call.path.endswith("completions")] == [
            {"include_usage": True},
            {"include_usage": False},
        ]

    def test_with_openais_client(self, guest: Guest, upstream: DemoUpstream) -> None:
        token = guest.headers["authorization"].removeprefix("Bearer ")
        with OpenAI(base_url=f"{guest.worker.url}/v1", api_key=token, max_retries=0) as openai:
            asked = {"model": "demo/friendly", "messages": [{"role": "user", "content": "Hello"}]}
            *_, last = openai.chat.completions.create(**asked, stream=True)  # type: ignore[call-overload]
            whole = openai.chat.completions.create(**asked)  # type: ignore[call-overload]
        assert last.usage == whole.usage
        (row,) = guest.rows(requests=2)
        assert (row["outcome"], row["completion_tokens"]) == ("done", 2 * whole.usage.completion_tokens)


class TestStop:
    def test_while_chunks_flow(self, guest: Guest, client: httpx.Client, upstream: DemoUpstream, play: Play) -> None:
        model = play(endless)
        with client.stream("POST", guest.worker.chat, json=question(model=model), headers=guest.headers) as response:
            assert next(response.iter_raw())
        upstream.calls.wait_for(closed_by_client(1))
        (row,) = guest.rows()
        assert row["outcome"] == "left"
        assert row["estimated_completion_tokens"] > 0
        assert row["estimated_prompt_tokens"] > 0
        assert (row["prompt_tokens"], row["completion_tokens"]) == (0, 0)

    def test_while_the_upstream_says_nothing(self, guest: Guest, upstream: DemoUpstream, play: Play) -> None:
        asked = json.dumps(question(model=play(one_word_and_silence))).encode()
        reset_after(guest.worker.runtime_port(), post(f"authorization: {guest.headers['authorization']}", body=asked), ONE_WORD)
        upstream.calls.wait_for(closed_by_client(1))
        (row,) = guest.rows()
        assert row["outcome"] == "left"

    async def test_of_a_hundred_at_once(self, guest: Guest, upstream: DemoUpstream, play: Play) -> None:
        asked = question(model=play(endless))

        async def leave(client: httpx.AsyncClient) -> None:
            async with client.stream("POST", guest.worker.chat, json=asked, headers=guest.headers) as response:
                await anext(response.aiter_raw())

        # The rate limit of the edge lets one token ask 60 times a minute.
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:
            await asyncio.gather(*(leave(client) for _ in range(50)))
        upstream.calls.wait_for(closed_by_client(50), timeout=30)
        (row,) = guest.rows(requests=50)
        assert (row["outcome"], row["requests"]) == ("left", 50)


def test_a_slow_client_slows_the_upstream_down(guest: Guest, upstream: DemoUpstream, play: Play) -> None:
    """What the Worker holds does not grow with what the upstream could send."""
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(20_000):
            yield b"data: %b\n\n" % (b"x" * 10_000)
            sent += 10_000

    model = play(lambda _: Response(body(), mimetype="text/event-stream"))
    asked = post(f"authorization: {guest.headers['authorization']}", body=json.dumps(question(model=model)).encode())
    with socket.create_connection(("127.0.0.1", guest.worker.runtime_port())) as sock:
        sock.sendall(asked)
        assert sock.recv(1000)
        before = -1
        while sent != before:  # until the upstream waits
            before = sent
            time.sleep(0.5)
        assert sent < 60_000_000  # of 200; what lies in sockets on the way is some of it
    upstream.calls.wait_for(closed_by_client(1))


class TestCounted:
    def test_by_day_identity_model_and_outcome(self, guest: Guest, client: httpx.Client, upstream: DemoUpstream) -> None:
        answers = [guest.ask(client, model=PRICED, max_tokens=5) for _ in range(3)]
        usages = [
            json.loads(line[6:])["usage"] for answer in answers for line in answer.text.splitlines() if '"choices":[]' in line
        ]
        prompt, completion = (sum(usage[name] for usage in usages) for name in ("prompt_tokens", "completion_tokens"))
        (row,) = guest.rows(requests=3)
        assert row == {
            "day": datetime.now(UTC).strftime("%Y-%m-%d"),
            "identity": guest.name,
            "model": PRICED,
            "outcome": "done",
            "requests": 3,
            "prompt_tokens": prompt,
            "cached_tokens": 0,
            "completion_tokens": completion,
            "estimated_prompt_tokens": 0,
            "estimated_completion_tokens": 0,
            "cost_microusd": pytest.approx((prompt * PROMPT_USD + completion * COMPLETION_USD) * 1e6),
            "unpriced": 0,
        }

    def test_in_every_form(self, guest: Guest, client: httpx.Client, upstream: DemoUpstream) -> None:
        body = question(model="demo/friendly", max_tokens=5)
        client.post(guest.worker.chat, json={**body, "stream": False}, headers=guest.headers)
        client.post(guest.worker.chat, json=body, headers={**guest.headers, "accept": "text/plain"})
        (row,) = guest.rows(requests=2)
        assert (row["outcome"], row["completion_tokens"]) == ("done", 10)

    def test_refusals_of_the_upstreams_and_of_the_edge(self, guest: Guest, client: httpx.Client, upstream: DemoUpstream) -> None:
        assert guest.ask(client, model="demo/fault-429").status_code == 429
        assert guest.ask(client, model="demo/fault-redirect").status_code == 502
        assert guest.ask(client, model="demo/friendly", messages=[]).status_code == 400
        rows = guest.rows(requests=3)
        assert {(row["outcome"], row["model"]) for row in rows} == {
            ("http_429", "demo/fault-429"),
            ("upstream_redirect", ""),
            ("invalid_value", ""),
        }
        assert {row["cost_microusd"] for row in rows} == {0}

    def test_what_has_no_price_is_said_to_have_none(self, guest: Guest, client: httpx.Client, play: Play) -> None:
        guest.ask(client, model=play(playing(sample("chat"))))
        (row,) = guest.rows()
        assert (row["prompt_tokens"], row["completion_tokens"], row["cost_microusd"], row["unpriced"]) == (21, 10, 0, 1)


def test_the_log_has_a_line_at_the_end(guest: Guest, client: httpx.Client, upstream: DemoUpstream) -> None:
    answer = guest.ask(client, model=PRICED, max_tokens=5)
    line = guest.worker.logged(answer.headers["x-request-id"], "answer_ended")
    assert line.pop("ms") >= 0
    assert line.pop("cost_usd") == pytest.approx(line["prompt_tokens"] * PROMPT_USD + 5 * COMPLETION_USD)
    assert line == {
        "event": "answer_ended",
        "request_id": answer.headers["x-request-id"],
        "identity": guest.name,
        "model": PRICED,
        "outcome": "done",
        "finish_reason": "length",
        "prompt_tokens": line["prompt_tokens"],
        "completion_tokens": 5,
        "estimated": False,
        "bytes": len(answer.content),
    }


class TestTold:
    """`GET /api/usage`: an owner sees all, anybody else what is theirs."""

    @pytest.fixture
    def owner(self) -> dict[str, str]:
        return bearing(OWNER)

    @pytest.fixture
    def used(self, guest: Guest, client: httpx.Client, upstream: DemoUpstream) -> Guest:
        guest.ask(client, model=PRICED, max_tokens=5)
        guest.ask(client, model="demo/fault-429")
        guest.rows(requests=2)
        return guest

    def told(self, client: httpx.Client, worker: Worker, headers: dict[str, str], query: str) -> list[Counted]:
        answer = client.get(f"{worker.url}/api/usage?{query}", headers=headers)
        assert answer.status_code == 200, answer.text
        data: list[Counted] = answer.json()["data"]
        return data

    def test_to_an_owner_of_everybody(self, used: Guest, client: httpx.Client, owner: dict[str, str]) -> None:
        (row,) = (row for row in self.told(client, used.worker, owner, "by=identity") if row["identity"] == used.name)
        assert (row["requests"], row["refused"], row["completion_tokens"]) == (2, 1, 5)
        assert row["cost_usd"] == pytest.approx(row["prompt_tokens"] * PROMPT_USD + 5 * COMPLETION_USD)

    def test_to_anybody_else_of_themselves(self, used: Guest, client: httpx.Client) -> None:
        assert {row["identity"] for row in self.told(client, used.worker, used.headers, "by=identity")} == {used.name}
        assert {row["outcome"] for row in self.told(client, used.worker, used.headers, "by=outcome,model")} == {
            "done",
            "http_429",
        }
        assert self.told(client, used.worker, used.headers, "to=2020-01-31") == []

    def test_as_a_table(self, used: Guest, client: httpx.Client) -> None:
        answer = client.get(f"{used.worker.url}/api/usage?by=model", headers={**used.headers, "accept": "text/csv"})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        names, *rows = csv.reader(io.StringIO(answer.text))
        assert names[:3] == ["model", "requests", "refused"]
        assert {row[0] for row in rows} == {PRICED, "demo/fault-429"}

    def test_to_no_stranger(self, counting: Worker, client: httpx.Client) -> None:
        for headers in ({}, bearing("ionet_guessed")):
            assert client.get(f"{counting.url}/api/usage?by=identity", headers=headers).status_code == 401

    def test_by_no_edge_that_does_not_count(self, worker: Worker, client: httpx.Client) -> None:
        answer = client.get(f"{worker.url}/api/usage")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "usage_off")


class TestTheDatabase:
    def test_that_fails_loses_no_answer_and_is_logged(
        self, start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream
    ) -> None:
        worker = start_worker(USAGE="on", tables=False)
        answer = client.post(worker.chat, json=question(model="demo/friendly"))
        assert answer.text.endswith("data: [DONE]\n\n")
        worker.logged(answer.headers["x-request-id"], "usage_not_counted")
        error = client.get(f"{worker.url}/api/usage").json()["error"]
        assert (error["code"], error["param"]) == ("not_configured", "USAGE")

    def test_forgets_what_is_too_old(self, guest: Guest, client: httpx.Client, upstream: DemoUpstream) -> None:
        guest.ask(client, model="demo/friendly", max_tokens=5)
        guest.rows()
        with closing(sqlite3.connect(database_of(guest.worker), timeout=10)) as database, database:
            database.execute("INSERT INTO usage VALUES ('2020-01-31', ?, 'old', 'done', 1, 1, 0, 1, 0, 0, 1.0, 0)", (guest.name,))
        assert client.get(f"{guest.worker.url}/cdn-cgi/local/scheduled").status_code == 200
        (row,) = guest.rows()
        assert row["model"] == "demo/friendly"


def test_nothing_is_counted_unless_the_owner_says_so(worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    answer = client.post(worker.chat, json=question(model="demo/friendly"))
    worker.log_line(answer)
    assert "answer_ended" not in worker.log.read_text()
    assert "stream_options" not in json.loads(upstream.calls[0].body)
