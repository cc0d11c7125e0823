"""Chat completions in the shape of io.net's (vLLM's) stream: role, reasoning, content or tool call, finish reason, usage, end."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

Json = dict[str, Any]

DONE = b"data: [DONE]\n\n"

JAPANESE = "\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f"
TOKEN = re.compile(rf"\s*(?:[{JAPANESE}]{{1,2}}|[^\W{JAPANESE}]+|[^\w\s])|\s+")


@dataclass(frozen=True)
class ToolCall:
    """A call of the function `name`; `arguments` is JSON text in tokens."""

    id: str
    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What the assistant says, in tokens."""

    content: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    tool_call: ToolCall | None = None
    finish_reason: str = "stop"

    @property
    def tokens(self) -> int:
        """How many tokens the answer has, reasoning and arguments included: what is billed."""
        return len(self.reasoning) + len(self.content) + (len(self.tool_call.arguments) if self.tool_call else 0)

    def cut(self, limit: int | None) -> "Answer":
        """The first `limit` tokens of the answer, finished by `length`; the whole answer where it fits, or `limit` is None."""
        if limit is None or self.tokens <= limit:
            return self
        reasoning = self.reasoning[:limit]
        content = self.content[: limit - len(reasoning)]
        call = self.tool_call
        if call:
            call = replace(call, arguments=call.arguments[: limit - len(reasoning) - len(content)])
        return Answer(content, reasoning, call, "length")


@dataclass(frozen=True)
class Head:
    """What every chunk of one completion repeats. `created` is in seconds since 1970."""

    id: str
    created: int
    model: str

    def fields(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def split(text: str) -> tuple[str, ...]:
    """`text` in word-like tokens, each with the space before it; joined they are `text` again."""
    return tuple(TOKEN.findall(text))


def event(payload: Json) -> bytes:
    """One server-sent event (WHATWG HTML, 9.2). Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes `?`."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode("utf-8", "replace")


def stream(head: Head, answer: Answer, prompt_tokens: int, *, include_usage: bool = True) -> Iterator[bytes]:
    """The events of `answer`, one token each."""
    fields = head.fields("chat.completion.chunk")
    for delta in _deltas(answer):
        yield event(fields | {"choices": [_choice("delta", delta)]})
    last: Json = {} if answer.tool_call else {"content": ""}
    yield event(fields | {"choices": [_choice("delta", last, answer.finish_reason)]})
    if include_usage:
        yield event(fields | {"choices": [], "usage": _usage(answer, prompt_tokens)})
    yield DONE


def completion(head: Head, answer: Answer, prompt_tokens: int) -> Json:
    """The same answer as one object, for a request that does not stream."""
    message: Json = {"role": "assistant", "content": "".join(answer.content)}
    if answer.reasoning:
        message["reasoning_content"] = "".join(answer.reasoning)
    if call := answer.tool_call:
        function = {"name": call.name, "arguments": "".join(call.arguments)}
        message["tool_calls"] = [{"id": call.id, "type": "function", "function": function}]
    choices = [_choice("message", message, answer.finish_reason)]
    return head.fields("chat.completion") | {"choices": choices, "usage": _usage(answer, prompt_tokens)}


def _deltas(answer: Answer) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    for token in answer.reasoning:
        yield {"reasoning_content": token}
    for token in answer.content:
        yield {"content": token}
    if call := answer.tool_call:
        function = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": 0, "id": call.id, "type": "function", "function": function}]}
        for token in call.arguments:
            yield {"tool_calls": [{"index": 0, "function": {"arguments": token}}]}


def _choice(part: str, value: Json, finish_reason: str | None = None) -> Json:
    return {"index": 0, part: value, "logprobs": None, "finish_reason": finish_reason}


def _usage(answer: Answer, prompt_tokens: int) -> Json:
    total = prompt_tokens + answer.tokens
    return {"prompt_tokens": prompt_tokens, "total_tokens": total, "completion_tokens": answer.tokens}
