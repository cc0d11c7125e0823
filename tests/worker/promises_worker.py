"""A Worker that waits in each way that there is: `GET /<way>` answers with what came of it, as JSON."""

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from js import AbortController, Object, Promise, Reflect, Response, console, fetch, scheduler
from js import gc as collect_javascript
from pyodide.ffi import JsException, create_once_callable, to_js
from workers import WorkerEntrypoint

from gateway.door.leaving import let_go_when_left
from gateway.runtime.promises import Later, js_call, run, started, until

TURNS = 4


async def resolved(value: object) -> Any:
    return await js_call(Promise.resolve, value, this=Promise)


async def a_value(_: str) -> object:
    return await resolved(7)


async def options(_: str) -> object:
    controller = AbortController.new()
    controller.abort()
    try:
        await js_call(scheduler.wait, 60_000, this=scheduler, signal=controller.signal)
    except JsException as error:
        return error.name
    return None


async def a_promise_of_another_kind(_: str) -> object:
    """With a `then` of its own, as an RPC's has."""
    thenable = to_js({"then": create_once_callable(lambda resolve, _reject: resolve(7))}, dict_converter=Object.fromEntries)
    return await js_call(Reflect.get, to_js([thenable]), 0)


async def a_rejection(_: str) -> object:
    try:
        await js_call(fetch, "no address")
    except JsException as error:
        return [error.name, await resolved("and goes on")]
    return None


async def a_rejection_with_no_error(_: str) -> object:
    try:
        await js_call(Promise.reject, "a word", this=Promise)
    except RuntimeError as error:
        return str(error)
    return None


async def a_throw(_: str) -> object:
    try:
        await js_call(Reflect.get, 1, "of no object", this=None)
    except JsException as error:
        return error.name
    return None


async def a_failure_of_ours(_: str) -> object:
    async def fail() -> None:
        await resolved(None)
        raise ValueError("of a coroutine")

    try:
        await until(started(fail()))
    except JsException as error:
        return [error.name, "ValueError: of a coroutine" in error.message]
    return None


async def asyncio_too(_: str) -> object:
    before = await resolved("before")
    await asyncio.sleep(0.001)
    between = await resolved("between")
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.001)
    except TimeoutError:
        return [before, between, await resolved("after")]
    return None


async def nothing(_: str) -> object:
    return run(a_word())


async def a_word() -> str:
    return "at once"


async def closed_meanwhile(_: str) -> object:
    seen: list[str] = []

    async def waiting() -> None:
        try:
            await js_call(scheduler.wait, 5, this=scheduler)
            seen.append("went on")
        finally:
            seen.append("ended")

    coroutine = waiting()
    promise = run(coroutine)
    coroutine.close()
    await until(promise)
    return seen


async def its_own(name: str) -> object:
    """Several waits of different lengths; all that was kept between them is this coroutine's."""
    kept = [name]
    for turn in range(TURNS):
        await js_call(scheduler.wait, (len(kept) * 7 + len(name) * turn) % 5, this=scheduler)
        kept.append(await resolved(name))
    return kept


async def leaving(name: str) -> object:
    """Wait `name` times and then for a client that leaves; tell of it in the log."""
    try:
        for _turn in range(int(name)):
            await js_call(scheduler.wait, 1, this=scheduler)
        console.log(f"waits after {name}")
        await js_call(scheduler.wait, 60_000, this=scheduler)
    except GeneratorExit:
        console.log(f"left after {name}")
        raise
    return None


async def a_thousand(_: str) -> object:
    """A thousand coroutines, each with a rejection and other waits; then how many objects Python has when all rubbish is gone."""

    async def short() -> None:
        await resolved(1)
        try:
            await js_call(Promise.reject, 1, this=Promise)
        except RuntimeError:
            await resolved(2)

    for _turn in range(1000):
        await until(started(short()))
    for _turn in range(3):  # what JavaScript lets go of is told to Python in a turn of its own
        collect_javascript()
        await js_call(scheduler.wait, 5, this=scheduler)
    gc.collect()
    return len(gc.get_objects())


WAYS: dict[str, Callable[[str], Awaitable[object]]] = {
    way.__name__: way
    for way in (
        a_value,
        options,
        a_promise_of_another_kind,
        a_rejection,
        a_rejection_with_no_error,
        a_throw,
        a_failure_of_ours,
        asyncio_too,
        nothing,
        closed_meanwhile,
        its_own,
        leaving,
        a_thousand,
    )
}


class Default(WorkerEntrypoint):
    def fetch(self, request: Any) -> Later:
        way, _, name = urlsplit(request.js_object.url).path[1:].partition("/")
        serving = serve(WAYS[way], name)
        let_go_when_left(request.js_object, serving)
        return Later(serving)


async def serve(way: Callable[[str], Awaitable[object]], name: str) -> Response:
    return Response.new(json.dumps(await way(name)))
