"""What may be asked of the other calls that pass: embeddings, and the older completions."""

from typing import Any

from gateway.access.identity import Identity
from gateway.base.errors import invalid
from gateway.base.settings import Settings
from gateway.limits.settlement import Takes, Tokens
from gateway.request import fields, policy, splice
from gateway.request.completion import MAX_MODEL_CHARS
from gateway.request.prompt import BYTES_PER_TOKEN

EMBEDDINGS, COMPLETIONS = "embeddings", "completions"

_GOVERNED = frozenset({"model", "input", "prompt", "suffix", "max_tokens", "n", "best_of", "stream"})

_DOCUMENTED = {
    EMBEDDINGS: frozenset({"model", "input", "dimensions", "encoding_format", "user"}),
    COMPLETIONS: _GOVERNED - {"input"}
    | {
        "echo",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "presence_penalty",
        "seed",
        "stop",
        "stream_options",
        "temperature",
        "top_p",
        "user",
    },
}
"""The fields of OpenAI's API reference."""


def permit(name: str, raw: bytes, body: dict[str, Any], settings: Settings, identity: Identity) -> tuple[bytes, Takes]:
    """Hold a request against the owner's settings.

    Parameters: `name`, of the call; `raw` and `body`, the request as bytes and parsed.
    Returns the body to send, and what the call may take at most.
    Raises `ApiError`: 403 for a model that may not be used, 400 for what is wrong or too much.
    """
    fields.check_spelling(body, _GOVERNED)
    model = body.get("model")
    if not isinstance(model, str) or not 0 < len(model) <= MAX_MODEL_CHARS:
        raise invalid("model is missing, or not the name of one.", param="model", code="missing_field")
    policy.check_model(model, settings, identity)
    if policy.has_any(settings, identity):
        fields.check_allowed(body, settings.allowed_fields, _DOCUMENTED[name])
    changes: dict[str, bytes] = {}
    completion_tokens = 0
    if name == COMPLETIONS and settings.max_completion_tokens:
        limits, completion_tokens = policy.completion_limits(
            body, settings.max_completion_tokens, ["max_tokens"], _prompts(body.get("prompt"))
        )
        changes = {name: b"%d" % limit for name, limit in limits.items()}
    if body.get("stream") is True and settings.counts_answers:
        changes |= policy.asking_for_usage(body.get("stream_options"), insisting=False)
    # Tokens may be given as numbers, and the shortest take two bytes.
    read = max(-(-len(raw) // BYTES_PER_TOKEN), raw.count(b",") + 1)
    return splice.with_members(raw, body, changes) if changes else raw, Takes(model=Tokens(read, completion_tokens))


def _prompts(prompt: object) -> int:
    """How many texts are to go on: a list holds several, but for one of numbers, which are one prompt's tokens."""
    if not isinstance(prompt, list) or all(isinstance(item, int) for item in prompt):
        return 1
    return len(prompt)
