"""`GET /api/config`: what a page needs to know before anybody asks anything."""

import json

from js import Response

from gateway.base.settings import Settings
from gateway.base.version import VERSION
from gateway.door.answers import js_bytes, own
from gateway.door.call import Call

_BODIES: dict[bool, object] = {}
"""The answer with and without `token_required`, made once: an isolate has one owner, whose settings stay."""


async def config(call: Call) -> Response:
    """Answer with the default model, whether a token is needed, whether history is kept, rooms are named by the model, usage is counted
    and there is a budget, when answers are judged, and the limits (null for none). It tells nothing that is secret.
    """
    settings = call.settings
    by_access = settings.access_team_domain and call.header("cf-access-jwt-assertion")
    token_required = not (settings.allow_anonymous or by_access)
    if token_required not in _BODIES:
        _BODIES[token_required] = js_bytes(_text(settings, token_required, has_history(call)))
    return own(_BODIES[token_required], 200, call.headers)


def has_history(call: Call) -> bool:
    """Whether this edge keeps conversations: there is a database, and the settings do not say otherwise."""
    return call.settings.history and getattr(call.env, "DB", None) is not None


def _text(settings: Settings, token_required: bool, history: bool) -> str:
    answer = {
        "version": VERSION,
        "default_model": settings.default_model,
        "token_required": token_required,
        "history": history,
        "titles": settings.titles,
        "usage": settings.usage,
        "budget": settings.has_budget,
        "moderate_answers": settings.moderate_answers,
        "limits": {
            "max_body_bytes": settings.max_body_bytes,
            "max_completion_tokens": settings.max_completion_tokens or None,
            "max_messages": settings.max_messages or None,
            "max_message_chars": settings.max_message_chars or None,
            "daily_token_budget": settings.daily_token_budget or None,
        },
    }
    return json.dumps(answer)
