"""Work that goes on behind an answer, whether its client stays or leaves."""

import asyncio
from collections.abc import Coroutine

from pyodide.ffi import create_proxy
from workers import wait_until


def run_behind(work: Coroutine[object, object, None]) -> asyncio.Task[None]:
    """Start `work`, which must not raise, and keep this request alive for it (`waitUntil`). The task may be awaited by this request."""
    task = asyncio.ensure_future(work)
    proxy = create_proxy(task)
    task.add_done_callback(lambda _: proxy.destroy())
    wait_until(proxy)
    return task
