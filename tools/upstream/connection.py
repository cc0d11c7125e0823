"""The raw connection under a request: waiting on it, closing it, resetting it.

These work inside the body iterator of a response that Werkzeug's threaded server sends. Both exceptions are `ConnectionError`s,
which that server takes for a dropped connection: it ends the request without a word and serves the next.
"""

import os
import selectors
import socket
import struct
import time
from typing import cast

from werkzeug import Request


class ClientGone(ConnectionAbortedError):
    """The other side has closed or reset the connection."""


class HungUp(ConnectionAbortedError):
    """This side has closed or reset the connection."""


def connection(request: Request) -> socket.socket:
    """The socket that `request` came over."""
    return cast(socket.socket, request.environ["werkzeug.socket"])


def wait(sock: socket.socket, seconds: float) -> None:
    """Let `seconds` pass. Raises `ClientGone` at once when the other side closes or resets the connection meanwhile.

    Bytes that still arrive are dropped: every answer here ends its connection, so no second request can follow on it.
    """
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            try:
                received = sock.recv(65536)
            except ConnectionError as error:
                raise ClientGone("the client reset the connection") from error
            if not received:
                raise ClientGone("the client closed the connection")


def hang_up(sock: socket.socket) -> HungUp:
    """Close the connection now. Returns the exception to raise."""
    _replace(sock)
    return HungUp("the connection was closed")


def reset(sock: socket.socket) -> HungUp:
    """Reset the connection now. Returns the exception to raise.

    Closing a socket that lingers for 0 seconds sends RST (socket(7), SO_LINGER).
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    _replace(sock)
    return HungUp("the connection was reset")


def _replace(sock: socket.socket) -> None:
    """Close the connection under `sock` and leave a dead one in its place.

    `sock.close()` would only count down a reference, as the server holds the socket too; and the server's own closing begins with
    an orderly FIN, before any RST. With a dead socket in its place the server finds end of file wherever it looks.
    """
    dead, other = socket.socketpair()
    with dead, other:
        os.dup2(dead.fileno(), sock.fileno(), inheritable=False)
