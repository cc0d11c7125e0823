"""One whole completion, and just the text, in the place of a stream."""

import json
import socket
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import httpx
import pytest
from werkzeug import Request, Response

from tests.conftest import Handler, StartWorker, Worker, question
from tests.raw import post
from tests.streams import closed_by_client, endless, sample
from tests.worker.test_streaming import reset
from tools.upstream.connection import connection, hang_up
from tools.upstream.server import DemoUpstream

Play = Callable[[Handler], str]

TEXT = {"accept": "text/plain"}
HALF = b'data: {"choices":[{"index":0,"delta":{"content":"Half"}}]}\n\n'
REST = b'data: {"choices":[{"index":0,"delta":{"content":" and half"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def plays(*chunks: bytes, breaks: bool = False) -> Handler:
    """A stream of these chunks, whose connection then breaks."""

    def handler(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            yield from chunks
            if breaks:
                raise hang_up(connection(request))

        return Response(body(), mimetype="text/event-stream")

    return handler


class TestWhole:
    @pytest.mark.parametrize("fields", [{}, {"stream": False}, {"stream": None}])
    def test_it_is_given_to_whoever_asks_for_no_stream(
        self, worker: Worker, client: httpx.Client, upstream: DemoUpstream, fields: dict[str, object]
    ) -> None:
        asked: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}], "model": "demo/friendly", **fields}
        response = client.post(worker.chat, json=asked)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert response.headers["x-model"] == "demo/friendly"
        answer = response.json()
        assert answer["object"] == "chat.completion"
        assert answer["choices"][0]["message"]["content"]
        assert answer["choices"][0]["finish_reason"] == "stop"
        assert answer["usage"]["completion_tokens"] > 0
        sent = json.loads(upstream.calls[-1].body)
        assert (sent["stream"], sent["stream_options"]) == (True, {"include_usage": True})
        assert worker.log_line(response)["form"] == "whole"

    def test_it_says_what_the_stream_says(self, worker: Worker, client: httpx.Client, play: Play) -> None:
        model = play(plays(sample("tool-calls")))
        whole = client.post(worker.chat, json=question(model=model, stream=False)).json()
        streamed = client.post(worker.chat, json=question(model=model, stream=True)).content
        assert streamed == sample("tool-calls")
        assert whole["choices"][0]["message"]["tool_calls"]
        assert whole["choices"][0]["finish_reason"] == "tool_calls"

    def test_the_simplest_front_end_gets_its_stream_all_the_same(self, worker: Worker, client: httpx.Client) -> None:
        response = client.post(worker.url, json=question(stream=False))
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.text.endswith("data: [DONE]\n\n")

    def test_so_does_whoever_accepts_one(self, worker: Worker, client: httpx.Client) -> None:
        response = client.post(worker.chat, json=question(stream=False), headers={"accept": "text/event-stream"})
        assert response.headers["content-type"].startswith("text/event-stream")

    @pytest.mark.parametrize(
        ("handler", "words"),
        [
            (plays(HALF, breaks=True), "after 4 characters: the connection failed"),
            (plays(HALF), "after 4 characters: it ended early"),
            (plays(), "after 0 characters: it ended early"),
            (plays(HALF, b'data: {"error":{"message":"Overloaded"}}\n\n', b"data: [DONE]\n\n"), "after 4 characters: Overloaded"),
        ],
    )
    def test_one_that_breaks_off_is_no_success(
        self, worker: Worker, client: httpx.Client, play: Play, handler: Handler, words: str
    ) -> None:
        response = client.post(worker.chat, json=question(model=play(handler), stream=False))
        assert response.status_code == 502
        assert response.headers["x-answered-by"] == "edge"
        error = response.json()["error"]
        assert (error["type"], error["code"]) == ("server_error", "upstream_incomplete")
        assert error["message"].endswith(words)
        assert "Half" not in response.text

    def test_an_error_is_passed_on(self, worker: Worker, client: httpx.Client) -> None:
        response = client.post(worker.chat, json=question(model="demo/fault-429", stream=False))
        assert response.status_code == 429
        assert response.headers["x-answered-by"] == "upstream"

    def test_one_without_an_end_is_not_gathered_for_ever(
        self, worker: Worker, client: httpx.Client, upstream: DemoUpstream, play: Play
    ) -> None:
        model = play(plays(*[b": " + b"x" * 1_000_000 + b"\n\n"] * 100))
        response = client.post(worker.chat, json=question(model=model, stream=False))
        assert response.status_code == 502
        assert "longer than" in response.json()["error"]["message"]

    def test_a_client_that_leaves_ends_the_call(self, worker: Worker, upstream: DemoUpstream, play: Play) -> None:
        reset(worker.runtime_port(), question(model=play(endless), stream=False), upstream)
        upstream.calls.wait_for(closed_by_client(1))

    def test_a_stalled_stream_is_ended_where_the_owner_says(
        self, start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream, play: Play
    ) -> None:
        worker = start_worker(STREAM_IDLE_TIMEOUT_MS="500")
        ended = Event()

        def body() -> Iterator[bytes]:
            yield HALF
            ended.wait(30)

        response = client.post(
            worker.chat, json=question(model=play(lambda _: Response(body(), mimetype="text/event-stream")), stream=False)
        )
        ended.set()
        assert response.status_code == 502
        assert "after 4 characters" in response.json()["error"]["message"]


