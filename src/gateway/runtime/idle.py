"""A stream that has stalled is ended, where the owner says after how long."""

from typing import TYPE_CHECKING

from js import AbortController, IdentityTransformStream, Promise, ReadableStream, crypto
from pyodide.ffi import to_js

from gateway.runtime.behind import run_behind
from gateway.runtime.promises import promise_of, settled, settles_within

if TYPE_CHECKING:
    from js import DigestStream


def ended_when_idle(body: ReadableStream, idle_ms: int) -> ReadableStream:
    """The same bytes, cut off once none has come for `idle_ms` milliseconds: at the latest after twice that.

    The runtime alone moves the bytes: one branch to the client, the other into a digest, for what it counts on the way. All that is
    done here is to look at that count now and then. A client that leaves ends both branches, and so the upstream's call.
    """
    to_client, to_counter = body.tee()
    passage = IdentityTransformStream.new()
    counter = crypto.DigestStream.new("MD5")
    cut, let_go = AbortController.new(), AbortController.new()
    passed = promise_of(to_client.pipeTo, passage.writable, this=to_client, signal=cut.signal)
    counted = promise_of(to_counter.pipeTo, counter, this=to_counter, signal=let_go.signal)
    # How they end is told to the client by its stream, and to nobody else.
    ended = promise_of(Promise.race, to_js([settled(passed), settled(counted, counter.digest)]), this=Promise)
    run_behind(_watch(ended, counter, idle_ms, cut, let_go))
    return passage.readable


async def _watch(ended: object, counter: "DigestStream", idle_ms: int, cut: AbortController, let_go: AbortController) -> None:
    before = -1
    while counter.bytesWritten != before:
        before = counter.bytesWritten
        if await settles_within(ended, idle_ms):
            break
    else:
        cut.abort()
    let_go.abort()
