"""The main path: a chat completion, from the client's request to the upstream's stream as the answer.

Nothing here runs per chunk. The upstream's body is returned as the response's body, so the runtime moves the bytes, and a client that
leaves closes the upstream's connection. Whoever wants another form of it takes a side door (`gateway.answers`).
"""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from js import ReadableStream, Response
from pyodide.ffi import JsException

from gateway.access.identify import identify
from gateway.access.identity import Identity
from gateway.answers.forms import Form, wanted
from gateway.base.errors import ApiError, invalid
from gateway.door.answers import all_headers, passed_on
from gateway.door.call import Call
from gateway.limits import budget, rate
from gateway.request import completion
from gateway.request.body import read_body
from gateway.request.policy import permit
from gateway.runtime.idle import ended_when_idle
from gateway.upstream.answered import Answered
from gateway.upstream.calls import first_to_accept
from gateway.upstream.guard import moderate
from gateway.upstream.headers import from_upstream, is_stream
from gateway.upstream.prices import cost_of

if TYPE_CHECKING:
    from gateway.usage.metering import Judge


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that somebody may make: `raw` and `body`, as bytes and parsed."""

    identity: Identity
    raw: bytes
    body: dict[str, Any]


async def complete(call: Call) -> Response:
    """Answer `POST /v1/chat/completions` in the form that the client wants.

    Returns the runtime's Response; where a stream is wanted, its body is the upstream's ReadableStream, untouched.
    Raises `ApiError`: 400, 403 and 413 for the request; 401 for its sender; 429 for its number; 502 and 504 where the upstream gave
    no answer; 503 for a wrong setting.
    """
    asked = await admit(call)
    return await _answer(call, asked, wanted(call.header("accept"), asked.body.get("stream")))


async def stream(call: Call) -> Response:
    """Answer `POST /`, the simplest front end's: as `complete` does, and always with a stream."""
    asked = await admit(call)
    return await _answer(call, asked, wanted(call.header("accept"), stream=True))


async def say(call: Call) -> Response:
    """Answer `POST /chat` with the text alone; the request may be one of `message`, as the well-known tutorials have it."""
    from gateway.request.alias import unfolded  # noqa: PLC0415  # the main path does without

    asked = await admit(call)
    raw = unfolded(asked.raw, asked.body)
    return await _answer(call, replace(asked, raw=raw, body=completion.parse(raw)), Form.TEXT)


async def admit(call: Call) -> Asked:
    """Read a request of somebody who may make one; raises `ApiError` as `complete` does."""
    await rate.limit_address(call)
    identity = await identify(call)
    call.log["identity"] = identity.name
    await rate.limit_identity(call, identity)
    try:
        raw = await read_body(call, call.settings.max_body_bytes)
    except JsException:  # its chunks make no sense, or the client left
        raise invalid("The body broke off.", code="incomplete_body") from None
    call.log["bytes_in"] = len(raw)
    return Asked(identity, raw, completion.parse(raw))


async def _answer(call: Call, asked: Asked, form: Form) -> Response:
    answered = await refusals_counted(call, asked, _ask(call, asked, whole=form is Form.WHOLE))
    upstream = answered.upstream
    judge = None
    if call.settings.moderate_answers != "off" and upstream.ok and upstream.body:
        from gateway.judging.mode import judge_of  # noqa: PLC0415  # what is not judged does without

        judge = await judge_of(call, answered, is_one=form is Form.WHOLE)
    stream, headers = as_it_comes(call, answered, judge)
    if judge and stream:
        stream = judge.passed(stream)
    given: object = stream
    if form is not Form.STREAM and stream and upstream.ok and is_stream(headers["content-type"]):
        call.log["form"] = form.value
        # Said to be encoded, a text is not compressed on its way, which would hold its first words back.
        headers |= {"content-type": f"{form.media_type}; charset=utf-8", "content-encoding": "identity"}
        try:
            given = await _in_form(form, stream)
        except ApiError as error:
            raise (judge and judge.failure) or error from None
    call.log["answered_by"] = "upstream"
    return passed_on(given, upstream.status, headers)


async def refusals_counted(call: Call, asked: Asked, asking: Awaitable[Answered]) -> Answered:
    """What `asking` gives; the error that it raises counts as a refusal where the owner counts."""
    try:
        return await asking
    except ApiError as error:
        if call.settings.usage:
            from gateway.usage.metering import count_refusal  # noqa: PLC0415  # what is not counted does without

            count_refusal(call, asked.identity.name, error)
        raise


def as_it_comes(call: Call, answered: Answered, judge: "Judge | None" = None) -> tuple[ReadableStream | None, dict[str, str]]:
    """The stream of io.net's answer, counted, heard by a `judge` and cut where it stalls if the owner wants that, and the headers that go
    with it.
    """
    settings, upstream = call.settings, answered.upstream
    stream = upstream.body
    if stream and upstream.ok and settings.stream_idle_timeout_ms:
        stream = ended_when_idle(stream, settings.stream_idle_timeout_ms)
    if settings.counts_answers or (judge and settings.moderate_answers == "after"):
        from gateway.usage.metering import metered  # noqa: PLC0415  # what is not counted does without

        stream = metered(call, answered, stream, judge)
    headers = from_upstream(all_headers(upstream), answered.model) | call.headers
    if answered.reserved:
        headers |= answered.reserved.headers
    call.log["model"] = answered.model
    return stream, headers


async def _ask(call: Call, asked: Asked, *, whole: bool) -> Answered:
    """Ask io.net what may be asked; `whole` where its answer is given as one. Raises `ApiError` as `complete` does."""
    settings = call.settings
    identity, raw, body = asked.identity, asked.raw, asked.body
    completion.check(body)
    permitted = permit(raw, body, settings, identity, whole=whole)
    reserved = await budget.reserve(call, identity, await cost_of(permitted.takes, permitted.models, settings))
    try:
        await moderate(permitted.for_guard, settings)
        model, upstream = await first_to_accept(permitted.models, lambda model: permitted.body_for(model, raw, body), settings)
    except ApiError as error:
        budget.settle_refused(call, reserved, error.status, error.code)
        raise
    return Answered(identity.name, model, upstream, permitted.takes.model.prompt, reserved, permitted.for_guard)


async def _in_form(form: Form, stream: ReadableStream) -> object:
    if form is Form.TEXT:
        from gateway.answers.plain import text_of  # noqa: PLC0415  # the main path does without

        return text_of(stream)
    from gateway.answers.whole import completion_of  # noqa: PLC0415

    return await completion_of(stream)
