"""An upstream that answers every request at once with one sample stream: as little work as can be, so that the way to it shows.

A request for the model `silent` gets no answer.

python -m bench.upstream PORT
"""

import asyncio
import re
import sys
from typing import cast

from tools.pyodide_bundle import ROOT

SAMPLE = ROOT / "tests" / "data" / "chat.sse"
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


def answer(stream: bytes) -> bytes:
    """An HTTP answer with each event as a chunk of its own (RFC 9112, section 7.1)."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-ratelimit-limit-requests: 60\r\ntransfer-encoding: chunked\r\n\r\n"
    events = [event + b"\n\n" for event in stream.removesuffix(b"\n\n").split(b"\n\n")]
    return head + b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events) + b"0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """Keeps its connections; takes requests that have a content-length, or no body."""

    ANSWER = answer(SAMPLE.read_bytes())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = CONTENT_LENGTH.search(self._received, 0, end + 2)
            request_end = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < request_end:
                return
            body, self._received = self._received[end:request_end], self._received[request_end:]
            if b'"silent"' not in body:
                self._transport.write(self.ANSWER)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
