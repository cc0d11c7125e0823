"""A look at what passes, for which Python runs now and then and never for a chunk."""

from collections.abc import Callable
from dataclasses import dataclass

from js import Array, Blob, ReadableStream, Reflect, TransformStream

from gateway.door.answers import js_object
from gateway.runtime.promises import promise_of, settled, settles_within, until
from gateway.runtime.reading import bytes_of

LOOK_MS = 2000
"""How often what has come is taken over, so that no more of it is held than that time brings."""

TAIL_BYTES = 16_000
"""How much of the end is kept: an event takes some 250 bytes, and with the log probabilities of twenty tokens a few thousand."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A stream that has ended. `tail` is its last bytes, `size` how many there were, and `deltas` about how many deltas came in them.

    `broke_off` where the upstream's connection failed, `was_left` where the client went before the end.
    """

    tail: bytes
    size: int
    deltas: int
    broke_off: bool
    was_left: bool


class Tap:
    """`readable` gives the bytes of a stream on as they come, at the client's pace.

    The passage is the identity. What it is asked of each chunk, how much that counts for its queue (`size` of a queuing strategy, WHATWG
    Streams, section 7), is answered by the native `push` of an array, which so holds every chunk. There is one stream, not two branches:
    a client that leaves ends the upstream's call like one that has the stream itself, and one that is slow slows the upstream down.
    """

    def __init__(self, stream: ReadableStream) -> None:
        self._stream = stream
        self._chunks = Array.new()
        self._reasons = Array.new()
        push = Reflect.get(Array.prototype, "push")
        at_cancel = js_object({"cancel": push.bind(self._reasons)})
        at_chunk = js_object({"highWaterMark": 1, "size": push.bind(self._chunks)})
        passage = TransformStream.new(at_cancel, at_chunk)
        self.readable = passage.readable
        self.piped = settled(promise_of(stream.pipeTo, passage.writable, this=stream))

    async def end(self, hear: Callable[[bytes], object] | None = None) -> Passed:
        """Wait for the end, and give what is known then. `hear` is given all bytes, now and then those that have come."""
        tail, size, deltas = b"", 0, 0
        is_over = False
        while not is_over:
            is_over = await settles_within(self.piped, LOOK_MS)
            taken = await bytes_of(Blob.new(self._chunks.splice(0)))
            size += len(taken)
            deltas += taken.count(b'"choices"')
            if hear:
                hear(taken)
            tail = (tail + taken)[-TAIL_BYTES:]
        broke_off = not await self._was_read_to_its_end()
        return Passed(tail, size, deltas, broke_off, was_left=not broke_off and self._reasons.length > 0)

    async def _was_read_to_its_end(self) -> bool:
        """Whether the stream that was given has not failed. (One that is cancelled counts as read.)"""
        closed = (await until(settled(self._stream.getReader().closed)))[0]
        return bool(closed.status == "fulfilled")
