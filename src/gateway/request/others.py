"""What may be asked of the other calls that pass: embeddings, and the older completions."""

from typing import Any

from gateway.access.identity import Identity
from gateway.base.errors import invalid
from gateway.base.settings import Settings
from gateway.limits.settlement import Cost
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


def permit(name: str, raw: bytes, body: dict[str, Any], settings: Settings, identity: Identity) -> tuple[bytes, Cost]:
    """Hold a request against the owner's settings.

    Parameters: `name`, of the call; `raw` and `body`, the request as bytes and parsed.
    Returns the body to send, and what the call may cost at most.
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
        each, completion_tokens = _share(body, settings.max_completion_tokens)
        if body.get("max_tokens") != each:
            changes["max_tokens"] = b"%d" % each
    # Tokens may be given as numbers, and the shortest take two bytes.
    read = max(-(-len(raw) // BYTES_PER_TOKEN), raw.count(b",") + 1)
    return splice.with_members(raw, body, changes) if changes else raw, Cost(model=read + completion_tokens)


def _share(body: dict[str, Any], limit: int) -> tuple[int, int]:
    """How many tokens each text may have, so that all together have at most `limit`, and how many that makes."""
    prompt = body.get("prompt")
    prompts = len(prompt) if isinstance(prompt, list) and not all(isinstance(item, int) for item in prompt) else 1
    texts = max(1, prompts) * max(policy.positive(body, "n") or 1, policy.positive(body, "best_of") or 1)
    share = limit // texts
    if share == 0:
        raise invalid(f"prompt and n ask for more texts than the {limit} tokens that they may have together.", param="n")
    each = min(share, policy.positive(body, "max_tokens") or share)
    return each, texts * each
