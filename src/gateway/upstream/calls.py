"""Calling io.net: one fixed address, a time until the first byte, retries before it, and other models where one is refused."""

import time
from collections.abc import Callable, Sequence
from functools import cache

from js import AbortController, Headers, Math, Reflect, Response, clearTimeout, fetch, scheduler, setTimeout
from pyodide.ffi import JsException, to_js

from gateway.base import refusals
from gateway.base.errors import ApiError, upstream_failed
from gateway.base.settings import Settings
from gateway.door.answers import all_headers, header, js_object, respond
from gateway.limits.settlement import may_be_paid
from gateway.runtime.promises import js_call
from gateway.runtime.reading import TooLong, read_at_most
from gateway.upstream.headers import for_upstream, is_page, told
from gateway.upstream.retry import is_refusal_of_the_model, wait_before_retry


async def first_to_accept(models: Sequence[str], body_for: Callable[[str], bytes], settings: Settings) -> tuple[str, Response]:
    """Ask each model in turn until one does not refuse, before its first byte, for a reason that is that model's own.

    Parameters: `models`, at least one; `body_for`, the request body to send for a model.
    Returns the model that answered and its answer; where all refuse, the first one's, for that is the model that was asked for.
    Raises `ApiError` as `call` does.
    """
    deadline = Deadline(settings)
    refusal: tuple[str, Response] | None = None
    for model in models:
        try:
            answer = await call(body_for(model), settings, deadline)
        except ApiError as error:
            if refusal is None:
                raise
            if error.status == 504:  # it may be paid for, so it is not told as a refusal
                await discard(refusal[1])
                raise
            break
        if not is_refusal_of_the_model(answer.status) or _is_final(answer, settings):
            if refusal:
                await discard(refusal[1])
            deadline.lift()
            return model, answer
        if refusal:
            await discard(answer)
        else:
            refusal = (model, answer)
    if refusal is None:
        raise ValueError("there is no model to ask")
    deadline.lift()
    return refusal


REFUSAL_BYTES = 64_000
"""An error takes a few hundred."""


class Deadline:
    """When the first byte must have come, of any attempt: FIRST_BYTE_TIMEOUT_MS from now, or `most_ms`, where that is sooner.

    `at` is on the clock of `time.monotonic`.
    Its `signal` ends a call, and the reading of its body, unless it is lifted.
    """

    def __init__(self, settings: Settings, most_ms: int | None = None) -> None:
        controller = AbortController.new()
        self.signal = controller.signal
        ms = settings.first_byte_timeout_ms if most_ms is None else min(settings.first_byte_timeout_ms, most_ms)
        self.at = time.monotonic() + ms / 1000
        self._timer = setTimeout(_aborting()(controller), ms)

    def lift(self) -> None:
        """Leave the body alone, however long it takes: it is passed on."""
        clearTimeout(self._timer)


async def call(body: bytes, settings: Settings, deadline: Deadline, path: str = "chat/completions") -> Response:
    """Call io.net until it answers with something to pass on: retries end where the first byte arrives.

    Parameters: `body`, the request body to send; `deadline`, for the first byte of any attempt; `path`, below IONET_BASE_URL.
    Returns the upstream's Response, any status of 2xx, 4xx and 5xx: of a success, its body unread; of an error, in OpenAI's shape.
    Raises `ApiError` 504 when no headers came in time, 502 when the connection failed, was answered with a redirect, with what is no
    status, with a web page in place of a stream, or where the key was refused.
    """
    attempt = 0
    while True:
        answer = await _attempt(body, settings, deadline, path)
        final = answer is not None and _is_final(answer, settings)
        if final or attempt == settings.upstream_retries or (wait := _wait(attempt, answer, deadline)) is None:
            return await _usable(answer)
        if answer is not None:
            await discard(answer)
        await js_call(scheduler.wait, wait, this=scheduler)
        attempt += 1


def _is_final(answer: Response, settings: Settings) -> bool:
    """Whether the call must not be made again: it succeeded, or it may be paid for and somebody counts."""
    return answer.ok or (settings.has_budget and may_be_paid(answer.status))


async def discard(answer: Response) -> None:
    """Let go of an answer that is not passed on, and of its connection."""
    if answer.body:
        await js_call(answer.body.cancel, this=answer.body)


async def _attempt(body: bytes, settings: Settings, deadline: Deadline, path: str) -> Response | None:
    """One call: the upstream's Response, or None when the connection failed."""
    try:
        return await js_call(
            fetch,
            f"{settings.ionet_base_url}/{path}",
            method="POST",
            headers=_headers(settings.ionet_api_key),
            body=to_js(body),
            redirect="manual",  # a redirect would take the key to another address
            signal=deadline.signal,
        )
    except JsException as error:
        if error.name != "AbortError":
            return None
    seconds = settings.first_byte_timeout_ms / 1000
    raise upstream_failed(504, f"io.net sent nothing within {seconds:g} s.", code="upstream_timeout")


@cache
def _aborting() -> Callable[[AbortController], object]:
    """Makes the function that aborts an AbortController."""
    bind: Callable[[AbortController], object] = Reflect.get(AbortController.prototype, "abort").bind
    return bind


@cache
def _headers(api_key: str) -> Headers:
    return Headers.new(js_object(for_upstream(api_key)))


def _wait(attempt: int, answer: Response | None, deadline: Deadline) -> float | None:
    """Milliseconds until the next attempt, or None when there is to be none."""
    status = None if answer is None else answer.status
    retry_after = None if answer is None else header(answer, "retry-after")
    wait_ms = wait_before_retry(attempt, status, retry_after, Math.random())
    if wait_ms is None or time.monotonic() + wait_ms / 1000 >= deadline.at:
        return None
    return wait_ms


async def _usable(answer: Response | None) -> Response:
    if answer is None:
        raise upstream_failed(502, "io.net could not be reached: the connection failed.", code="upstream_unreachable")
    status = answer.status
    if 300 <= status < 400:
        raise upstream_failed(
            502, "io.net answered with a redirect, which is not followed. Check IONET_BASE_URL.", code="upstream_redirect"
        )
    if not 200 <= status < 600:  # RFC 9110, section 15: no class of status begins there, and no Response can have it
        raise upstream_failed(502, f"io.net answered with {status}, which is no status.", code="upstream_invalid_status")
    if status < 300 and is_page(header(answer, "content-type") or ""):
        raise upstream_failed(502, "io.net answered with a web page. Check IONET_BASE_URL.", code="upstream_not_an_api")
    return answer if status < 400 else await _refusal(answer)


async def _refusal(answer: Response) -> Response:
    """An error of the upstream's as OpenAI's clients read it: as it came where it is one, else made of its words."""
    status, headers = answer.status, all_headers(answer)
    content_type = headers.get("content-type", "")
    try:
        body = await read_at_most(answer.body, REFUSAL_BYTES)
    except (JsException, TooLong):
        body = b""
    if status == 401:  # to a client it would look like its own token
        said = refusals.text_of(status, body, is_page=is_page(content_type))
        raise upstream_failed(502, f"io.net refused this edge's key: {said}", code="upstream_key_refused")
    if refusals.is_openais(body):
        return respond(to_js(body), status, {**told(headers), "content-type": content_type})
    text = refusals.as_openais(status, body, is_page=is_page(content_type))
    return respond(text, status, {**told(headers), "content-type": "application/json"})
