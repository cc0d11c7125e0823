"""What of a request is put before a model: for the guard to read, and for the budget to count."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.base.settings import Settings
from gateway.limits.settlement import Tokens
from gateway.request import splice
from gateway.request.fields import UNREAD

BYTES_PER_TOKEN = 3
"""On the safe side of what tokenizers make of English (four and more), Japanese (three) and JSON."""

VERDICT_TOKENS = 20
"""What a guard may say."""

FIRST_CHARS = 200
"""How many characters the first piece of an answer has that is judged before it is given: as many as are worth a guard's call."""

GROWTH = 1.5
"""By how much there is more of it at the next one."""

_CHARS_PER_TOKEN = 8


def conversations(raw: bytes, body: Mapping[str, Any], kept: bytes | None) -> list[bytes]:
    """What a guard reads of a request, as the JSON texts of lists of messages.

    Parameters: `raw` and `body`, the request as bytes and parsed; `kept`, the JSON text of those of its messages that the model gets, None
    for all of them.
    The first is just these. Text that the model reads from other fields, such as tools, is a conversation of its own, to the letter:
    guards insist on turns that alternate.
    """
    names = [name for name in body if name not in UNREAD and _holds_text(body[name])]
    texts = splice.members(raw, {"messages", *names})
    messages = texts["messages"] if kept is None else kept
    others = [f'"{name}": {texts[name].decode()}' for name in names]
    if not others:
        return [messages]
    return [messages, json.dumps([{"role": "user", "content": "\n".join(others)}]).encode()]


def tokens(raw: bytes, body: Mapping[str, Any], settings: Settings) -> int:
    """An estimate of the tokens that the prompt of a request takes.

    Parameters: `raw` and `body`, the request as bytes and parsed. An image, audio or file counts as MEDIA_TOKENS; the bytes of an
    image that comes along count no further.
    """
    size = len(raw) + len(settings.system_prompt.encode())
    media = 0
    for part in media_parts(body["messages"]):
        media += settings.media_tokens
        size -= len(image_data(part))
    return -(-size // BYTES_PER_TOKEN) + media


def judging_tokens(asked: Tokens, moderate_answers: str) -> Tokens:
    """What a guard may take at most to judge the answer to a request that takes `asked`, as MODERATE_ANSWERS says.

    Judged before it is given, an answer is read piece by piece: three to four times as much as there is of it, and the question each time.
    """
    if moderate_answers == "off":
        return Tokens()
    if moderate_answers == "after":
        return Tokens(asked.prompt + asked.completion, VERDICT_TOKENS)
    pieces = 2 + math.ceil(math.log(max(1.0, asked.completion * _CHARS_PER_TOKEN / FIRST_CHARS), GROWTH))
    return Tokens(pieces * asked.prompt + 4 * asked.completion, pieces * VERDICT_TOKENS)


def _holds_text(value: object) -> bool:
    """Whether a JSON value holds any string or name."""
    return isinstance(value, str) or (isinstance(value, (list, dict)) and bool(value))


def media_parts(messages: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every part of a message's content that is not said to be text."""
    for message in messages:
        content = message.get("content")
        if isinstance(content, list):
            yield from (part for part in content if isinstance(part, dict) and part.get("type") != "text")


def image_data(part: Mapping[str, Any]) -> str:
    """The address of an image that comes along with a request, as a part of a message's content has it; empty for any other part."""
    image = part.get("image_url") if part.get("type") == "image_url" else None
    url = image.get("url") if isinstance(image, dict) else None
    return url if isinstance(url, str) and url.startswith("data:image/") else ""
