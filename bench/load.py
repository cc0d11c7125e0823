"""Asking, and taking the time: a client that costs less than what it measures, and rounds that take turns.

A client library takes a millisecond of CPU for a request, several times what a Worker takes, and would hide it. This one writes a
prepared request and reads a chunked or measured answer, and no more.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass
from statistics import median
from typing import Self
from urllib.parse import urlsplit


class Connection:
    """One kept HTTP/1.1 connection (RFC 9112), and one request to send over it again and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
        self._reader = reader
        self._writer = writer
        self._request = request

    @classmethod
    async def open(cls, url: str, body: bytes | None = None) -> Self:
        """Connect. The request is a POST of `body`, or a GET where it is None."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        method = "GET" if body is None else "POST"
        head = f"{method} {parts.path or '/'} HTTP/1.1\r\nhost: {parts.netloc}\r\naccept: */*\r\n"
        if body is not None:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        return cls(reader, writer, f"{head}\r\n".encode() + (body or b""))

    async def ask(self, status: int = 200) -> tuple[float, bytes]:
        """Send the request. Returns the seconds until the body's first byte, and the body. Raises `RuntimeError` but for `status`."""
        started = time.perf_counter()
        self._writer.write(self._request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 %d " % status):
            raise RuntimeError(head.decode())
        if b"\r\ntransfer-encoding: chunked\r\n" not in head:
            length = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
            first = await self._reader.readexactly(1)
            return time.perf_counter() - started, first + await self._reader.readexactly(length - 1)
        size = await self._reader.readline()
        first_byte = time.perf_counter() - started
        chunks = []
        while length := int(size, 16):
            chunks.append(await self._reader.readexactly(length + 2))
            size = await self._reader.readline()
        await self._reader.readline()
        return first_byte, b"".join(chunk[:-2] for chunk in chunks)

    async def ask_and_reset(self, seconds: float) -> None:
        """Send the request, and reset the connection after `seconds` (SO_LINGER of 0: a TCP RST in place of an orderly end)."""
        self._writer.write(self._request)
        await asyncio.sleep(seconds)
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def aclose(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@dataclass(frozen=True)
class Target:
    """What is measured: a GET of `url`, or a POST of `body`."""

    name: str
    url: str
    body: bytes | None = None

    async def first_byte(self, requests: int) -> float:
        """Seconds to the first byte of the body: the median of `requests`, one after the other."""
        async with aclosing(await Connection.open(self.url, self.body)) as connection:
            return median([(await connection.ask())[0] for _ in range(requests)])

    async def rate(self, requests: int, connections: int) -> float:
        """Answers a second, each read to its end, when `connections` ask at once, `requests` in all."""
        opened = [await Connection.open(self.url, self.body) for _ in range(connections)]

        async def ask(connection: Connection) -> None:
            for _ in range(requests // connections):
                await connection.ask()

        started = time.perf_counter()
        await asyncio.gather(*(ask(connection) for connection in opened))
        seconds = time.perf_counter() - started
        for connection in opened:
            await connection.aclose()
        return requests // connections * connections / seconds

    async def body_received(self) -> bytes:
        async with aclosing(await Connection.open(self.url, self.body)) as connection:
            return (await connection.ask())[1]


def turns(targets: list[Target], rounds: int) -> Iterable[list[Target]]:
    """The targets in `rounds` orders, each beginning with another one, so that none always follows the same."""
    for number in range(rounds):
        start = number % len(targets)
        yield targets[start:] + targets[:start]


def ratio(values: list[float], base: list[float]) -> float:
    """The median of the ratios round by round: what slows a whole round down does not count."""
    return median([value / other for value, other in zip(values, base, strict=True)])
