"""The main path: a chat completion, from the client's request to the upstream's stream as the answer.

Nothing here runs per chunk. The upstream's body is returned as the response's body, so the runtime moves the bytes, and a client that
leaves closes the upstream's connection.
"""

from js import Object, Request, Response
from pyodide.ffi import JsException

from gateway import budget, completion, rate
from gateway.answers import header, respond
from gateway.call import Call
from gateway.errors import ApiError, invalid
from gateway.headers import from_upstream
from gateway.identity import identify
from gateway.moderation import moderate
from gateway.policy import permit
from gateway.upstream import first_to_accept

MAX_LENGTH_DIGITS = 15


async def chat(call: Call) -> Response:
    """Answer `POST /v1/chat/completions`.

    Returns the runtime's Response, whose body is the upstream's ReadableStream, untouched.
    Raises `ApiError`: 400, 403 and 413 for the request; 401 for its sender; 429 for its number; 502 and 504 where the upstream gave
    no answer; 503 for a wrong setting.
    """
    settings = call.settings
    await rate.limit_address(call)
    identity = await identify(call)
    call.log["identity"] = identity.name
    await rate.limit_identity(call, identity)

    try:
        raw = await read_body(call.request, settings.max_body_bytes)
    except JsException:  # its chunks make no sense, or the client left
        raise invalid("The body broke off.", code="incomplete_body") from None
    call.log["bytes_in"] = len(raw)
    body = completion.parse(raw)
    completion.check(body)
    permitted = permit(raw, body, settings, identity)
    reserved = await budget.reserve(call, identity, budget.prompt_tokens(raw, settings) + permitted.completion_tokens)
    await moderate(raw, settings)
    try:
        model, upstream = await first_to_accept(permitted.models, lambda model: permitted.body_for(model, raw, body), settings)
    except ApiError as error:
        if error.status != 504:  # a call that took too long may be paid for all the same
            await budget.release(call, reserved)
        raise
    if not upstream.ok:
        await budget.release(call, reserved)
    call.log["model"] = model
    headers: dict[str, str] = Object.fromEntries(upstream.headers).to_py()
    return respond(upstream.body, upstream.status, {**from_upstream(headers, model), **call.headers})


async def read_body(request: Request, limit: int) -> bytes:
    """Read a request's body of at most `limit` bytes; raises `ApiError` 413 as soon as it is known to be larger.

    A declared length is checked before anything is read. It then holds, for the body of a request that has one ends there (RFC 9112,
    section 6.3). A body without a declared length is counted while it is read.
    """
    declared = header(request, "content-length")
    if declared is not None:
        if not declared.isdecimal() or len(declared) > MAX_LENGTH_DIGITS or int(declared) > limit:
            raise _too_large(limit)
        raw = (await request.arrayBuffer()).to_bytes()
        if len(raw) > limit:
            raise _too_large(limit)
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
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> ApiError:
    return invalid(f"The body is larger than {limit} bytes.", code="body_too_large", status=413)
