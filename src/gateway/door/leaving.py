"""Clients that leave before their answer begins."""

from collections.abc import Coroutine

from js import Request
from pyodide.ffi import create_once_callable


def let_go_when_left(request: Request, answering: Coroutine[object, object, object]) -> None:
    """When the client of `request` resets its connection, end the coroutine that is answering it.

    The runtime drops the request then, and with it the promises that the coroutine waits for. They are never settled, and what waits
    for them would stay until JavaScript's garbage collector comes by, the request's body with it, in several forms. Nothing can be
    awaited any more, so the coroutine is closed on the spot (`GeneratorExit`). One that has ended takes no notice. The signal needs the
    compatibility flag `enable_request_signal`.
    """
    request.signal.addEventListener("abort", create_once_callable(lambda _: answering.close()))
