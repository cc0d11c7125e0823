"""`Accept: text/plain`: what the model says, as it comes, and nothing else."""

from typing import Any

from js import ReadableStream, TransformStream, WritableStream
from pyodide.ffi import JsException, create_proxy, to_js

from gateway.answers.text import Text
from gateway.door.answers import js_object
from gateway.runtime.behind import run_behind
from gateway.runtime.promises import js_call


def text_of(stream: ReadableStream) -> ReadableStream:
    """The text of a stream of chunks, as bytes of UTF-8.

    Where the stream breaks off, its text has an end all the same, and a last line that says so: nobody who reads a text has another
    way to learn of it. A client that leaves ends the upstream's call.
    """
    text = Text()

    def transform(chunk: Any, controller: Any) -> None:
        if piece := text.feed(chunk.to_bytes()):
            controller.enqueue(to_js(piece.encode()))

    def flush(controller: Any) -> None:
        if text.ending:
            controller.enqueue(to_js(text.ending.encode()))
        let_go()

    def let_go(*_: object) -> None:
        for proxy in proxies.values():
            proxy.destroy()

    proxies = {name: create_proxy(method) for name, method in (("transform", transform), ("flush", flush), ("cancel", let_go))}
    passage = TransformStream.new(js_object(proxies))
    run_behind(_move(stream, passage.writable))
    return passage.readable


async def _move(stream: ReadableStream, into: WritableStream) -> None:
    """Pipe a stream, whose breaking off is an end like any other."""
    try:
        await js_call(stream.pipeTo, into, this=stream, preventAbort=True)
    except JsException:
        try:
            await js_call(into.close, this=into)
        except JsException:  # the client left
            return
