"""In which form an answer is given."""

import re
from enum import Enum

_QUALITY = re.compile(r"q=0(?:\.0{0,3})?", re.IGNORECASE)


class Form(Enum):
    """`STREAM`: the upstream's own events, untouched. `TEXT`: what the model says, and nothing else. `WHOLE`: one `chat.completion`."""

    STREAM = "stream"
    TEXT = "text"
    WHOLE = "whole"

    @property
    def media_type(self) -> str:
        """The type of such an answer."""
        return next(media_type for media_type, form in _BY_TYPE.items() if form is self)


_BY_TYPE = {"text/plain": Form.TEXT, "text/event-stream": Form.STREAM, "application/json": Form.WHOLE}


def wanted(accept: str | None, stream: object) -> Form:
    """The form that a client wants of `POST /v1/chat/completions`.

    Parameters: `accept`, its Accept header (RFC 9110, section 12.5.1); `stream`, that member of its request.
    Of the three types that there are, the first that Accept names counts: many clients list `text/plain` behind what they mean. Text is
    given to whoever asks for it, a stream to whoever asks for it in either way, and one completion to anybody else.
    """
    if stream is True and accept in (None, "*/*", "application/json"):
        return Form.STREAM
    named = _first_named(accept or "")
    if named is Form.TEXT:
        return Form.TEXT
    return Form.STREAM if stream is True or named is Form.STREAM else Form.WHOLE


def _first_named(accept: str) -> Form | None:
    for entry in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in entry.split(";"))
        if media_type in _BY_TYPE and not any(map(_QUALITY.fullmatch, parameters)):
            return _BY_TYPE[media_type]
    return None
