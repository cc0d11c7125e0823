"""What may be asked: models, lengths, and the owner's system prompt."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.access.identity import Identity
from gateway.base.errors import ApiError, invalid
from gateway.base.globs import matches
from gateway.base.settings import Settings
from gateway.limits.settlement import Takes, Tokens
from gateway.request import fields, prompt, splice

_OWNERS_ROLES = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True)
class Permitted:
    """A request that may be made.

    `models` are those to try, in their order; `changes`, the JSON text of the members to set beside `model`; `for_guard`, the
    conversations that a guard must find safe; `takes`, what all this may take, where that is counted.
    """

    models: tuple[str, ...]
    changes: dict[str, bytes]
    for_guard: list[bytes]
    takes: Takes

    def body_for(self, model: str, raw: bytes, body: dict[str, Any]) -> bytes:
        """The request body to send, asking `model`; `raw` and `body` are the client's, as bytes and parsed."""
        naming = {} if body.get("model") == model else {"model": json.dumps(model).encode()}
        changes = self.changes | naming
        return splice.with_members(raw, body, changes) if changes else raw


def permit(raw: bytes, body: dict[str, Any], settings: Settings, identity: Identity, *, whole: bool = False) -> Permitted:
    """Hold a checked request against the owner's settings.

    Parameters: `raw` and `body`, the request as bytes and parsed; `whole`, whether the answer is given as one, with its usage, for which
    a stream must be asked.
    Raises `ApiError`: 403 for a model that may not be used, 400 for what is too much.
    """
    if has_any(settings, identity):
        fields.check_allowed(body, settings.allowed_fields)
    models = _models_to_try(body.get("model", settings.default_model), settings, identity)
    messages = body["messages"]
    _check_messages(messages, settings)
    changes: dict[str, bytes] = {}
    completion_tokens = 0
    if body.get("stream") is not True:
        changes["stream"] = b"true"
    if whole or settings.counts_answers:
        changes |= asking_for_usage(body.get("stream_options"), insisting=whole)
    if settings.max_completion_tokens:
        # Under both names: which one holds is the upstream's choice, and the older one is all that some servers know.
        names = ("max_completion_tokens", "max_tokens")
        limits, completion_tokens = completion_limits(body, settings.max_completion_tokens, names)
        changes |= {name: b"%d" % limit for name, limit in limits.items()}
    kept: list[bytes] | None = None
    if settings.system_prompt:
        kept = _kept_messages(raw, messages)
        changes["messages"] = _list(_system(settings.system_prompt), *kept)
    for_guard: list[bytes] = []
    if settings.moderation_model:
        for_guard = prompt.conversations(raw, body, None if kept is None else _list(*kept))
    takes = Takes()
    if settings.counts_answers:
        takes = _takes(Tokens(prompt.tokens(raw, body, settings), completion_tokens), len(for_guard), settings.moderate_answers)
    return Permitted(models, changes, for_guard, takes)


def may_use(model: str, settings: Settings, identity: Identity) -> bool:
    """Whether both the owner's setting and the identity's own list allow `model`."""
    return matches(settings.allowed_models, model) and matches(identity.models, model)


def text_length(value: object) -> int:
    """How many characters a JSON value holds in all its strings, wherever they stand; the names of members do not count."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(text_length, value))
    if isinstance(value, dict):
        return sum(map(text_length, value.values()))
    return 0


def has_any(settings: Settings, identity: Identity) -> bool:
    """Whether the owner limits anything that another field of a request might bring back."""
    return bool(
        settings.allowed_models
        or identity.models
        or settings.allowed_fields
        or settings.max_messages
        or settings.max_message_chars
        or settings.max_completion_tokens
        or settings.system_prompt
        or settings.moderation_model
    )


def asking_for_usage(options: object, *, insisting: bool) -> dict[str, bytes]:
    """What to change of a request's `stream_options` so that the answer ends with its usage: nothing where the client says that it does
    not want that, unless `insisting`."""
    told = options if isinstance(options, dict) else {}
    if told.get("include_usage") is not None and not insisting:
        return {}
    return {"stream_options": json.dumps({**told, "include_usage": True}).encode()}


def check_model(model: str, settings: Settings, identity: Identity) -> None:
    """Refuse a model that may not be used: raises `ApiError` 403."""
    if not may_use(model, settings, identity):
        raise ApiError(
            403, "This model may not be used here. GET /v1/models lists those that may.", code="model_not_allowed", param="model"
        )


def _models_to_try(asked: str, settings: Settings, identity: Identity) -> tuple[str, ...]:
    check_model(asked, settings, identity)
    return (asked, *(model for model in settings.fallback_models if model != asked and may_use(model, settings, identity)))


def _takes(model: Tokens, for_guard: int, moderate_answers: str) -> Takes:
    guard = Tokens(model.prompt, for_guard * prompt.VERDICT_TOKENS) if for_guard else Tokens()
    return Takes(guard, model, prompt.judging_tokens(model, moderate_answers))


def _check_messages(messages: list[dict[str, Any]], settings: Settings) -> None:
    if settings.max_messages and len(messages) > settings.max_messages:
        raise invalid(f"There are more than {settings.max_messages} messages.", param="messages", code="too_many_messages")
    if settings.max_message_chars:
        for index, message in enumerate(messages):
            chars = text_length([value for name, value in message.items() if name != "role"])
            # An image's data is no text to the model, however long.
            chars -= sum(len(prompt.image_data(part)) for part in prompt.media_parts([message]))
            if chars > settings.max_message_chars:
                text = f"messages[{index}] is longer than {settings.max_message_chars} characters."
                raise invalid(text, param=f"messages[{index}]", code="message_too_long")


def completion_limits(body: dict[str, Any], limit: int, names: Sequence[str], prompts: int = 1) -> tuple[dict[str, int], int]:
    """The members to set so that all answers together have at most `limit` tokens, and how many they may then have.

    Parameters: `names`, of the members that limit one answer; `prompts`, how many there are, each with `n` answers or `best_of` tries.
    All share the limit; one of the client's own is kept where it is lower. Raises `ApiError` 400 where there are more answers than tokens.
    """
    answers = prompts * max(positive(body, "n") or 1, positive(body, "best_of") or 1)
    share = limit // answers
    if share == 0:
        raise invalid(f"n asks for more answers than the {limit} tokens that they may have together.", param="n")
    each = min(share, *(positive(body, name) or share for name in names))
    return {name: each for name in names if body.get(name) != each}, answers * each


def positive(body: dict[str, Any], name: str) -> int | None:
    """A member that is a positive whole number, or None where it is left out; raises `ApiError` 400 for anything else."""
    value = body.get(name)
    if value is None:
        return None
    if type(value) is not int or value < 1:
        raise invalid(f"{name} is not a positive whole number.", param=name, code="invalid_type")
    return value


def _kept_messages(raw: bytes, messages: list[dict[str, Any]]) -> list[bytes]:
    """The JSON texts of the messages that stay where the owner's system prompt is set: those in roles that are not the owner's."""
    texts = zip(splice.elements(raw, "messages"), messages, strict=True)
    kept = [text for text, message in texts if message["role"] not in _OWNERS_ROLES]
    if not kept:
        raise invalid("messages holds system messages only, and this edge has its own.", param="messages")
    return kept


def _system(text: str) -> bytes:
    return json.dumps({"role": "system", "content": text}).encode()


def _list(*elements: bytes) -> bytes:
    return b"[" + b",".join(elements) + b"]"
