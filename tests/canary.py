"""A canary in every secret that the tests use, and a watch that sees whether it comes out anywhere."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import pytest

CANARY = b"canary"  # in the key and in every token of the tests, and in nothing else
CONTEXT_BYTES = 80


def findings(text: bytes) -> list[bytes]:
    """Where the canary stands in `text`, with what is around it."""
    return [text[max(0, at - CONTEXT_BYTES) : at + CONTEXT_BYTES] for at in _places(text)]


@contextmanager
def watch(upstream_ports: set[int]) -> Iterator[list[bytes]]:
    """Look through every byte that any socket of this process receives, whatever library reads it.

    The sockets of the upstreams on `upstream_ports` are left out: they are sent the key. A test may add its own upstream to the set.
    Yields the list that the findings are put into.
    """
    found: list[bytes] = []
    tails: WeakKeyDictionary[socket.socket, bytes] = WeakKeyDictionary()

    def look(sock: socket.socket, received: bytes) -> None:
        seen = tails.get(sock, b"") + received
        tails[sock] = seen[-len(CANARY) + 1 :]  # it may come in two pieces
        if CANARY in seen and sock.getsockname()[1] not in upstream_ports:
            found.extend(findings(seen))

    def watched_recv(sock: socket.socket, *arguments: Any) -> bytes:
        received = recv(sock, *arguments)
        look(sock, received)
        return received

    def watched_recv_into(sock: socket.socket, buffer: Any, *arguments: Any) -> int:
        count = recv_into(sock, buffer, *arguments)
        look(sock, bytes(memoryview(buffer)[:count]))
        return count

    recv: Callable[..., bytes] = socket.socket.recv
    recv_into: Callable[..., int] = socket.socket.recv_into
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "recv", watched_recv)
        patch.setattr(socket.socket, "recv_into", watched_recv_into)
        yield found


def _places(text: bytes) -> Iterator[int]:
    at = text.find(CANARY)
    while at >= 0:
        yield at
        at = text.find(CANARY, at + 1)
