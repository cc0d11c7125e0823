"""Waiting for JavaScript's promises without asyncio.

asyncio makes a future of every promise and a task of every coroutine, which takes some 50 µs of CPU for each `await`: half of what a
request cost the edge. Here a coroutine that waits hands its promise to `run`, and the promise's own `then` goes on with it, for some 15 µs,
the call included:

    answer = await js_call(fetch, url, method="POST")    # in JavaScript: await fetch(url, {method: "POST"})
    body = await js_call(answer.text, this=answer)       # in JavaScript: await answer.text()

Everything here is public in Python, Pyodide and JavaScript.
"""

import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import cache
from typing import Any, TypeVar, cast

from js import Function, Object, Promise, Proxy, Reflect, scheduler
from pyodide.ffi import JsException, create_once_callable, to_js

T = TypeVar("T")
Resume = Callable[[Any], object]


class _Awaited:
    """What a coroutine yields to `run` when it waits: the promise."""

    __slots__ = ("promise",)

    def __init__(self, promise: Any) -> None:
        self.promise = promise


@types.coroutine
def js_call(
    function: Callable[..., Awaitable[T]], *arguments: object, this: object = None, **options: object
) -> Generator[object, Any, T]:
    """Call a JavaScript function that returns a promise, and wait for it. For coroutines that `run` runs.

    Parameters: `arguments`, the function's; `this`, the object whose method it is; `options`, the members of an object that is its last
    argument.
    Raises what the function throws or its promise is rejected with, a `JsException` as a rule.
    """
    value: T = yield _Awaited(promise_of(function, *arguments, this=this, **options))
    return value


def promise_of(function: Callable[..., object], *arguments: object, this: object = None, **options: object) -> object:
    """Call a JavaScript function like `js_call`, and give the promise that it returns as it is."""
    return _call()(function, this, *arguments, **options)


@types.coroutine
def until(promise: object) -> Generator[object, Any, Any]:
    """Wait for a promise of `promise_of` or `started`. For coroutines that `run` runs."""
    return (yield _Awaited(promise))


async def settles_within(promise: object, milliseconds: int) -> bool:
    """Wait for a promise that gives anything but undefined, and no longer than so; whether it has settled."""
    pause = promise_of(scheduler.wait, milliseconds, this=scheduler)
    return await js_call(Promise.race, to_js([promise, pause]), this=Promise) is not None


def settled(*promises: object) -> object:
    """A promise of how these end, well or badly (`Promise.allSettled`)."""
    return promise_of(Promise.allSettled, to_js(promises), this=Promise)


def run(coroutine: Coroutine[object, Any, object]) -> object:
    """Run a coroutine until it ends or waits.

    Returns its result, or a JavaScript promise of it, which an exception rejects. What settles after the coroutine was closed goes
    unnoticed. A coroutine that waits for anything else than a promise goes on as a task of asyncio.
    """
    return _go_on(coroutine, coroutine.send, None)


def started(coroutine: Coroutine[object, Any, object]) -> object:
    """A JavaScript promise of what a coroutine gives, which runs from now on."""
    return _as_promise(run(coroutine))


class Later:
    """What a coroutine gives, for the SDK, which hands the promise (`js_object`) on to the runtime and does not wait for it itself."""

    __slots__ = ("js_object",)

    def __init__(self, coroutine: Coroutine[object, Any, object]) -> None:
        self.js_object = run(coroutine)


def _as_promise(value: object) -> object:
    return promise_of(Promise.resolve, value, this=Promise)


def _go_on(coroutine: Any, resume: Resume, value: object) -> object:
    if coroutine.cr_frame is None:  # closed
        return None
    try:
        awaited = resume(value)
    except StopIteration as end:
        return end.value
    if not isinstance(awaited, _Awaited):
        return _as_task(coroutine, awaited)
    resolved = create_once_callable(lambda value: _go_on(coroutine, coroutine.send, value))
    rejected = create_once_callable(lambda reason: _go_on(coroutine, coroutine.throw, _exception(reason)))
    try:
        return promise_of(_then(), resolved, rejected, this=awaited.promise)
    except JsException:  # what an RPC gives is no Promise, though it can be made one
        return promise_of(_then(), resolved, rejected, this=_as_promise(awaited.promise))


def _exception(reason: object) -> BaseException:
    return reason if isinstance(reason, BaseException) else RuntimeError(f"rejected with {reason}")


@cache
def _call() -> Callable[..., Any]:
    """`call(function, this, *arguments)`: calls a JavaScript function and gives the promise that it returns as it is.

    Pyodide makes a future of a promise that a call returns, but not of one that `new` gives. So this is a class of JavaScript's whose
    `new` is the call. Made at an isolate's first request: what is kept at import may hold nothing of JavaScript's.
    """
    call = Function.prototype.call
    construct = Reflect.apply.bind(None, call.bind(call))  # is called with (target, arguments): the target does not matter
    caller = Proxy.new(Object, to_js({"construct": construct}, dict_converter=Object.fromEntries))
    return cast("Callable[..., Any]", caller.new)


@cache
def _then() -> Callable[..., object]:
    # Not `Promise.prototype.then`, for which Pyodide puts a method of its own.
    then: Callable[..., object] = Reflect.get(Promise.prototype, "then")
    return then


def _as_task(coroutine: Coroutine[object, Any, object], awaited: object) -> object:
    import asyncio  # noqa: PLC0415  # the first answer does without

    return asyncio.ensure_future(_rest(coroutine, awaited))


async def _rest(coroutine: Coroutine[object, Any, object], awaited: Any) -> object:
    """The rest of a coroutine, which waits for `awaited`, as a task of asyncio runs it."""
    while True:
        resume: Resume = coroutine.send
        try:
            value = await (awaited.promise if isinstance(awaited, _Awaited) else _passed_on(awaited))
        except BaseException as error:
            resume, value = coroutine.throw, error
        try:
            awaited = resume(value)
        except StopIteration as end:
            return end.value


@types.coroutine
def _passed_on(awaited: object) -> Generator[object, Any, Any]:
    return (yield awaited)
