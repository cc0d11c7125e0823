"""The main path: a chat completion, from the client's request to the upstream's stream as the answer.

Nothing here runs per chunk. The upstream's body is returned as the response's body, so the runtime moves the bytes, and a client that
leaves closes the upstream's connection.
"""

from js import Response
from pyodide.ffi import JsException

from gateway.access.identify import identify
from gateway.base.errors import ApiError, invalid
from gateway.door.answers import all_headers, passed_on
from gateway.door.call import Call
from gateway.limits import budget, rate
from gateway.request import completion
from gateway.request.body import read_body
from gateway.request.policy import permit
from gateway.upstream.calls import first_to_accept
from gateway.upstream.guard import moderate
from gateway.upstream.headers import from_upstream
from gateway.upstream.idle import ended_when_idle


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
        raw = await read_body(call, settings.max_body_bytes)
    except JsException:  # its chunks make no sense, or the client left
        raise invalid("The body broke off.", code="incomplete_body") from None
    call.log["bytes_in"] = len(raw)
    body = completion.parse(raw)
    completion.check(body)
    permitted = permit(raw, body, settings, identity)
    reserved = await budget.reserve(call, identity, permitted.cost)
    try:
        await moderate(permitted.for_guard, settings)
        model, upstream = await first_to_accept(permitted.models, lambda model: permitted.body_for(model, raw, body), settings)
    except ApiError as error:
        budget.settle(call, reserved, error.status, error.code)
        raise
    budget.settle(call, reserved, upstream.status)
    call.log.update(model=model, answered_by="upstream")
    stream = upstream.body
    if stream and settings.stream_idle_timeout_ms:
        stream = ended_when_idle(stream, settings.stream_idle_timeout_ms)
    return passed_on(stream, upstream.status, from_upstream(all_headers(upstream), model) | call.headers)