class TestText:
    def test_it_is_what_the_model_says_and_nothing_else(self, worker: Worker, client: httpx.Client, play: Play) -> None:
        response = client.post(worker.chat, json=question(model=play(plays(sample("japanese")))), headers=TEXT)
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert response.text.startswith("鎌倉幕府が滅びた理由は")
        assert "data:" not in response.text
        assert worker.log_line(response)["form"] == "text"

    @pytest.mark.parametrize("path", ["/", "/v1/chat/completions"])
    def test_its_first_word_is_there_before_the_second_is_written(
        self, worker: Worker, client: httpx.Client, play: Play, path: str
    ) -> None:
        seen = Event()

        def body() -> Iterator[bytes]:
            yield HALF
            assert seen.wait(30)
            yield REST

        model = play(lambda _: Response(body(), mimetype="text/event-stream"))
        with client.stream("POST", worker.url + path, json=question(model=model), headers=TEXT) as response:
            pieces = response.iter_raw()
            assert next(pieces) == b"Half"
            seen.set()
            assert b"".join(pieces) == b" and half"

    def test_a_sign_cut_in_two_is_whole_again(self, worker: Worker, client: httpx.Client, play: Play) -> None:
        raw = 'data: {"choices":[{"index":0,"delta":{"content":"日本語🎌"},"finish_reason":"stop"}]}\r\n\r\n'.encode()
        pieces = [raw[at : at + 1] for at in range(len(raw))]
        response = client.post(worker.chat, json=question(model=play(plays(*pieces))), headers=TEXT)
        assert response.text == "日本語🎌"

    @pytest.mark.parametrize(
        ("handler", "line"),
        [
            (plays(HALF, breaks=True), "\n[The answer broke off: the connection to io.net ended]\n"),
            (plays(HALF), "\n[The answer broke off: the connection to io.net ended]\n"),
            (plays(HALF, b'data: {"error":{"message":"Overloaded"}}\n\n'), "\n[The answer broke off: Overloaded]\n"),
        ],
    )
    def test_one_that_breaks_off_says_so_in_its_last_line(
        self, worker: Worker, client: httpx.Client, play: Play, handler: Handler, line: str
    ) -> None:
        assert client.post(worker.chat, json=question(model=play(handler)), headers=TEXT).text == "Half" + line

    def test_what_was_never_begun_is_an_error_as_ever(self, worker: Worker, client: httpx.Client) -> None:
        response = client.post(worker.chat, json={"messages": []}, headers=TEXT)
        assert response.status_code == 400
        assert response.json()["error"]["param"] == "messages"

    def test_a_client_that_leaves_ends_the_call(
        self, worker: Worker, client: httpx.Client, upstream: DemoUpstream, play: Play
    ) -> None:
        with client.stream("POST", worker.chat, json=question(model=play(endless)), headers=TEXT) as response:
            assert next(response.iter_raw())
        upstream.calls.wait_for(closed_by_client(1))

    def test_also_one_that_leaves_by_a_reset(self, worker: Worker, upstream: DemoUpstream, play: Play) -> None:
        body = json.dumps(question(model=play(endless))).encode()
        with socket.create_connection(("127.0.0.1", worker.runtime_port())) as sock:
            sock.sendall(post("accept: text/plain", body=body))
            assert sock.recv(1000)
        upstream.calls.wait_for(closed_by_client(1))


class TestTheTutorialsRequest:
    def test_a_message_and_what_was_said_before(self, worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        before = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
        response = client.post(f"{worker.url}/chat", json={"message": "And?", "messages": before})
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert response.text
        sent = json.loads(upstream.calls[-1].body)
        assert sent["messages"] == [*before, {"role": "user", "content": "And?"}]
        assert "message" not in sent

    def test_the_owners_limits_hold_for_it(self, start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream) -> None:
        worker = start_worker(MAX_MESSAGE_CHARS="10", SYSTEM_PROMPT="Be brief.")
        refused = client.post(f"{worker.url}/chat", json={"message": "x" * 11})
        assert refused.json()["error"]["code"] == "message_too_long"
        client.post(f"{worker.url}/chat", json={"message": "Hi"})
        assert json.loads(upstream.calls[-1].body)["messages"][0] == {"role": "system", "content": "Be brief."}

    def test_it_is_as_closed_as_the_others(self, closed: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        assert client.post(f"{closed.url}/chat", json={"message": "Hi"}).status_code == 401
        assert not upstream.calls

    def test_a_page_of_another_origin_may_be_told_so(self, worker: Worker, client: httpx.Client) -> None:
        asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
        assert "POST" in client.options(f"{worker.url}/chat", headers=asked).headers["access-control-allow-methods"]


def test_a_call_that_is_not_served_is_told_what_is(worker: Worker, client: httpx.Client) -> None:
    error = client.post(f"{worker.url}/v1/responses", json={}).json()["error"]
    assert error["code"] == "not_found"
    assert error["message"] == (
        "There is nothing at /v1/responses. This edge serves POST /v1/chat/completions, GET /v1/models, GET /v1/models/{id}."
    )
