"""Work that goes on behind an answer, whether its client stays or leaves."""

from collections.abc import Coroutine

from workers import wait_until

from gateway.runtime.promises import started


def run_behind(work: Coroutine[object, object, None]) -> object:
    """Start `work`, which must not raise, and keep this request alive for it (`waitUntil`).

    Returns a promise, of which this request may await the end (`until`).
    """
    promise = started(work)
    wait_until(promise)
    return promise
