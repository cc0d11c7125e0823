"""Streams for the upstream to play, and what to wait for in its log."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from werkzeug import Request, Response

from tools.upstream.calls import Call
from tools.upstream.connection import connection, wait
from tools.upstream.frames import Answer, Head, Json, event, stream

DATA = Path(__file__).parent / "data"


def sample(name: str) -> bytes:
    """A whole stream from tests/data."""
    return (DATA / f"{name}.sse").read_bytes()


def endless(request: Request) -> Response:
    """A stream that goes on until its client leaves."""
    return _endless(request, itertools.repeat({"content": "on "}))


ONE_WORD = b"Wait"


def one_word_and_silence(request: Request) -> Response:
    """A stream that says one word, and then nothing until its client leaves."""

    def body() -> Iterator[bytes]:
        yield event({"choices": [{"index": 0, "delta": {"content": ONE_WORD.decode()}}]})
        wait(connection(request), 60)

    return Response(body(), mimetype="text/event-stream")


def endless_tool_call(request: Request) -> Response:
    """A call of the tool that was wanted, whose first argument is a text that goes on until the client leaves."""
    function = json.loads(request.data)["tools"][0]["function"]
    name, (first, *_) = function["name"], function["parameters"]["properties"]
    begins = [{"index": 0, "id": "call_endless", "type": "function", "function": {"name": name, "arguments": f'{{"{first}": "'}}]
    goes_on = [{"index": 0, "function": {"arguments": "on "}}]
    return _endless(request, itertools.chain([{"tool_calls": begins}], itertools.repeat({"tool_calls": goes_on})))


def _endless(request: Request, deltas: Iterable[Json]) -> Response:
    head = Head("chatcmpl-endless", 1790000000, "endless").fields("chat.completion.chunk")

    def body() -> Iterator[bytes]:
        for delta in deltas:
            yield event({**head, "choices": [{"index": 0, "delta": delta}]})
            wait(connection(request), 0.01)

    return Response(body(), mimetype="text/event-stream")


def saying(verdict: str | None) -> Response:
    """A completion in one piece."""
    return Response(
        json.dumps({"choices": [{"message": {"role": "assistant", "content": verdict}}]}), mimetype="application/json"
    )


def taking(tokens: int) -> Callable[[Request], Response]:
    """Plays an answer of one token, of which the upstream says that it took so many in all."""
    body = b"".join(stream(Head("chatcmpl-taking", 1790000000, "taking"), Answer(("Hi",)), prompt_tokens=tokens - 1))
    return lambda _: Response(body, mimetype="text/event-stream")


def closed_by_client(count: int) -> Callable[[list[Call]], bool]:
    """There were `count` calls, and the caller has left each of them."""
    return lambda calls: len(calls) == count and all(call.state == "closed-by-client" for call in calls)
