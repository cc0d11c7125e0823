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
from tests.raw import post, reset_after
from tests.streams import ONE_WORD, closed_by_client, endless, one_word_and_silence
from tools.upstream.server import DemoUpstream
from tools.wrangler import node

Play = Callable[[Handler], str]


def assert_next_request_works(worker: Worker, client: httpx.Client) -> None:
    response = client.post(worker.chat, json=question())
    assert response.status_code == 200
    assert response.text.endswith("data: [DONE]\n\n")


def reset(port: int, body: object, upstream: DemoUpstream, header: str = "accept: */*") -> None:
    """Ask, and reset the connection as soon as the upstream is asked (SO_LINGER of 0: a TCP RST in place of an orderly end)."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(post(header, body=json.dumps(body).encode()))
        upstream.calls.wait_for(lambda calls: len(calls) == 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


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

    def test_while_the_upstream_says_nothing(self, worker: Worker, upstream: DemoUpstream, play: Play) -> None:
        """No chunk comes that could fail."""
        asked = json.dumps(question(model=play(one_word_and_silence))).encode()
        reset_after(worker.runtime_port(), post(body=asked), ONE_WORD)
        upstream.calls.wait_for(closed_by_client(1))

    def test_before_the_headers_by_a_reset(self, worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        reset(worker.runtime_port(), question(model="demo/fault-silent"), upstream)
        upstream.calls.wait_for(closed_by_client(1))
        assert_next_request_works(worker, client)

    def test_and_is_logged(self, worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        reset(worker.runtime_port(), question(model="demo/fault-silent"), upstream, "x-request-id: left-early")
        entry = worker.logged("left-early")
        assert (entry["code"], "status" in entry) == ("client_left", False)

    def test_and_the_requests_body_does_not_stay(self, worker: Worker, upstream: DemoUpstream) -> None:
        """An isolate has 128 MB. What is measured is all of workerd, whose own heap grows by some tens of MB and is then cleaned."""
        runtime, port = worker.runtime()
        large = question("x" * 900_000, model="demo/fault-silent")

        def grown_by(requests: int) -> float:
            before = runtime.memory_info().rss
            for _ in range(requests):
                reset(port, large, upstream)
                upstream.calls.clear()
            return (runtime.memory_info().rss - before) / 1e6

        grown_by(80)
        assert grown_by(120) < 120

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
