"""How an answer ended, and what it took, as the last bytes of its stream tell."""

from dataclasses import dataclass
from typing import Any

from gateway.answers.completion import failure_of
from gateway.answers.events import EventParser
from gateway.base.nesting import json_object


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens: of the prompt, `cached` ones among them, and of the answer. `is_estimated` where io.net did not say."""

    prompt: int
    completion: int
    cached: int = 0
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """`is_whole` where nothing is missing. `finish_reason` and `usage` are None where the stream told none."""

    is_whole: bool
    finish_reason: str | None
    usage: Usage | None


def read(tail: bytes) -> Ending:
    """Read the last bytes of a stream of chunks, or of an object that came whole. They may begin anywhere."""
    is_done = has_failed = False
    finish_reason: str | None = None
    usage: Usage | None = None
    events = EventParser().feed(tail + b"\n\n")
    if not events:
        return _of_whole(_whole(tail))
    for event in reversed(events):
        is_done = is_done or event.data.strip() == "[DONE]"
        chunk = json_object(event.data)
        has_failed = has_failed or failure_of(event.type, chunk) is not None
        finish_reason = finish_reason or _finish_reason(chunk)
        usage = usage or _usage(chunk)
        if finish_reason and usage:
            break
    return Ending((is_done or finish_reason is not None) and not has_failed, finish_reason, usage)


def _of_whole(whole: dict[str, Any]) -> Ending:
    return Ending(bool(whole) and failure_of("message", whole) is None, _finish_reason(whole), _usage(whole))


def _whole(tail: bytes) -> dict[str, Any]:
    """The object that came in one piece: all of it, or from its `usage` on, which stands at the end, where it has more bytes than these."""
    text = tail.decode(errors="replace")
    return json_object(text) or json_object("{" + text[text.rfind('"usage"') :])


def _finish_reason(chunk: dict[str, Any]) -> str | None:
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        reason = choice.get("finish_reason") if isinstance(choice, dict) else None
        if isinstance(reason, str):
            return reason
    return None


def _usage(chunk: dict[str, Any]) -> Usage | None:
    told = chunk.get("usage")
    if not isinstance(told, dict):
        return None
    details = told.get("prompt_tokens_details")
    cached = _number(details, "cached_tokens") or 0
    prompt, completion = _number(told, "prompt_tokens"), _number(told, "completion_tokens")
    if prompt is not None and "completion_tokens" not in told:  # of embeddings
        completion = 0 if told.get("total_tokens") == prompt else None
    return None if prompt is None or completion is None else Usage(prompt, completion, cached)


def _number(told: object, name: str) -> int | None:
    value = told.get(name) if isinstance(told, dict) else None
    return value if type(value) is int and 0 <= value < 10**12 else None
