"""An upstream that writes what a test tells it to, when the test tells it to."""

import json
import queue
from collections.abc import Iterator

from werkzeug import Request, Response

from tools.upstream.connection import connection, hang_up, wait

Json = dict[str, object]

_END = object()
_BREAK = object()
_SCRIBBLE = object()


class Pen:
    """Writes the answers of one upstream model, `model`; `requests` holds the bodies of the calls, in order.

    What is written goes to the call that reads it: one answer is written at a time.
    """

    model = ""

    def __init__(self) -> None:
        self.requests: list[Json] = []
        self._queue: queue.Queue[object] = queue.Queue()

    def __call__(self, request: Request) -> Response:
        self.requests.append(json.loads(request.get_data()))
        return Response(self._body(request), mimetype="text/event-stream")

    def write(self, text: str, field: str = "content") -> None:
        """A piece of the answer, or of its reasoning."""
        self.send({"choices": [{"index": 0, "delta": {field: text}, "finish_reason": None}]})

    def finish(self, reason: str = "stop", tokens: int | None = None) -> None:
        """The end of an answer: finish reason, usage where `tokens` are given, `[DONE]`."""
        self.send({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        if tokens is not None:
            self.send({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": tokens + 1}})
        self._queue.put(b"data: [DONE]\n\n")
        self._queue.put(_END)

    def answer(self, text: str) -> None:
        """A whole answer at once."""
        self.write(text)
        self.finish()

    def send(self, chunk: Json) -> None:
        self._queue.put(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def end(self) -> None:
        """Close in order, with nothing more."""
        self._queue.put(_END)

    def break_off(self) -> None:
        """Close the connection in the middle."""
        self._queue.put(_BREAK)

    def scribble(self) -> None:
        """Write on and on, until the connection is closed from the other side."""
        self._queue.put(_SCRIBBLE)

    def _body(self, request: Request) -> Iterator[bytes]:
        sock = connection(request)
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                wait(sock, 0.01)
                continue
            if item is _END:
                return
            if item is _BREAK:
                raise hang_up(sock)
            while item is _SCRIBBLE:
                yield b": more\n\n"
                wait(sock, 0.01)
            assert isinstance(item, bytes)
            yield item
