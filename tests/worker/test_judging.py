"""Answers are judged by the guard: behind them, or before a word of them is given."""

import json
import socket
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import httpx
import pytest
from openai import OpenAI
from werkzeug import Request, Response

from tests.conftest import Handler, StartWorker, Worker, question
from tests.database import database_of, rows_once
from tests.raw import post
from tests.streams import endless, sample, saying
from tests.tokens import ALICE, ENTRIES, OTHER, bearing
from tools.upstream import faults
from tools.upstream.calls import Call
from tools.upstream.connection import connection, hang_up, wait
from tools.upstream.server import DemoUpstream

Play = Callable[[Handler], str]

GUARD = "demo/fault-guard"
SETTINGS = {
    "ALLOW_ANONYMOUS": None,
    "ACCESS_TOKENS": ENTRIES,
    "MODERATION_MODEL": GUARD,
    "UPSTREAM_RETRIES": "0",
    "USAGE": "on",
    "HISTORY": "off",
}
BAD = "BAD words"
"""What the guard of these tests finds unsafe, in an answer."""

PARAGRAPH = "word " * 50 + "end.\n\n"


def says(text: str, index: int = 0, name: str = "content") -> bytes:
    return chunk({name: text}, index)


def chunk(delta: object, index: int = 0, reason: str | None = None) -> bytes:
    choice = {"index": index, "delta": delta, "finish_reason": reason}
    return b"data: %b\n\n" % json.dumps({"id": "chatcmpl-7", "created": 7, "model": "org/a", "choices": [choice]}).encode()


END = chunk({}, reason="stop") + b"data: [DONE]\n\n"


