"""The optional look at a request before it is made: a guard model on the same upstream says whether it is safe."""

import json
from collections.abc import Sequence

from pyodide.ffi import JsException

from gateway.base.errors import SERVER, ApiError
from gateway.base.nesting import too_deep
from gateway.base.settings import Settings
from gateway.request import splice
from gateway.request.prompt import VERDICT_TOKENS
from gateway.runtime.reading import read_at_most
from gateway.upstream import calls

VERDICT_BYTES = 64_000
"""A verdict takes a few hundred bytes, and what io.net says beside it a few thousand."""


async def moderate(conversations: Sequence[bytes], settings: Settings) -> None:
    """Ask the guard about each of `conversations`, JSON texts of lists of messages: none where no guard is set.

    A guard of Llama Guard's kind answers `safe`, or `unsafe` and a category. One that fails, or says anything else, counts as
    MODERATION_FAILURE says.
    Raises `ApiError`: 400 `content_filter` for what is unsafe, 503 `moderation_unavailable` where a failing guard closes the door.
    """
    for messages in conversations:
        verdict = await _verdict(messages, settings)
        if verdict == "unsafe":
            raise ApiError(400, "The guard of this edge refused the request.", code="content_filter", param="messages")
        if verdict != "safe" and settings.moderation_failure == "closed":
            raise ApiError(503, "The guard of this edge did not answer. Try again.", code="moderation_unavailable", type=SERVER)


async def _verdict(messages: bytes, settings: Settings) -> str | None:
    """`safe`, `unsafe`, or None when the guard gave no verdict."""
    question = {
        "model": json.dumps(settings.moderation_model).encode(),
        "messages": messages,  # to the letter: what the guard reads is what the model will read
        "max_tokens": b"%d" % VERDICT_TOKENS,
        "temperature": b"0",
    }
    try:
        answer = await calls.call(splice.with_members(b"{}", {}, question), settings, calls.Deadline(settings))
        text = (await read_at_most(answer.body, VERDICT_BYTES)).decode()
        words = [] if too_deep(text) else json.loads(text)["choices"][0]["message"]["content"].lower().split()
    except (ApiError, JsException, ValueError, LookupError, TypeError, AttributeError):
        return None
    return words[0] if answer.ok and words and words[0] in ("safe", "unsafe") else None
