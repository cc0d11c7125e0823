"""Requests to the letter: what an HTTP library would tidy up or refuse to send."""

import socket
import struct
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Answer:
    """What came back. `status` is 0 where the connection was closed without an answer."""

    status: int
    headers: dict[str, str]
    body: str


def exchange(port: int, request: bytes) -> Answer:
    """Send `request` to a port of this machine and read one answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as sock:
        sock.sendall(request)
        response = HTTPResponse(sock, method=request.split(b" ", 1)[0].decode())
        try:
            response.begin()
            body = response.read()
        except (HTTPException, ConnectionError):
            return Answer(0, {}, "")
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body.decode())


def reset_after(port: int, request: bytes, seen: bytes) -> None:
    """Send `request` to a port of this machine, and reset the connection once `seen` has come (SO_LINGER of 0: a TCP RST)."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as sock:
        sock.sendall(request)
        received = b""
        while seen not in received:
            received += sock.recv(65536)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def post(
    *headers: str | bytes,
    body: bytes = b"",
    method: str = "POST",
    target: str = "/v1/chat/completions",
    host: str = "127.0.0.1",
    framing: str | None = None,
) -> bytes:
    """The bytes of a request. `framing` stands in the place of the right Content-Length."""
    head = [f"{method} {target} HTTP/1.1", f"host: {host}", *headers, framing or f"content-length: {len(body)}"]
    return b"\r\n".join(line.encode() if isinstance(line, str) else line for line in head) + b"\r\n\r\n" + body


def chunked(body: bytes) -> bytes:
    """`body` as one chunk and the end (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
