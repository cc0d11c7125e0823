"""A stream that stalls is cut where the owner says so; every other one arrives as it was sent, and Stop stops the upstream."""

import json
import socket
import struct
from collections.abc import Callable, Iterator
from threading import Event

import httpx
import pytest
from werkzeug import Request, Response

from tests.conftest import Handler, StartWorker, Worker, question
from tests.streams import closed_by_client, endless, sample
from tools.upstream.connection import connection, wait
from tools.upstream.server import DemoUpstream

IDLE_SECONDS = 2
Play = Callable[[Handler], str]


@pytest.fixture(scope="module")
def watching(start_worker: StartWorker) -> Worker:
    return start_worker(STREAM_IDLE_TIMEOUT_MS=str(IDLE_SECONDS * 1000), FIRST_BYTE_TIMEOUT_MS="1000")


def streaming(chunks: list[bytes], pause: float) -> Handler:
    def handler(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            for chunk in chunks:
                yield chunk
                wait(connection(request), pause)

        return Response(body(), mimetype="text/event-stream")

    return handler


def test_a_stream_that_stalls_is_cut(watching: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    received = b""
    with (  # noqa: PT012  # reading is the loop
        client.stream("POST", watching.chat, json=question(model="demo/fault-stalled")) as response,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        for chunk in response.iter_raw():
            received += chunk
    assert response.status_code == 200
    assert b'"content"' in received
    upstream.calls.wait_for(closed_by_client(1))
    assert client.post(watching.chat, json=question()).text.endswith("data: [DONE]\n\n")


def test_one_that_is_slow_is_not_however_long_it_takes(watching: Worker, client: httpx.Client, play: Play) -> None:
    chunks = [b"data: %d\n\n" % number for number in range(8)]
    model = play(streaming(chunks, IDLE_SECONDS / 3))
    assert client.post(watching.chat, json=question(model=model)).content == b"".join(chunks)


def test_nor_one_whose_client_reads_late(watching: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    with client.stream("POST", watching.chat, json=question(model="demo/fault-huge-event")) as response:
        chunks = response.iter_bytes()
        received = len(next(chunks))
        upstream.calls.wait_for(lambda calls: calls[0].state == "finished")
        Event().wait(2.5 * IDLE_SECONDS)
        received += sum(map(len, chunks))
    assert received > 20_000_000


@pytest.mark.parametrize("name", ["japanese", "reasoning"])
def test_the_bytes_are_the_upstreams(watching: Worker, client: httpx.Client, play: Play, name: str) -> None:
    sent = sample(name)
    model = play(streaming([sent[start : start + 1000] for start in range(0, len(sent), 1000)], 0))
    assert client.post(watching.chat, json=question(model=model)).content == sent


def test_an_error_is_passed_on(watching: Worker, client: httpx.Client) -> None:
    response = client.post(watching.chat, json=question(model="demo/fault-422"))
    assert (response.status_code, response.json()["error"]["message"]) == (422, "body.messages: Field required")


class TestStop:
    def test_while_chunks_flow(self, watching: Worker, client: httpx.Client, upstream: DemoUpstream, play: Play) -> None:
        with client.stream("POST", watching.chat, json=question(model=play(endless))) as response:
            assert next(response.iter_raw())
        upstream.calls.wait_for(closed_by_client(1))

    def test_by_a_reset(self, watching: Worker, upstream: DemoUpstream, play: Play) -> None:
        body = json.dumps(question(model=play(endless))).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", watching.runtime_port())) as sock:
            sock.sendall(head.encode() + body)
            assert sock.recv(1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        upstream.calls.wait_for(closed_by_client(1))