def plays(*chunks: bytes, breaks: bool = False) -> Handler:
    """A stream of these chunks, whose connection then breaks."""

    def handler(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            for each in chunks:
                yield each
                wait(connection(request), 0.002)  # so that each is a chunk by itself
            if breaks:
                raise hang_up(connection(request))

        return Response(body(), mimetype="text/event-stream")

    return handler


def turns(request: Request) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = request.get_json()["messages"]
    return messages


@dataclass
class Guard:
    """The guard of these tests: finds answers unsafe that have BAD words. `answers` are those that it was asked about."""

    answers: list[str] = field(default_factory=list)
    fails: bool = False
    answers_wait_for: Event | None = None

    def __call__(self, request: Request) -> Response:
        *_, last = turns(request)
        if last["role"] != "assistant":
            return saying("safe")
        self.answers.append(last["content"])
        if self.fails:
            return faults.internal_error(request)
        if self.answers_wait_for:
            return Response(self._late(request, last["content"]), mimetype="application/json")
        return saying(self._verdict(last["content"]))

    def _verdict(self, text: str) -> str:
        return "unsafe\nS1,S10" if BAD in text else "safe"

    def _late(self, request: Request, text: str) -> Iterator[bytes]:
        assert self.answers_wait_for
        while not self.answers_wait_for.is_set():
            wait(connection(request), 0.02)
        yield saying(self._verdict(text)).get_data()


@pytest.fixture
def guard(upstream: DemoUpstream) -> Guard:
    upstream.faults["guard"] = guard = Guard()
    return guard


@pytest.fixture(scope="module")
def after(start_worker: StartWorker) -> Worker:
    return start_worker(**SETTINGS, MODERATE_ANSWERS="after", SHOW_UNSAFE_ANSWERS="on")


@pytest.fixture(scope="module")
def before(start_worker: StartWorker) -> Worker:
    return start_worker(**SETTINGS, MODERATE_ANSWERS="before")


@pytest.fixture(scope="module")
def before_open(start_worker: StartWorker) -> Worker:
    return start_worker(**SETTINGS, MODERATE_ANSWERS="before", MODERATION_FAILURE="open")


@pytest.fixture(scope="module", params=["after", "before"])
def either(request: pytest.FixtureRequest) -> Worker:
    worker: Worker = request.getfixturevalue(request.param)
    return worker


def ask(
    client: httpx.Client, worker: Worker, model: str, *, headers: dict[str, str] | None = None, **fields: object
) -> httpx.Response:
    return client.post(worker.chat, json={**question(model=model), **fields}, headers={**bearing(ALICE), **(headers or {})})


def content(body: bytes) -> str:
    lines = [line[6:] for line in body.decode().splitlines() if line.startswith("data: {")]
    choices = [choice for line in lines for choice in json.loads(line).get("choices", ())]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def judged(worker: Worker, answer: httpx.Response) -> dict[str, Any]:
    return worker.logged(answer.headers["x-request-id"], "answer_judged")


def kept(worker: Worker, answer: httpx.Response) -> dict[str, Any]:
    sql = "SELECT * FROM verdicts WHERE request_id = ?"
    (row,) = rows_once(worker, lambda rows: len(rows) == 1, sql, answer.headers["x-request-id"])
    return row


def verdict(client: httpx.Client, worker: Worker, request_id: str, token: str = ALICE) -> httpx.Response:
    return client.get(f"{worker.url}/api/verdicts/{request_id}", headers=bearing(token))


def outcomes(worker: Worker, model: str) -> dict[str, int]:
    sql = "SELECT outcome, requests, completion_tokens + estimated_completion_tokens AS tokens FROM usage WHERE model = ?"
    return {row["outcome"]: row["tokens"] for row in rows_once(worker, lambda rows: len(rows) > 0, sql, model)}


def left(*models: str) -> Callable[[list[Call]], bool]:
    """Of the calls for each of these models the last was left by its caller."""

    def are_left(calls: list[Call]) -> bool:
        states = {json.loads(call.body)["model"]: call.state for call in calls if call.body}  # GET /models has none
        return all(states.get(model) == "closed-by-client" for model in models)

    return are_left


FORMS = pytest.mark.parametrize("accept", ["text/event-stream", "text/plain", "application/json"])


class Leaving:
    """A client that resets its connection."""

    def __init__(self, worker: Worker, body: object, accept: str = "*/*") -> None:
        self._sock = socket.create_connection(("127.0.0.1", worker.runtime_port()))
        headers = (f"authorization: Bearer {ALICE}", f"accept: {accept}")
        self._sock.sendall(post(*headers, body=json.dumps(body).encode()))

    def wait_for(self, words: bytes) -> None:
        received = b""
        while words not in received:
            received += self._sock.recv(65536)

    def leave(self) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()


class TestWhatIsJudged:
    """In either mode."""

    def test_what_is_safe_is_given_and_its_verdict_told(
        self, either: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        model = play(plays(says("Hel"), says("lo"), END))
        answer = ask(client, either, model)
        assert content(answer.content) == "Hello"
        line = judged(either, answer)
        assert line.pop("ms") >= 0
        assert line == {
            "event": "answer_judged",
            "request_id": answer.headers["x-request-id"],
            "identity": "token:alice",
            "model": model,
            "verdict": "safe",
            "categories": [],
        }
        assert outcomes(either, model).keys() == {"done"}
        assert guard.answers == ["Hello"]

    def test_the_guard_reads_the_question_too(
        self, either: Worker, client: httpx.Client, upstream: DemoUpstream, guard: Guard, play: Play
    ) -> None:
        answer = ask(client, either, play(plays(says("Hello"), END)))
        judged(either, answer)
        assert json.loads(upstream.calls[-1].body)["messages"] == [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hello"},
        ]

    @pytest.mark.parametrize(
        "chunks",
        [
            [says(BAD)],
            [says(BAD, name="reasoning_content"), says("Hello")],
            [says(BAD, name="refusal")],
            [says(BAD, name="anything")],
            [says("Hello"), says(BAD, index=1)],
            [chunk({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": '{"a": "' + BAD}}]})],
            [says("B"), says("AD w"), says("ords")],
            [b"data: %b\n\n" % BAD.encode()],
            [says("x").replace(b"x", BAD.encode())[:-30], says("x").replace(b"x", BAD.encode())[-30:]],
        ],
        ids=["content", "reasoning", "refusal", "unknown", "choice", "tool", "words", "no JSON", "bytes"],
    )
    def test_whatever_is_unsafe_in_an_answer_is_found(
        self, either: Worker, client: httpx.Client, guard: Guard, play: Play, chunks: list[bytes]
    ) -> None:
        model = play(plays(*chunks, END))
        answer = ask(client, either, model)
        line = judged(either, answer)
        assert (line["verdict"], line["categories"]) == ("unsafe", ["S1", "S10"])
        assert outcomes(either, model).keys() == {"unsafe"}
        rows = client.get(f"{either.url}/api/usage?by=model,outcome", headers=bearing(ALICE)).json()["data"]
        assert [row["refused"] for row in rows if row["model"] == model] == [0]
        told = verdict(client, either, kept(either, answer)["request_id"]).json()
        assert (told["verdict"], told["categories"], told["hidden"]) == ("unsafe", ["S1", "S10"], True)

    def test_the_log_has_no_word_of_it(self, either: Worker, client: httpx.Client, guard: Guard, play: Play) -> None:
        answer = ask(client, either, play(plays(says("Xylophones. " + BAD), END)))
        judged(either, answer)
        kept(either, answer)
        assert "Xylophones" not in either.log.read_text()

    def test_a_failing_guard_is_told_of(self, either: Worker, client: httpx.Client, guard: Guard, play: Play) -> None:
        guard.fails = True
        answer = ask(client, either, play(plays(says("Hello"), END)))
        assert judged(either, answer)["verdict"] == "unjudged"
        assert kept(either, answer)["hidden"] == 1

    @pytest.mark.parametrize("name", ["demo/fault-429", "demo/fault-402", "demo/fault-500"])
    def test_a_refusal_of_the_upstreams_passes(self, either: Worker, client: httpx.Client, guard: Guard, name: str) -> None:
        answer = ask(client, either, name)
        assert answer.status_code == int(name[-3:])
        assert answer.headers["x-answered-by"] == "upstream"
        assert guard.answers == []


class TestAfter:
    def test_the_answer_is_the_upstreams_to_the_byte(self, after: Worker, client: httpx.Client, guard: Guard, play: Play) -> None:
        body = sample("hostile") + b": a comment\n" + says("\u3042" * 1000) + b"half an event"
        assert ask(client, after, play(plays(*(body[at : at + 1000] for at in range(0, len(body), 1000))))).content == body

    def test_it_comes_while_it_is_written(self, after: Worker, client: httpx.Client, guard: Guard, play: Play) -> None:
        arrived = Event()

        def body() -> Iterator[bytes]:
            yield says("First")
            assert arrived.wait(30)
            yield END

        model = play(lambda _: Response(body(), mimetype="text/event-stream"))
        with client.stream("POST", after.chat, json=question(model=model), headers=bearing(ALICE)) as response:
            chunks = response.iter_raw()
            assert b"First" in next(chunks)
            arrived.set()
            assert b"".join(chunks) == END

    def test_stop_reaches_the_upstream_and_what_had_come_is_judged(
        self, after: Worker, client: httpx.Client, upstream: DemoUpstream, guard: Guard, play: Play
    ) -> None:
        model = play(endless)
        with client.stream("POST", after.chat, json=question(model=model), headers=bearing(ALICE)) as response:
            assert next(response.iter_raw())
        upstream.calls.wait_for(left(model))
        assert judged(after, response)["verdict"] == "safe"
        assert guard.answers[0].startswith("on ")
        assert outcomes(after, model).keys() == {"left"}

    def test_what_broke_off_is_judged_as_far_as_it_came(
        self, after: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        model = play(plays(says(BAD), breaks=True))
        with pytest.raises(httpx.RemoteProtocolError):
            ask(client, after, model, headers={"x-request-id": "broken-off"})
        assert after.logged("broken-off", "answer_judged")["verdict"] == "unsafe"

    def test_an_answer_that_is_too_long_is_not_judged(
        self, after: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        answer = ask(client, after, play(plays(*[says("x" * 9_999 + " ")] * 21, END)))
        assert judged(after, answer)["verdict"] == "unjudged"
        assert guard.answers == []

    def test_an_answer_that_comes_as_one_completion_is_judged(
        self, after: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        body = json.dumps({"choices": [{"message": {"role": "assistant", "content": f"Hello.\n\n{BAD}"}}]}, indent=1)
        answer = ask(client, after, play(lambda _: Response(body, mimetype="application/json")))
        assert answer.text == body
        assert judged(after, answer)["verdict"] == "unsafe"

    @pytest.mark.parametrize("form", [{"accept": "text/plain"}, {"accept": "application/json"}])
    def test_in_every_form(self, after: Worker, client: httpx.Client, guard: Guard, play: Play, form: dict[str, str]) -> None:
        answer = ask(client, after, play(plays(says(BAD), END)), headers=form, stream=False)
        assert BAD in answer.text
        assert judged(after, answer)["verdict"] == "unsafe"


class TestBefore:
    def test_a_paragraph_arrives_before_the_next_is_written(
        self, before: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        arrived = Event()

        def body() -> Iterator[bytes]:
            yield says(PARAGRAPH)
            assert arrived.wait(30)
            yield says("Second.") + END

        model = play(lambda _: Response(body(), mimetype="text/event-stream"))
        with client.stream("POST", before.chat, json=question(model=model), headers=bearing(ALICE)) as response:
            chunks = response.iter_raw()
            assert next(chunks) == says(PARAGRAPH)
            arrived.set()
            assert b"".join(chunks) == says("Second.") + END
        assert guard.answers == [PARAGRAPH, PARAGRAPH + "Second."]

    def test_not_a_byte_of_what_is_unsafe_arrives(
        self, before: Worker, client: httpx.Client, upstream: DemoUpstream, guard: Guard, play: Play
    ) -> None:
        def body(request: Request) -> Iterator[bytes]:
            yield says(PARAGRAPH)
            for word in ("Secret ", "B", "AD words", " Secret ", PARAGRAPH):
                yield says(word)
            yield from endless(request).response  # type: ignore[misc]

        model = play(lambda request: Response(body(request), mimetype="text/event-stream"))
        answer = ask(client, before, model)
        filtered = {"index": 0, "delta": {}, "finish_reason": "content_filter"}
        first, last = (json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {"))
        assert first == json.loads(says(PARAGRAPH)[6:])
        assert last == {
            "id": "chatcmpl-7",
            "created": 7,
            "model": "org/a",
            "object": "chat.completion.chunk",
            "choices": [filtered],
        }
        assert answer.text.endswith("data: [DONE]\n\n")
        upstream.calls.wait_for(left(model))
        kept(before, answer)
        told = verdict(client, before, answer.headers["x-request-id"]).json()
        assert (told["verdict"], told["may_show"]) == ("unsafe", False)

    def test_the_data_is_the_upstreams_and_nothing_stands_beside_it(
        self, before: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        beside = b": " + BAD.encode() + b"\nid: 1\nother: " + BAD.encode() + b"\n"
        half = b"data: " + BAD.encode()
        body = sample("hostile")
        answer = ask(client, before, play(plays(beside + body + beside + b"\n" + half)))
        assert answer.content == body
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-transform" in answer.headers["cache-control"]

    def test_openais_client_sees_that_it_was_filtered(self, before: Worker, guard: Guard, play: Play) -> None:
        model = play(plays(says(PARAGRAPH), says(BAD), END))
        with OpenAI(base_url=f"{before.url}/v1", api_key=ALICE, max_retries=0) as openai:
            asked = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
            chunks = list(openai.chat.completions.create(**asked, stream=True))  # type: ignore[call-overload]
            whole = openai.chat.completions.create(**asked)  # type: ignore[call-overload]
        assert [chunk.choices[0].delta.content for chunk in chunks] == [PARAGRAPH, None]
        assert chunks[-1].choices[0].finish_reason == "content_filter"
        assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (None, "content_filter")

    def test_an_answer_that_is_given_whole_is_judged_once(
        self, before: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        answer = ask(client, before, play(plays(*[says(PARAGRAPH)] * 9, END)), stream=False)
        assert answer.json()["choices"][0]["message"]["content"] == PARAGRAPH * 9
        assert guard.answers == [PARAGRAPH * 9]

    def test_a_text_says_that_its_rest_was_withheld(self, before: Worker, client: httpx.Client, guard: Guard, play: Play) -> None:
        model = play(plays(says(PARAGRAPH), says(BAD), END))
        answer = ask(client, before, model, headers={"accept": "text/plain"})
        assert answer.text == PARAGRAPH + "\n[The rest was withheld: a guard found it unsafe]\n"

    def test_a_long_answer_is_read_a_few_times(self, before: Worker, client: httpx.Client, guard: Guard, play: Play) -> None:
        answer = ask(client, before, play(plays(*[says(PARAGRAPH)] * 200, END)))
        assert content(answer.content) == PARAGRAPH * 200
        assert len(guard.answers) < 15
        assert sum(map(len, guard.answers)) < 4 * len(PARAGRAPH * 200)

    def test_one_that_breaks_off_is_a_broken_stream_after_what_was_judged(
        self, before: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        arrived = Event()

        def breaking(request: Request) -> Response:
            def body() -> Iterator[bytes]:
                yield says(PARAGRAPH) + says("Half")
                assert arrived.wait(30)
                raise hang_up(connection(request))

            return Response(body(), mimetype="text/event-stream")

        model = play(breaking)
        with client.stream("POST", before.chat, json=question(model=model), headers=bearing(ALICE)) as response:
            chunks = response.iter_raw()
            assert next(chunks) == says(PARAGRAPH)
            arrived.set()
            with pytest.raises(httpx.RemoteProtocolError):
                next(chunks)
        assert outcomes(before, model).keys() == {"broke_off"}

    def test_one_that_is_no_stream_is_none(self, before: Worker, client: httpx.Client, guard: Guard, play: Play) -> None:
        answer = ask(client, before, play(lambda _: saying(BAD)))
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_not_a_stream")
        assert BAD not in answer.text

    def test_an_event_without_end_is_let_go_of(
        self, before: Worker, client: httpx.Client, upstream: DemoUpstream, guard: Guard, play: Play
    ) -> None:
        model = play(plays(b"data: ", *[b"x" * 1_000_000] * 30))
        answer = ask(client, before, model)
        assert json.loads(answer.text.removeprefix("data: "))["error"]["code"] == "moderation_unavailable"
        upstream.calls.wait_for(left(model))


class TestAFailingGuard:
    def test_that_closes_the_door_ends_the_stream_with_an_error(
        self, before: Worker, client: httpx.Client, upstream: DemoUpstream, guard: Guard, play: Play
    ) -> None:
        guard.fails = True
        model = play(endless)
        answer = ask(client, before, model)
        assert answer.text.startswith('data: {"error": ')
        assert json.loads(answer.text[6:])["error"]["code"] == "moderation_unavailable"
        upstream.calls.wait_for(left(model))

    def test_is_a_503_where_the_answer_is_given_whole(
        self, before: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        guard.fails = True
        answer = ask(client, before, play(plays(says("Hello"), END)), stream=False)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "moderation_unavailable")

    def test_that_opens_it_lets_pass(self, before_open: Worker, client: httpx.Client, guard: Guard, play: Play) -> None:
        guard.fails = True
        answer = ask(client, before_open, play(plays(says(PARAGRAPH), says(PARAGRAPH), END)))
        assert content(answer.content) == 2 * PARAGRAPH
        assert judged(before_open, answer)["verdict"] == "unjudged"
        assert kept(before_open, answer)["hidden"] == 0

    def test_so_does_an_answer_that_is_too_long(
        self, before_open: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        chunks = [says("x" * 9_999 + "\n\n")] * 25
        answer = ask(client, before_open, play(plays(*chunks, END)))
        assert answer.content == b"".join(chunks) + END
        assert judged(before_open, answer)["verdict"] == "unjudged"


class TestStop:
    def test_while_pieces_flow(
        self, before: Worker, client: httpx.Client, upstream: DemoUpstream, guard: Guard, play: Play
    ) -> None:
        model = play(plays(*[says(PARAGRAPH)] * 100_000))
        with client.stream("POST", before.chat, json=question(model=model), headers=bearing(ALICE)) as response:
            assert next(response.iter_raw())
        upstream.calls.wait_for(left(model))
        assert judged(before, response)["verdict"] == "safe"
        assert outcomes(before, model).keys() == {"left"}

    @FORMS
    def test_before_the_first_piece(self, before: Worker, upstream: DemoUpstream, guard: Guard, play: Play, accept: str) -> None:
        begun = Event()

        def silent(request: Request) -> Response:
            def body() -> Iterator[bytes]:
                yield says("Half")
                begun.set()
                wait(connection(request), 60)

            return Response(body(), mimetype="text/event-stream")

        model = play(silent)
        client = Leaving(before, {**question(model=model), "stream": None}, accept)
        assert begun.wait(10)
        client.leave()
        upstream.calls.wait_for(left(model))
        assert guard.answers == []

    @FORMS
    def test_while_the_guard_reads(self, before: Worker, upstream: DemoUpstream, guard: Guard, play: Play, accept: str) -> None:
        guard.answers_wait_for = Event()

        def silent(request: Request) -> Response:
            def body() -> Iterator[bytes]:
                yield says(PARAGRAPH) + END
                wait(connection(request), 60)

            return Response(body(), mimetype="text/event-stream")

        model = play(silent)
        client = Leaving(before, {**question(model=model), "stream": None}, accept)
        upstream.calls.wait_for(lambda calls: len(guard.answers) == 1 and calls[-1].state == "open")
        client.leave()
        upstream.calls.wait_for(left(model, GUARD))
        guard.answers_wait_for.set()


def test_a_slow_guard_slows_the_upstream_down(before: Worker, upstream: DemoUpstream, guard: Guard, play: Play) -> None:
    """What the Worker holds does not grow with what the upstream could send."""
    guard.answers_wait_for = Event()
    sent = 0
    waits = Event()

    def body(request: Request) -> Iterator[bytes]:
        nonlocal sent
        yield says(PARAGRAPH)
        for _ in range(2_000):
            yield b": %b\n\n" % (b"x" * 100_000)
            sent += 100_000

    model = play(lambda request: Response(body(request), mimetype="text/event-stream"))
    client = Leaving(before, question(model=model))
    upstream.calls.wait_for(lambda _: len(guard.answers) == 1)
    before_that = -1
    while sent != before_that:  # until the upstream waits
        before_that = sent
        waits.wait(0.5)
    assert sent < 60_000_000  # of 200; what lies in sockets on the way is some of it
    client.leave()
    upstream.calls.wait_for(left(model))


class TestTold:
    """`GET /api/verdicts/{request_id}`"""

    @pytest.fixture
    def unsafe(self, after: Worker, client: httpx.Client, guard: Guard, play: Play) -> str:
        answer = ask(client, after, play(plays(says(BAD), END)))
        request_id: str = kept(after, answer)["request_id"]
        return request_id

    def test_to_the_one_who_asked(self, after: Worker, client: httpx.Client, unsafe: str) -> None:
        assert verdict(client, after, unsafe).json() == {
            "request_id": unsafe,
            "verdict": "unsafe",
            "categories": ["S1", "S10"],
            "hidden": True,
            "may_show": True,
        }

    def test_to_nobody_else(self, after: Worker, client: httpx.Client, unsafe: str) -> None:
        answer = verdict(client, after, unsafe, OTHER)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "verdict_not_found")
        assert verdict(client, after, unsafe, "ionet_guessed").status_code == 401
        assert client.get(f"{after.url}/api/verdicts/{unsafe}").status_code == 401

    @pytest.mark.parametrize("request_id", ["none-such", "", "a/{}", "%27", "{}%20", "a" * 129])
    def test_of_nothing_that_there_is_not(self, after: Worker, client: httpx.Client, unsafe: str, request_id: str) -> None:
        answer = verdict(client, after, request_id.format(unsafe))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "verdict_not_found")

    def test_by_no_edge_that_does_not_judge(self, worker: Worker, client: httpx.Client) -> None:
        answer = client.get(f"{worker.url}/api/verdicts/some-id")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "verdicts_off")

    def test_an_id_that_is_used_again_hides_but_does_not_show(
        self, after: Worker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        def answer(text: str, token: str) -> None:
            headers = {**bearing(token), "x-request-id": "used-again"}
            client.post(after.chat, json=question(model=play(plays(says(text), END))), headers=headers)

        def wait_until_kept(**expected: str) -> None:
            sql = "SELECT identity, verdict FROM verdicts WHERE request_id = 'used-again'"
            rows_once(after, lambda rows: {row["identity"][6:]: row["verdict"] for row in rows} == expected, sql)

        answer("Hello", ALICE)
        wait_until_kept(alice="safe")
        answer(BAD, OTHER)
        wait_until_kept(alice="safe", other="unsafe")
        answer(BAD, ALICE)
        wait_until_kept(alice="unsafe", other="unsafe")
        answer("Hello", ALICE)
        kept(after, ask(client, after, play(plays(says("Later"), END))))
        assert verdict(client, after, "used-again").json()["verdict"] == "unsafe"

    def test_for_thirty_days(self, after: Worker, client: httpx.Client, unsafe: str) -> None:
        day = 86_400
        with closing(sqlite3.connect(database_of(after), timeout=10)) as database, database:
            for days in (29, 31):
                values = ("token:alice", f"asked-{days}-days-ago", time.time() // 1 - days * day)
                database.execute("INSERT INTO verdicts VALUES (?, ?, 'safe', '[]', 0, ?)", values)
        assert client.get(f"{after.url}/cdn-cgi/local/scheduled").status_code == 200
        statuses = [
            verdict(client, after, request_id).status_code for request_id in (unsafe, "asked-29-days-ago", "asked-31-days-ago")
        ]
        assert statuses == [200, 200, 404]

    def test_without_its_table_answers_are_judged_all_the_same(
        self, start_worker: StartWorker, client: httpx.Client, guard: Guard, play: Play
    ) -> None:
        worker = start_worker(**SETTINGS | {"USAGE": "off"}, MODERATE_ANSWERS="after", tables=False)
        answer = ask(client, worker, play(plays(says(BAD), END)))
        assert judged(worker, answer)["verdict"] == "unsafe"
        worker.logged(answer.headers["x-request-id"], "verdict_not_kept")
        error = verdict(client, worker, answer.headers["x-request-id"]).json()["error"]
        assert (error["code"], error["param"]) == ("not_configured", "MODERATE_ANSWERS")

    def test_the_page_learns_when_answers_are_judged(self, after: Worker, worker: Worker, client: httpx.Client) -> None:
        told = [client.get(f"{edge.url}/api/config").json()["moderate_answers"] for edge in (after, worker)]
        assert told == ["after", "off"]
