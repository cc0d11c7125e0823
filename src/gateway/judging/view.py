"""`GET /api/verdicts/{request_id}`: what the guard found of an answer."""

import json

from js import Response

from gateway.base.errors import invalid
from gateway.door.answers import own
from gateway.door.call import Call
from gateway.door.headers import is_request_id
from gateway.judging import verdicts
from gateway.usage.view import identified


async def verdict(call: Call) -> Response:
    """Answer with the verdict on an answer, to the identity that asked for that answer.

    Raises `ApiError`: 404 `verdicts_off`; 404 `verdict_not_found` for anybody else, and while there is none; 401 and 429 as elsewhere;
    503 where the database does not answer.
    """
    settings = call.settings
    if settings.moderate_answers == "off":
        raise invalid("This edge does not judge answers (MODERATE_ANSWERS).", code="verdicts_off", status=404)
    identity = await identified(call)
    request_id = call.request.url.partition("?")[0].partition("/api/verdicts/")[2]
    row = await verdicts.find(call, identity.name, request_id) if is_request_id(request_id) else None
    if not row:
        raise invalid("There is no verdict on an answer of yours to this request.", code="verdict_not_found", status=404)
    answer = {
        "request_id": request_id,
        "verdict": row["verdict"],
        "categories": json.loads(row["categories"]),
        "hidden": bool(row["hidden"]),
        "may_show": settings.show_unsafe_answers,
    }
    return own(json.dumps(answer), 200, call.headers)
