"""An answer judged before it is given: nothing reaches the client that the guard has not read."""

import json
from typing import Any

from js import AbortController, AbortSignal, ReadableStream, Reflect, TransformStream
from pyodide.ffi import JsException, to_js

from gateway.answers.events import EventParser
from gateway.door.answers import js_object
from gateway.door.call import Call
from gateway.judging.judge import Judge
from gateway.judging.pieces import MAX_HELD, Piece, Pieces, TooLarge
from gateway.runtime.behind import run_behind
from gateway.runtime.promises import js_call, promise_of, settled, until
from gateway.upstream import guard
from gateway.upstream.calls import Deadline
from gateway.upstream.verdict import UNJUDGED, Verdict


class _Ended(Exception):
    """The answer ends here, with these last events."""

    def __init__(self, last: bytes) -> None:
        super().__init__()
        self.last = last


class Before(Judge):
    """Holds an answer, and passes it on piece by piece as the guard finds it safe.

    While the guard reads, nothing more is read of the answer, so that io.net waits, as it does for a slow client. A client that leaves
    ends the call to io.net, and the guard's.
    """

    def __init__(self, call: Call, identity: str, model: str, messages: bytes, *, is_one: bool) -> None:
        """Parameters: as of `Judge`; `is_one`, whether the answer is given whole, so that it is judged once, at its end."""
        super().__init__(call, identity, model, messages)
        self._pieces = Pieces(is_one=is_one)
        self._head = {"id": f"chatcmpl-{call.log['request_id']}", "created": 0, "model": model}
        self._left = AbortController.new()

    def passed(self, stream: ReadableStream) -> ReadableStream:
        """What the client is given of `stream`, events that the upstream sends."""
        reader = stream.getReader()
        prototype = AbortController.prototype
        passage = TransformStream.new(js_object({"cancel": Reflect.get(prototype, "abort").bind(self._left, None)}))
        self._left.signal.addEventListener("abort", Reflect.get(reader, "cancel").bind(reader, None))
        self._ended = run_behind(self._pass_on(reader, passage.writable.getWriter()))
        return passage.readable

    def hear(self, taken: bytes) -> None:
        """Nothing: what passes the tap is on its way here."""

    async def judged(self) -> Verdict | None:
        """The verdict, told of, once all is judged."""
        await until(self._ended)
        return self.verdict

    async def _pass_on(self, reader: Any, writer: Any) -> None:
        try:
            try:
                await self._read(reader, writer)
            except _Ended as ended:
                settled(promise_of(reader.cancel, this=reader))
                await _write(writer, ended.last)
            await js_call(writer.close, this=writer)
        except Exception as error:  # whatever it is, the client is not left waiting
            await until(settled(promise_of(writer.abort, this=writer)))
            if not isinstance(error, JsException) and not self._left.signal.aborted:
                self._left.abort()
                lost = {"level": "error", "event": "answer_not_judged", "request_id": self._call.log["request_id"]}
                print(json.dumps(lost | {"error": type(error).__name__}))
        await self.tell()

    async def _read(self, reader: Any, writer: Any) -> None:
        parser, unended = EventParser(), 0
        try:
            while not (step := await js_call(reader.read, this=reader)).done:
                chunk = step.value.to_bytes()
                events = parser.feed(chunk)
                unended = 0 if events else unended + len(chunk)
                if unended > MAX_HELD:
                    raise TooLarge(f"more than {MAX_HELD} bytes")
                for event in events:
                    for piece in self._pieces.take(event):
                        await self._pass_piece(piece, writer)
            await self._pass_piece(self._pieces.rest(), writer)
        except TooLarge:
            self.note(UNJUDGED)
            raise self._unavailable() from None

    async def _pass_piece(self, piece: Piece, writer: Any) -> None:
        if piece.text != "":
            deadline = Deadline(self._call.settings)
            deadline.signal = AbortSignal.any(to_js([deadline.signal, self._left.signal]))
            found = await self.ask(piece.text, deadline)
            if self._left.signal.aborted:
                raise _Ended(b"")
            self.note(found)
            if found.word == "unsafe":
                raise _Ended(self._pieces.withheld(self._head))
            if self.hides(found):
                raise self._unavailable()
        await _write(writer, piece.data)

    def _unavailable(self) -> _Ended:
        self.failure = guard.unavailable()
        return _Ended(f"data: {self.failure.body()}\n\n".encode())


async def _write(writer: Any, data: bytes) -> None:
    if data:
        await js_call(writer.write, to_js(data), this=writer)
