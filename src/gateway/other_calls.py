"""Other calls of OpenAI's API, passed through under the same access, limits and log where the owner has switched them on."""

from js import Response

from gateway.base.errors import ApiError, invalid
from gateway.chat import Asked, admit, as_it_comes, refusals_counted
from gateway.door.answers import passed_on
from gateway.door.call import Call
from gateway.limits import budget
from gateway.request.others import permit
from gateway.upstream import calls
from gateway.upstream.answered import Answered
from gateway.upstream.prices import cost_of


async def pass_on(call: Call) -> Response:
    """Answer `POST /v1/embeddings`, or `POST /v1/completions`, the older call for a text that goes on, with io.net's own answer.

    Raises `ApiError` as a chat does, and 404 where the call is switched off.
    """
    name = call.request.url.partition("?")[0].rpartition("/")[2]
    if name not in call.settings.other_calls:
        raise invalid(
            f"This edge does not pass on /v1/{name}: its owner may switch that on (OTHER_CALLS).", code="not_found", status=404
        )
    asked = await admit(call)
    answered = await refusals_counted(call, asked, _ask(call, asked, name))
    stream, headers = as_it_comes(call, answered)
    call.log["answered_by"] = "upstream"
    return passed_on(stream, answered.upstream.status, headers)


async def _ask(call: Call, asked: Asked, name: str) -> Answered:
    settings, identity = call.settings, asked.identity
    body, takes = permit(name, asked.raw, asked.body, settings, identity)
    model = asked.body["model"]
    reserved = await budget.reserve(call, identity, await cost_of(takes, [model], settings))
    deadline = calls.Deadline(settings)
    try:
        upstream = await calls.call(body, settings, deadline, name)
    except ApiError as error:
        budget.settle_refused(call, reserved, error.status, error.code)
        raise
    deadline.lift()
    return Answered(identity.name, model, upstream, takes.model.prompt, reserved)
