"""The answer arrives while it is being written, and stopping it stops the upstream."""

import asyncio
import json
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import httpx
from werkzeug import Response

from tests.conftest import Handler, StartWorker, Worker, question
from tests.streams import closed_by_client, endless
from tools.upstream.server import DemoUpstream
from tools.wrangler import node

Play = Callable[[Handler], str]


def assert_next_request_works(worker: Worker, client: httpx.Client) -> None:
    response = client.post(worker.chat, json=question())
    assert response.status_code == 200
    assert response.text.endswith("data: [DONE]\n\n")


def test_the_first_chunk_arrives_before_the_second_is_sent(worker: Worker, client: httpx.Client, play: Play) -> None:
    first_arrived = Event()

    def body() -> Iterator[bytes]:
        yield b"data: first\n\n"
        assert first_arrived.wait(timeout=30)
        yield b"data: second\n\n"

    model = play(lambda _: Response(body(), mimetype="text/event-stream"))
    with client.stream("POST", worker.chat, json=question(model=model)) as response:
        chunks = response.iter_raw()
        assert next(chunks) == b"data: first\n\n"
        first_arrived.set()
        assert b"".join(chunks) == b"data: second\n\n"


def test_a_stream_may_last_longer_than_the_first_byte_timeout(
    start_worker: StartWorker, client: httpx.Client, play: Play
) -> None:
    worker = start_worker(FIRST_BYTE_TIMEOUT_MS="1000")

    def body() -> Iterator[bytes]:
        started = time.monotonic()
        yield b"data: first\n\n"
        Event().wait(max(0.0, started + 1.5 - time.monotonic()))
        yield b"data: last\n\n"

    model = play(lambda _: Response(body(), mimetype="text/event-stream"))
    assert client.post(worker.chat, json=question(model=model)).text == "data: first\n\ndata: last\n\n"


class TestStop:
    def test_while_chunks_flow(self, worker: Worker, client: httpx.Client, upstream: DemoUpstream, play: Play) -> None:
        with client.stream("POST", worker.chat, json=question(model=play(endless))) as response:
            assert next(response.iter_raw())
        upstream.calls.wait_for(closed_by_client(1))
        assert_next_request_works(worker, client)

    def test_before_the_headers_by_a_reset(self, worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        body = json.dumps(question(model="demo/fault-silent")).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", worker.runtime_port())) as sock:
            sock.sendall(head.encode() + body)
            upstream.calls.wait_for(lambda calls: len(calls) == 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        upstream.calls.wait_for(closed_by_client(1))
        assert_next_request_works(worker, client)

    def test_by_a_pages_abort(self, worker: Worker, client: httpx.Client, upstream: DemoUpstream, play: Play) -> None:
        script = Path(__file__).parent / "abort.mjs"
        body = json.dumps(question(model=play(endless)))
        page = subprocess.run([node(), script, worker.chat, body], capture_output=True, text=True, timeout=60, check=True)
        assert page.stdout == "AbortError\n"
        upstream.calls.wait_for(closed_by_client(1))
        assert_next_request_works(worker, client)

    async def test_100_clients_that_all_leave(
        self, worker: Worker, client: httpx.Client, upstream: DemoUpstream, play: Play
    ) -> None:
        model = play(endless)
        everybody = asyncio.Barrier(100)

        async def come_and_go(http: httpx.AsyncClient) -> None:
            async with http.stream("POST", worker.chat, json=question(model=model)) as response:
                assert await anext(response.aiter_raw())
                await everybody.wait()

        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=60, limits=limits) as http:
            await asyncio.gather(*(come_and_go(http) for _ in range(100)))
        upstream.calls.wait_for(closed_by_client(100))
        assert_next_request_works(worker, client)
