"""An upstream that does as little work as can be, so that the way to it shows: it answers every chat with one sample stream, at once.

The models below, by whose name a request asks for something else, are for measuring streams. A GET is answered with a list of models.

python -m bench.upstream PORT
"""

import asyncio
import json
import re
import sys
import time
from typing import cast

from tools.pyodide_bundle import ROOT

SAMPLE = ROOT / "tests" / "data" / "chat.sse"
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
MODEL = re.compile(rb'"model": ?"bench/(\w+)"')
MODEL_WITHIN_BYTES = 200

SILENT = "bench/silent"  # no answer at all
HELD = "bench/held"  # a few events, and no end
PACED = "bench/paced"  # PACED_EVENTS events, PACE_SECONDS apart, each with the time of its sending
LARGE = "bench/large"  # LARGE_BYTES of events
GUARD = "bench/guard"  # a guard's verdict: safe
LONG = "bench/long"  # LONG_EVENTS events, at once

HELD_EVENTS = 5
LONG_EVENTS = 1_000
PACED_EVENTS = 200
PACE_SECONDS = 0.005
LARGE_BYTES = 200_000_000
LARGE_EVENT_BYTES = 65_536
DONE = b"data: [DONE]\n\n"

EVENT = '{{"id":"bench","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{{"index":0,"delta":{{"content":"{}"}}}}]}}'
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-ratelimit-limit-requests: 60\r\ntransfer-encoding: chunked\r\n\r\n"
)
LAST_CHUNK = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a body (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(content: str) -> bytes:
    """A chunk with one event of a chat's stream, which brings `content`."""
    return chunk(f"data: {EVENT.format(content)}\n\n".encode())


def stream(events: bytes) -> bytes:
    """An HTTP answer with each event as a chunk of its own."""
    return HEAD + b"".join(chunk(each + b"\n\n") for each in events.removesuffix(b"\n\n").split(b"\n\n")) + LAST_CHUNK


def list_of_models(count: int = 40) -> bytes:
    """An HTTP answer with models in io.net's rows."""
    rows = [{"id": f"organisation/model-{number}", "object": "model", "created": 1, "owned_by": "io"} for number in range(count)]
    return of_json({"object": "list", "data": rows})


def of_json(value: object) -> bytes:
    """An HTTP answer with a JSON value."""
    body = json.dumps(value).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


class Upstream(asyncio.Protocol):
    """Keeps its connections; takes requests that have a content-length, or no body."""

    ANSWER = stream(SAMPLE.read_bytes())
    LONG_ANSWER = HEAD + LONG_EVENTS * event("token ") + chunk(DONE) + LAST_CHUNK
    MODELS = list_of_models()
    VERDICT = of_json({"choices": [{"message": {"role": "assistant", "content": "safe"}}]})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._received = bytearray()
        self._writable = asyncio.Event()
        self._writable.set()
        self._streaming: asyncio.Task[None] | None = None

    def connection_lost(self, _error: Exception | None) -> None:
        if self._streaming:
            self._streaming.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = CONTENT_LENGTH.search(self._received, 0, end + 2)
            request_end = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < request_end:
                return
            get = self._received.startswith(b"GET ")
            model = MODEL.search(bytes(self._received[end : end + MODEL_WITHIN_BYTES]))
            del self._received[:request_end]
            self._answer(get, model[1].decode() if model else "")

    def _answer(self, get: bool, model: str) -> None:
        if get:
            self._transport.write(self.MODELS)
        elif model == "held":
            self._transport.write(HEAD + HELD_EVENTS * event("held"))
        elif model == "paced":
            self._streaming = asyncio.ensure_future(self._send_paced())
        elif model == "large":
            self._streaming = asyncio.ensure_future(self._send_large())
        elif model == "guard":
            self._transport.write(self.VERDICT)
        elif model == "long":
            self._transport.write(self.LONG_ANSWER)
        elif model != "silent":
            self._transport.write(self.ANSWER)

    async def _send_paced(self) -> None:
        self._transport.write(HEAD)
        started = time.monotonic()
        for number in range(1, PACED_EVENTS + 1):
            await asyncio.sleep(started + number * PACE_SECONDS - time.monotonic())
            self._transport.write(event(f"sent={time.monotonic_ns()};"))
        self._transport.write(chunk(DONE) + LAST_CHUNK)

    async def _send_large(self) -> None:
        self._transport.write(HEAD)
        piece = event("x" * LARGE_EVENT_BYTES)
        for _ in range(LARGE_BYTES // LARGE_EVENT_BYTES):
            self._transport.write(piece)
            await self._writable.wait()
        self._transport.write(chunk(DONE) + LAST_CHUNK)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
