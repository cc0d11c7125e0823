"""Clients that leave before their answer begins."""

import asyncio

from js import Request
from pyodide.ffi import create_once_callable


def let_go_when_left(request: Request) -> None:
    """When the client of `request` resets its connection, end the coroutine that is answering it.

    The runtime drops the request then, and with it the promises that the coroutine waits for. They are never settled, and Pyodide keeps
    what waits for a promise until it is: the coroutine, and with it the request's body in several forms, would stay for as long as the
    isolate lives. Nothing can be awaited any more, so the coroutine is closed on the spot (`GeneratorExit`). One that has ended takes no
    notice. The signal needs the compatibility flag `enable_request_signal`.
    """
    task = asyncio.current_task()
    if task and (coroutine := task.get_coro()):
        request.signal.addEventListener("abort", create_once_callable(lambda _: coroutine.close()))
