"""`stream: false`: the upstream's stream as one completion."""

import json

from js import ReadableStream

from gateway.answers.completion import Completion
from gateway.answers.events import EventParser
from gateway.answers.gathering import gather
from gateway.base.errors import upstream_failed
from gateway.runtime.reading import TooLong

MAX_BYTES = 32_000_000
"""A hundred thousand tokens take some twenty million, each in an event of its own."""


async def completion_of(stream: ReadableStream) -> str:
    """The JSON text of the `chat.completion` that a stream of chunks makes.

    Raises `ApiError` 502 `upstream_incomplete`, which says how far it came, where the stream breaks off, or tells of an error.
    """
    try:
        raw, is_all = await gather(stream, MAX_BYTES)
    except TooLong:
        message = f"io.net's answer is longer than {MAX_BYTES} bytes of events. Ask for a stream."
        raise upstream_failed(502, message, code="upstream_incomplete") from None
    completion = Completion()
    for event in EventParser().feed(raw):
        completion.take(event)
    if not completion.is_whole:
        reason = completion.failure or ("it ended early" if is_all else "the connection failed")
        message = f"io.net's answer broke off after {completion.chars} characters: {reason}"
        raise upstream_failed(502, message, code="upstream_incomplete")
    return json.dumps(completion.body(), ensure_ascii=False)
