"""Other calls of OpenAI's API, passed through under the same access, limits and log where the owner has switched them on."""

from js import Response

from gateway.base.errors import ApiError, invalid
from gateway.chat import admit
from gateway.door.answers import all_headers, passed_on
from gateway.door.call import Call
from gateway.limits import budget
from gateway.request.others import permit
from gateway.upstream import calls
from gateway.upstream.headers import from_upstream


async def pass_on(call: Call) -> Response:
    """Answer `POST /v1/embeddings`, or `POST /v1/completions`, the older call for a text that goes on, with io.net's own answer.

    Raises `ApiError` as a chat does, and 404 where the call is switched off.
    """
    name = call.request.url.partition("?")[0].rpartition("/")[2]
    settings = call.settings
    if name not in settings.other_calls:
        raise invalid(
            f"This edge does not pass on /v1/{name}: its owner may switch that on (OTHER_CALLS).", code="not_found", status=404
        )
    asked = await admit(call)
    body, cost = permit(name, asked.raw, asked.body, settings, asked.identity)
    reserved = await budget.reserve(call, asked.identity, cost)
    deadline = calls.Deadline(settings)
    try:
        upstream = await calls.call(body, settings, deadline, name)
    except ApiError as error:
        budget.settle(call, reserved, error.status, error.code)
        raise
    deadline.lift()
    budget.settle(call, reserved, upstream.status)
    model = asked.body["model"]
    call.log.update(model=model, answered_by="upstream")
    headers = from_upstream(all_headers(upstream), model) | call.headers
    if reserved:
        headers |= reserved.headers
    return passed_on(upstream.body, upstream.status, headers)
