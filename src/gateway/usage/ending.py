"""How an answer ended, and what it took, as the last bytes of its stream tell."""

from dataclasses import dataclass
from typing import Any

from gateway.answers.completion import failure_of, parsed
from gateway.answers.events import EventParser


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
    """Read the last bytes of a stream of chunks, or a completion that came whole. They may begin anywhere."""
    is_done = has_failed = False
    finish_reason: str | None = None
    usage: Usage | None = None
    for event in reversed(EventParser().feed(tail + b"\n\n")):
        is_done = is_done or event.data.strip() == "[DONE]"
        chunk = parsed(event.data)
        has_failed = has_failed or failure_of(event.type, chunk) is not None
        finish_reason = finish_reason or _finish_reason(chunk)
        usage = usage or _usage(chunk)
        if finish_reason and usage:
            break
    else:
        whole = parsed(tail.decode(errors="replace"))
        finish_reason, usage = finish_reason or _finish_reason(whole), usage or _usage(whole)
    return Ending((is_done or finish_reason is not None) and not has_failed, finish_reason, usage)


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
    return None if prompt is None or completion is None else Usage(prompt, completion, cached)


def _number(told: object, name: str) -> int | None:
    value = told.get(name) if isinstance(told, dict) else None
    return value if type(value) is int and 0 <= value < 10**12 else None
