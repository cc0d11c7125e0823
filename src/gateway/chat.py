"""The main path: a chat completion, from the client's request to the upstream's stream as the answer.

Nothing here runs per chunk. The upstream's body is returned as the response's body, so the runtime moves the bytes, and a client that
leaves closes the upstream's connection.
"""

import asyncio
import time

from js import AbortSignal, Math, Object, Request, Response, fetch
from pyodide.ffi import JsException, to_js

from gateway import completion
from gateway.answers import header, js_object, respond
from gateway.call import Call
from gateway.errors import invalid, upstream_failed
from gateway.headers import for_upstream, from_upstream, is_page
from gateway.retry import wait_before_retry
from gateway.settings import Settings


async def chat(call: Call) -> Response:
    """Answer `POST /v1/chat/completions`.

    Returns the runtime's Response, whose body is the upstream's ReadableStream, untouched.
    Raises `ApiError`: 400 and 413 for the request; 502 and 504 where the upstream gave no answer; 503 for a wrong setting.
    """
    settings = call.settings
    raw = await read_body(call.request, settings.max_body_bytes)
    body = completion.parse(raw)
    completion.check(body)
    rewritten = completion.rewrite(raw, body, default_model=settings.default_model)
    upstream = await call_upstream(rewritten, settings)
    return respond(upstream.body, upstream.status, {**from_upstream(_headers_of(upstream)), **call.headers})


async def read_body(request: Request, limit: int) -> bytes:
    """Read a request's body of at most `limit` bytes; raises `ApiError` 413 as soon as it is known to be larger.

    A declared length is checked before anything is read. It then holds, for the body of a request that has one ends there (RFC 9112,
    section 6.3). A body without a declared length is counted while it is read.
    """
    too_large = invalid(f"The body is larger than {limit} bytes.", code="body_too_large", status=413)
    declared = header(request, "content-length")
    if declared is not None:
        if not declared.isdecimal() or int(declared) > limit:
            raise too_large
        raw = (await request.arrayBuffer()).to_bytes()
        if len(raw) > limit:
            raise too_large
        return raw
    if not request.body:
        return b""
    chunks: list[bytes] = []
    size = 0
    reader = request.body.getReader()
    while not (step := await reader.read()).done:
        chunk = step.value.to_bytes()
        size += len(chunk)
        if size > limit:
            await reader.cancel()
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)


async def call_upstream(body: bytes, settings: Settings) -> Response:
    """Call io.net until it answers with something to pass on: retries end where the first byte arrives.

    Parameters: `body`, the request body to send.
    Returns the upstream's Response, its body unread; any status of 2xx, 4xx and 5xx.
    Raises `ApiError` 504 when no headers came within the time of all attempts together, 502 when the connection failed, was answered
    with a redirect, or with a web page in place of a stream.
    """
    deadline = time.monotonic() + settings.first_byte_timeout_ms / 1000
    attempt = 0
    while True:
        upstream = await _attempt(body, settings, deadline)
        if attempt == settings.upstream_retries or (wait := _wait(attempt, upstream, deadline)) is None:
            return _usable(upstream)
        if upstream is not None and upstream.body:
            await upstream.body.cancel()
        await asyncio.sleep(wait)
        attempt += 1


async def _attempt(body: bytes, settings: Settings, deadline: float) -> Response | None:
    """One call: the upstream's Response, or None when the connection failed."""
    remaining_ms = max(1, int((deadline - time.monotonic()) * 1000))
    options = js_object(
        {
            "method": "POST",
            "headers": for_upstream(settings.ionet_api_key),
            "body": to_js(body),
            "redirect": "manual",  # a redirect would take the key to another address
            "signal": AbortSignal.timeout(remaining_ms),  # until the headers are there: a body that is being passed on is not cut
        }
    )
    try:
        return await fetch(f"{settings.ionet_base_url}/chat/completions", options)
    except JsException as error:
        if error.name != "TimeoutError":
            return None
    seconds = settings.first_byte_timeout_ms / 1000
    raise upstream_failed(504, f"io.net sent nothing within {seconds:g} s.", code="upstream_timeout")


def _wait(attempt: int, upstream: Response | None, deadline: float) -> float | None:
    """Seconds until the next attempt, or None when there is to be none."""
    status = None if upstream is None else upstream.status
    retry_after = None if upstream is None else header(upstream, "retry-after")
    wait_ms = wait_before_retry(attempt, status, retry_after, Math.random())
    if wait_ms is None or time.monotonic() + wait_ms / 1000 >= deadline:
        return None
    return wait_ms / 1000


def _usable(upstream: Response | None) -> Response:
    if upstream is None:
        raise upstream_failed(502, "io.net could not be reached: the connection failed.", code="upstream_unreachable")
    if not (200 <= upstream.status < 300 or upstream.status >= 400):
        raise upstream_failed(
            502, "io.net answered with a redirect, which is not followed. Check IONET_BASE_URL.", code="upstream_redirect"
        )
    if upstream.ok and is_page(header(upstream, "content-type") or ""):
        raise upstream_failed(502, "io.net answered with a web page. Check IONET_BASE_URL.", code="upstream_not_an_api")
    return upstream


def _headers_of(upstream: Response) -> dict[str, str]:
    headers: dict[str, str] = Object.fromEntries(upstream.headers).to_py()
    return headers
