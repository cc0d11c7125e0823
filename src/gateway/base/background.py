"""Work that goes on behind an answer."""

import asyncio
from collections.abc import Coroutine

from pyodide.ffi import create_proxy
from workers import wait_until


def in_background(work: Coroutine[object, object, None]) -> asyncio.Task[None]:
    """Do `work`, which raises nothing, even when the answer is sent or the client has left before it is done."""
    task = asyncio.ensure_future(work)
    proxy = create_proxy(task)
    task.add_done_callback(lambda _: proxy.destroy())
    wait_until(proxy)
    return task
