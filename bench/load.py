"""Asking, and taking the time: a client that costs less than what it measures.

A client library takes a millisecond of CPU for a request, several times what a Worker takes, and would hide it. This one writes a
prepared request, looks for the end of the answer, and no more.
"""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Self, cast
from urllib.parse import urlsplit

import psutil

from bench.figures import turns

LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Target:
    """What is measured: a GET of `url`, or a POST of `body`; answered by the process `pid` and its children, whose output is in `log`."""

    name: str
    pid: int
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None

    @property
    def request(self) -> bytes:
        """The request as it is sent (RFC 9112)."""
        parts = urlsplit(self.url)
        method = "GET" if self.body is None else "POST"
        lines = {"host": parts.netloc, "accept": "*/*", **self.headers}
        if self.body is not None:
            lines |= {"content-type": "application/json", "content-length": str(len(self.body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{method} {parts.path or '/'} HTTP/1.1\r\n{head}\r\n".encode() + (self.body or b"")

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 80

    def cpu_seconds(self) -> float:
        """What the process and its children have used of the CPU so far, all their threads."""
        return sum(each.cpu_times().user + each.cpu_times().system for each in self._processes())

    def resident(self) -> float:
        """The resident memory of the process and its children, in MB."""
        return sum(each.memory_info().rss for each in self._processes()) / 1e6

    def _processes(self) -> list[psutil.Process]:
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]


class Connection(asyncio.Protocol):
    """One kept connection, and one request to send over it again and again."""

    def __init__(self, request: bytes, status: int) -> None:
        self._request = request
        self._expected = b"HTTP/1.1 %d " % status
        self._transport: asyncio.Transport
        self._begun: asyncio.Future[float]
        self._ended: asyncio.Future[float]

    @classmethod
    async def open(cls, target: Target, status: int = 200) -> Self:
        """Connect; the answers are to have `status`."""
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(lambda: cls(target.request, status), *target.address))[1]

    async def begin(self) -> float:
        """Send the request. Returns the seconds until the first byte of the answer's body, which is left to come."""
        self._send()
        return await self._begun

    async def ask(self) -> tuple[float, float]:
        """Send the request. Returns the seconds until the first byte of the answer's body, and until the last.

        Raises `RuntimeError` for another status, or an answer that breaks off.
        """
        self._send()
        ended = await self._ended
        return self._begun.result(), ended

    async def ask_and_reset(self, seconds: float) -> None:
        """Send the request, and reset the connection after `seconds` (SO_LINGER of 0: a TCP RST in place of an orderly end)."""
        self._send()
        await asyncio.sleep(seconds)
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    async def aclose(self) -> None:
        self._transport.close()

    def _send(self) -> None:
        loop = asyncio.get_running_loop()
        self._begun, self._ended = loop.create_future(), loop.create_future()
        self._received = b""
        self._body_start = 0
        self._length: int | None = None
        self._started = time.perf_counter()
        self._transport.write(self._request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if hasattr(self, "_ended") and not self._ended.done():
            self._ended.set_exception(error or RuntimeError("the answer broke off"))
            self._ended.exception()  # nobody may be waiting for it

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._body_start and not self._read_head():
            return
        now = time.perf_counter() - self._started
        if not self._begun.done() and len(self._received) > self._body_start:
            self._begun.set_result(now)
        if self._length is None:
            complete = self._received.endswith(LAST_CHUNK, self._body_start)
        else:
            complete = len(self._received) == self._body_start + self._length
        if complete:
            self._ended.set_result(now)

    def _read_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._received[: end + 2].lower()
        if not self._received.startswith(self._expected):
            self._ended.set_exception(RuntimeError(self._received.decode(errors="replace")))
            self._transport.abort()
            return False
        if b"\r\ntransfer-encoding: chunked\r\n" not in head:
            self._length = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
        self._body_start = end + 4
        return True


@dataclass(frozen=True)
class Load:
    """What came of asking for a while: answers a second; CPU seconds a request; the seconds to each answer's first and last byte."""

    rate: float
    cpu: float
    firsts: Sequence[float]
    lasts: Sequence[float]

    @property
    def first_byte(self) -> float:
        return median(self.firsts)

    @property
    def half(self) -> float:
        """The time within which half of the answers were complete (p50)."""
        return median(self.lasts)

    @property
    def slowest(self) -> float:
        """The time within which 99 of 100 answers were complete (p99)."""
        return quantiles(self.lasts, n=100, method="inclusive")[98]


async def press(target: Target, connections: int, seconds: float) -> Load:
    """Ask for `seconds` over `connections` at once, each again as soon as it has its answer."""
    firsts: list[float] = []
    lasts: list[float] = []
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(aclosing(await Connection.open(target))) for _ in range(connections)]
        cpu, started = target.cpu_seconds(), time.perf_counter()

        async def ask(connection: Connection) -> None:
            while time.perf_counter() < started + seconds:
                first, last = await connection.ask()
                firsts.append(first)
                lasts.append(last)

        await asyncio.gather(*(ask(connection) for connection in opened))
        took = time.perf_counter() - started
        return Load(len(lasts) / took, (target.cpu_seconds() - cpu) / len(lasts), firsts, lasts)


async def press_in_turns(
    targets: Sequence[Target], rounds: int, connections: int, seconds: float
) -> AsyncIterator[tuple[Target, Load]]:
    """`press` every target in each round, after one that warms it up and does not count."""
    for target in targets:
        await press(target, connections, seconds)
    for order in turns(targets, rounds):
        for target in order:
            yield target, await press(target, connections, seconds)


async def ask_all(target: Target, requests: int, connections: int, status: int = 200) -> None:
    """Ask `requests` times over `connections` at once."""

    async def ask() -> None:
        async with aclosing(await Connection.open(target, status)) as connection:
            for _ in range(requests // connections):
                await connection.ask()

    await asyncio.gather(*(ask() for _ in range(connections)))
