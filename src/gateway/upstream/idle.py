"""A stream that has stalled is ended, where the owner says after how long."""

from typing import TYPE_CHECKING

from js import AbortController, IdentityTransformStream, Promise, ReadableStream, crypto, scheduler
from pyodide.ffi import to_js

from gateway.base.behind import run_behind
from gateway.door.answers import js_object

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
    passed = to_client.pipeTo(passage.writable, js_object({"signal": cut.signal}))
    counted = to_counter.pipeTo(counter, js_object({"signal": let_go.signal}))
    # Settled, for how they end is told to the client by its stream, and to nobody else.
    ended = Promise.race(to_js([Promise.allSettled(to_js([passed])), Promise.allSettled(to_js([counted, counter.digest]))]))
    run_behind(_watch(ended, counter, idle_ms, cut, let_go))
    return passage.readable


async def _watch(ended: object, counter: "DigestStream", idle_ms: int, cut: AbortController, let_go: AbortController) -> None:
    before = -1
    while counter.bytesWritten != before:
        before = counter.bytesWritten
        if await Promise.race(to_js([ended, scheduler.wait(idle_ms)])) is not None:
            break
    else:
        cut.abort()
    let_go.abort()
