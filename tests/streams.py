"""Streams for the upstream to play, and what to wait for in its log."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from werkzeug import Request, Response

from tools.upstream.calls import Call
from tools.upstream.connection import connection, wait
from tools.upstream.frames import Head, event

DATA = Path(__file__).parent / "data"


def sample(name: str) -> bytes:
    """A whole stream from tests/data."""
    return (DATA / f"{name}.sse").read_bytes()


def endless(request: Request) -> Response:
    """A stream that goes on until its client leaves."""
    chunk = Head("chatcmpl-endless", 1790000000, "endless").fields("chat.completion.chunk")
    chunk["choices"] = [{"index": 0, "delta": {"content": "on "}}]

    def body() -> Iterator[bytes]:
        while True:
            yield event(chunk)
            wait(connection(request), 0.01)

    return Response(body(), mimetype="text/event-stream")


def saying(verdict: str | None) -> Response:
    """A completion in one piece."""
    return Response(
        json.dumps({"choices": [{"message": {"role": "assistant", "content": verdict}}]}), mimetype="application/json"
    )


def closed_by_client(count: int) -> Callable[[list[Call]], bool]:
    """There were `count` calls, and the caller has left each of them."""
    return lambda calls: len(calls) == count and all(call.state == "closed-by-client" for call in calls)
