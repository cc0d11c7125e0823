"""A stream gathered by the runtime alone: Python runs once, at its end, and looks now and then how much there is."""

from typing import Any

from js import Array, ArrayBuffer, Blob, ReadableStream, Reflect, WritableStream

from gateway.door.answers import js_object
from gateway.runtime.promises import promise_of, settled, settles_within, until
from gateway.runtime.reading import TooLong, bytes_of

LOOK_MS = 250


async def gather(stream: ReadableStream, limit: int) -> tuple[bytes, bool]:
    """Read a stream to its end, or to where it breaks off.

    Returns its bytes, and whether they are all. Raises `TooLong` where there are clearly more than `limit`, and lets go of the rest.
    """
    given, controllers = Array.new(), Array.new()
    push = Reflect.get(Array.prototype, "push")
    sink = js_object({"start": push.bind(controllers), "write": push.bind(given)})
    piped = promise_of(stream.pipeTo, WritableStream.new(sink), this=stream)
    ended = settled(piped)
    try:
        while not await settles_within(ended, LOOK_MS):
            if _chunks(given).size > limit:
                controllers[0].error()
    except GeneratorExit:  # the client left, and what goes on behind the answer would keep the stream
        controllers[0].error()  # a signal's abort would be seen at the next chunk only
        raise
    chunks = _chunks(given)
    if chunks.size > limit:
        raise TooLong(f"more than {limit} bytes")
    outcome = (await until(ended))[0]
    return await bytes_of(chunks), outcome.status == "fulfilled"


def _chunks(given: Any) -> Blob:
    # A sink is given each chunk, and a controller with it.
    return Blob.new(given.filter(ArrayBuffer.isView))
