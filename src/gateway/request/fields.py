"""The names that may stand in a request: which govern the call, which a model reads, and which pass while the owner has a policy."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.base.errors import invalid

GOVERNED = frozenset({"messages", "model", "stream", "max_tokens", "max_completion_tokens", "n", "best_of"})
"""What the edge checks or sets in a request."""

GOVERNED_IN_MESSAGE = frozenset({"role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal"})
GOVERNED_IN_PART = frozenset({"type", "text"})

DOCUMENTED = GOVERNED - {"best_of"} | {
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "metadata",
    "modalities",
    "moderation",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
}
"""The fields of a chat request in OpenAI's API reference; a test compares them with OpenAI's own client."""

_READ_BY_THE_MODEL = frozenset(
    {"function_call", "functions", "prediction", "response_format", "tool_choice", "tools", "web_search_options"}
)
UNREAD = DOCUMENTED - _READ_BY_THE_MODEL
"""Documented fields that put no text of theirs before the model (`messages` are read by themselves). Any other may."""


def check_spelling(members: Iterable[str], governed: frozenset[str], param: str | None = None) -> None:
    """Refuse a name that is a governed one but for its case.

    Parsers that match names without regard to case, such as Go's `encoding/json`, would take it for the governed one, so what was
    checked would not be what is used.
    Raises `ApiError` 400 `ambiguous_name`; `param` is where the object stands that has the members.
    """
    for name in members:
        if name not in governed and (meant := _folded(name)) in governed:
            where = f"{param}.{meant}" if param else meant
            raise invalid(f"The name {name[:64]!r} could be taken for {meant}.", param=where, code="ambiguous_name")


def check_allowed(body: Mapping[str, Any], extra: Iterable[str], documented: frozenset[str] = DOCUMENTED) -> None:
    """Refuse a field that is neither documented nor one of `extra`, the owner's; raises `ApiError` 400 that names it."""
    for name in body:
        if name not in documented and name not in extra:
            shown = repr(name[:64])
            raise invalid(f"The field {shown} does not pass here (ALLOWED_FIELDS).", param=shown[1:-1], code="field_not_allowed")


def _folded(name: str) -> str:
    # Upper case first, and without the dot above, for the Turkish letters that some parsers take for an i.
    return name.upper().casefold().replace("\u0307", "")
