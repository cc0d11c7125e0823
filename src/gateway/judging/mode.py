"""When an answer is judged: behind it, or before it is given."""

from gateway.base.errors import upstream_failed
from gateway.door.answers import header
from gateway.door.call import Call
from gateway.judging.after import After
from gateway.judging.before import Before
from gateway.limits import budget
from gateway.upstream.answered import Answered
from gateway.upstream.calls import discard
from gateway.upstream.headers import is_stream


async def judge_of(call: Call, answered: Answered, *, is_one: bool) -> After | Before:
    """The judge of the upstream's answer, as MODERATE_ANSWERS says.

    Parameters: `is_one`, whether the answer is given whole.
    Raises `ApiError` 502 where an answer that is to be judged before it is given comes as no stream, of which no piece can be told.
    """
    upstream = answered.upstream
    about = (call, answered.identity, answered.model, answered.for_guard[0])
    streams = is_stream(header(upstream, "content-type") or "")
    if call.settings.moderate_answers == "after":
        return After(*about, is_stream=streams)
    if not streams:
        await discard(upstream)
        budget.settle_refused(call, answered.reserved, upstream.status)
        message = "io.net answered with no stream, and what it says cannot be judged before it is given."
        raise upstream_failed(502, message, code="upstream_not_a_stream")
    return Before(*about, is_one=is_one)
