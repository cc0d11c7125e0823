"""What an isolate fetches once for all the requests that need it."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from js import AbortSignal, scheduler

from gateway.base.errors import ApiError
from gateway.runtime.behind import run_behind
from gateway.runtime.promises import js_call, until

RETRY_SECONDS = 5
"""How long a failure is remembered, so that what is broken is not called at every request."""

GRACE_SECONDS = 1
FIRST_PAUSE_MS = 10
LONGEST_PAUSE_MS = 160

T = TypeVar("T")


class Shared(Generic[T]):
    """A value from elsewhere that an isolate keeps. `value` is None before the first; `fetched_at` is on the clock of `time.monotonic`.

    A promise belongs to the request that made it, and no other request can wait for it: the runtime refuses that. So whoever needs what
    is being fetched for another looks again after short waits of its own. The fetch outlives its request (`waitUntil`); should it end
    without a word all the same, its claim lapses soon after its timeout, and another request takes over.
    """

    value: T | None = None
    fetched_at = float("-inf")
    _failed_at = float("-inf")
    _claimed_until = float("-inf")

    def __init__(self, name: str, timeout_ms: int, unavailable: Callable[[], ApiError]) -> None:
        """Parameters: `name`, for the log; `timeout_ms`, for one whole fetch; `unavailable`, makes the error of a fetch that failed."""
        self._name = name
        self._timeout_ms = timeout_ms
        self._unavailable = unavailable

    async def fetch(self, fetch: Callable[[AbortSignal], Awaitable[T]]) -> T:
        """The value as it is fetched now, by this request or by one that is at it already.

        Parameters: `fetch`, gives the value before the signal's time is over; whatever it raises is a failure.
        Raises the error of `unavailable` where that failed, now or within the last `RETRY_SECONDS`.
        """
        asked_at = time.monotonic()
        pause = FIRST_PAUSE_MS
        while self.value is None or self.fetched_at < asked_at:
            if self._has_failed():
                raise self._unavailable()
            if (fetched := self.fetch_behind(fetch)) is not None:
                await until(fetched)
            else:
                await js_call(scheduler.wait, pause, this=scheduler)
                pause = min(2 * pause, LONGEST_PAUSE_MS)
        return self.value

    def fetch_behind(self, fetch: Callable[[AbortSignal], Awaitable[T]]) -> object | None:
        """Fetch the value without waiting for it: a promise of the end, or None where that is under way or has just failed."""
        now = time.monotonic()
        if now < self._claimed_until or self._has_failed():
            return None
        self._claimed_until = now + self._timeout_ms / 1000 + GRACE_SECONDS
        return run_behind(self._fetch(fetch))

    async def _fetch(self, fetch: Callable[[AbortSignal], Awaitable[T]]) -> None:
        try:
            self.value = await fetch(AbortSignal.timeout(self._timeout_ms))
            self.fetched_at = time.monotonic()
        except Exception as error:  # nobody may be left to tell: those who wait see that it failed
            self._failed_at = time.monotonic()
            print(json.dumps({"level": "warning", "event": f"{self._name}_not_fetched", "error": type(error).__name__}))
        self._claimed_until = float("-inf")

    def _has_failed(self) -> bool:
        return time.monotonic() - self._failed_at < RETRY_SECONDS
