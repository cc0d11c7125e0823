"""The optional look of a guard model on the same upstream, which says whether a conversation is safe."""

import json
from collections.abc import Sequence

from pyodide.ffi import JsException

from gateway.base.errors import SERVER, ApiError
from gateway.base.nesting import too_deep
from gateway.base.settings import Settings
from gateway.request import splice
from gateway.request.prompt import VERDICT_TOKENS
from gateway.runtime.reading import read_at_most
from gateway.upstream import calls, verdict
from gateway.upstream.verdict import UNJUDGED, Verdict

VERDICT_BYTES = 64_000
"""A verdict takes a few hundred bytes, and what io.net says beside it a few thousand."""


async def moderate(conversations: Sequence[bytes], settings: Settings) -> None:
    """Ask the guard about each of `conversations`, JSON texts of lists of messages, before a request: none where no guard is set.

    A guard that gives no verdict counts as MODERATION_FAILURE says.
    Raises `ApiError`: 400 `content_filter` for what is unsafe, 503 `moderation_unavailable` where a failing guard closes the door.
    """
    for messages in conversations:
        word = (await judge(messages, settings, calls.Deadline(settings))).word
        if word == "unsafe":
            raise ApiError(400, "The guard of this edge refused the request.", code="content_filter", param="messages")
        if word == "unjudged" and settings.moderation_failure == "closed":
            raise unavailable()


def unavailable() -> ApiError:
    """The guard gave no verdict, and without one nothing passes."""
    return ApiError(503, "The guard of this edge did not answer. Try again.", code="moderation_unavailable", type=SERVER)


async def judge(messages: bytes, settings: Settings, deadline: calls.Deadline) -> Verdict:
    """What the guard says of a conversation, the JSON text of a list of messages, before `deadline`."""
    question = {
        "model": json.dumps(settings.moderation_model).encode(),
        "messages": messages,  # to the letter: what the guard reads is what the model will read
        "max_tokens": b"%d" % VERDICT_TOKENS,
        "temperature": b"0",
    }
    try:
        answer = await calls.call(splice.with_members(b"{}", {}, question), settings, deadline)
        text = (await read_at_most(answer.body, VERDICT_BYTES)).decode()
        said = "" if too_deep(text) else json.loads(text)["choices"][0]["message"]["content"]
        return verdict.read(said) if answer.ok else UNJUDGED
    except (ApiError, JsException, ValueError, LookupError, TypeError, AttributeError):
        return UNJUDGED
