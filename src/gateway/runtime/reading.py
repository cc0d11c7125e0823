"""Bodies, a client's or an answer's, read no further than to a limit: nobody fills this isolate's memory."""

from js import Blob, ReadableStream

from gateway.runtime.promises import js_call


class TooLong(ValueError):
    """The body has more bytes than it may have."""


async def read_at_most(body: ReadableStream | None, limit: int) -> bytes:
    """Read a body to its end, which comes after at most `limit` bytes.

    Counts what has come, not what a header declares: that of an encoded answer says nothing of what it is decoded to.
    Raises `TooLong` as soon as there is more, and lets go of the rest; `JsException` where the body breaks off.
    """
    if not body:
        return b""
    chunks: list[bytes] = []
    size = 0
    reader = body.getReader()
    while not (step := await js_call(reader.read, this=reader)).done:
        size += step.value.byteLength
        if size > limit:
            await js_call(reader.cancel, this=reader)
            raise TooLong(f"more than {limit} bytes")
        chunks.append(step.value.to_bytes())
    return b"".join(chunks)


async def bytes_of(blob: Blob) -> bytes:
    """The bytes of chunks that were put together."""
    return (await js_call(blob.arrayBuffer, this=blob)).to_bytes()
