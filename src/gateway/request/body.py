"""A request's body, of a size that is known not to be too much."""

from gateway.base.errors import ApiError, invalid
from gateway.door.call import Call
from gateway.runtime.promises import js_call
from gateway.runtime.reading import TooLong, read_at_most

MAX_LENGTH_DIGITS = 15


async def read_body(call: Call, limit: int) -> bytes:
    """Read a request's body of at most `limit` bytes; raises `ApiError` 413 as soon as it is known to be larger.

    A declared length is checked before anything is read. It then holds, for the body of a request that has one ends there (RFC 9112,
    section 6.3). A body without a declared length is counted while it is read.
    """
    request = call.request
    declared = call.header("content-length")
    if declared is not None:
        if not declared.isdecimal() or len(declared) > MAX_LENGTH_DIGITS or int(declared) > limit:
            raise _too_large(limit)
        raw = (await js_call(request.arrayBuffer, this=request)).to_bytes()
        if len(raw) > limit:
            raise _too_large(limit)
        return raw
    try:
        return await read_at_most(request.body, limit)
    except TooLong:
        raise _too_large(limit) from None


def _too_large(limit: int) -> ApiError:
    return invalid(f"The body is larger than {limit} bytes.", code="body_too_large", status=413)
