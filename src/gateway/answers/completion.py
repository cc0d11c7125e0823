"""One chat completion, put together from the chunks of its stream."""

from collections.abc import Mapping
from typing import Any

from gateway.answers.events import Event
from gateway.base.nesting import json_object

Json = dict[str, Any]

_SAID_ONCE = frozenset({"id", "index", "role", "type", "name"})
"""Members that are no pieces of a text, even where a server repeats them in every chunk."""


class Completion:
    """What has come of a completion so far: every field of every chunk, those that OpenAI's reference does not know included.

    `failure` is the upstream's own word on why it broke off, None where it said nothing.
    """

    failure: str | None = None

    def __init__(self) -> None:
        self._fields: Json = {}
        self._choices: dict[int, Json] = {}
        self._is_done = False

    def take(self, event: Event) -> None:
        """Add what an event of the stream brings."""
        if event.data.strip() == "[DONE]":
            self._is_done = True
            return
        chunk = json_object(event.data)
        self.failure = self.failure or failure_of(event.type, chunk)
        choices = chunk.pop("choices", None)
        self._fields |= {name: value for name, value in chunk.items() if value is not None or name not in self._fields}
        for place, choice in enumerate(choices if isinstance(choices, list) else ()):
            if isinstance(choice, dict):
                index = choice.get("index")
                self._take_choice(index if isinstance(index, int) else place, choice)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing: the stream said that it is done, or every answer how it ended."""
        ended = all(choice.get("finish_reason") for choice in self._choices.values())
        return self.failure is None and (self._is_done or (bool(self._choices) and ended))

    @property
    def chars(self) -> int:
        """How many characters of text have come in all answers, of the reasoning too."""
        texts = (
            value for choice in self._choices.values() for name, value in choice["message"].items() if name not in _SAID_ONCE
        )
        return sum(len(piece) for text in texts if isinstance(text, _Text) for piece in text)

    def body(self) -> Json:
        """The completion in OpenAI's shape (`chat.completion`)."""
        choices = [_closed(self._choices[index], index) for index in sorted(self._choices)]
        return self._fields | {"object": "chat.completion", "choices": choices}

    def _take_choice(self, index: int, choice: Json) -> None:
        known = self._choices.setdefault(index, {"message": {"role": "assistant", "content": None}})
        delta = choice.pop("delta", None) or choice.pop("message", None)
        if isinstance(delta, dict):
            _merge(known["message"], delta)
        logprobs = choice.pop("logprobs", None)
        if isinstance(logprobs, dict):
            _merge(known.setdefault("logprobs", {}), logprobs)
        known |= {name: value for name, value in choice.items() if value is not None or name not in known}


def failure_of(event_type: str, chunk: Mapping[str, Any]) -> str | None:
    """The message of an error that came in a stream, in any of the forms that servers give it; None where the chunk is none."""
    error = chunk.get("error")
    if error is None and event_type != "error":
        return None
    for text in (error.get("message") if isinstance(error, dict) else error, chunk.get("message"), chunk.get("detail")):
        if isinstance(text, str) and text:
            return text
    return "an error without a word"


class _Text(list[str]):
    """The pieces of a text: to add each to one string would copy the string each time."""


def _merge(known: Json, piece: Mapping[str, Any]) -> Json:
    """Add a delta's members to what has come before: texts, lists and objects go on, and of anything else the last word counts."""
    for name, value in piece.items():
        before = known.get(name)
        if before is None or (name in _SAID_ONCE and not before):
            known[name] = value if name in _SAID_ONCE else _begun(value)
        elif name in _SAID_ONCE or value is None:
            continue
        elif isinstance(before, _Text) and isinstance(value, str):
            before.append(value)
        elif isinstance(before, dict) and isinstance(value, dict):
            _merge(before, value)
        elif _is_parts(before) and isinstance(value, list):
            _add(before, value)
        elif name == "content":  # some servers send parts for the reasoning, and then a text
            known[name] = _add(_parts(before), _parts(value))
        else:
            known[name] = _begun(value)
    return known


def _begun(value: object) -> object:
    if isinstance(value, str):
        return _Text([value])
    if isinstance(value, list):
        return _add([], value)
    return _merge({}, value) if isinstance(value, dict) else value


def _add(known: list[Any], pieces: list[Any]) -> list[Any]:
    """Add to a list; a piece with an `index` goes on with the element that has the same."""
    for piece in pieces:
        index = piece.get("index") if isinstance(piece, dict) else None
        same = (
            None
            if index is None
            else next((item for item in known if isinstance(item, dict) and item.get("index") == index), None)
        )
        if same is None:
            known.append(_begun(piece))
        else:
            _merge(same, piece)
    return known


def _is_parts(value: object) -> bool:
    return isinstance(value, list) and not isinstance(value, _Text)


def _parts(value: Any) -> list[Any]:
    """A message's content as the list of its parts."""
    return value if _is_parts(value) else [{"type": "text", "text": value}]


def _joined(value: Any) -> Any:
    if isinstance(value, _Text):
        return "".join(value)
    if isinstance(value, list):
        return [_joined(item) for item in value]
    if isinstance(value, dict):
        return {name: _joined(item) for name, item in value.items()}
    return value


def _closed(choice: Json, index: int) -> Json:
    choice = _joined(choice)
    message = choice["message"]
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        calls.sort(key=lambda call: call.get("index", 0) if isinstance(call, dict) else 0)
        message["tool_calls"] = [{name: value for name, value in call.items() if name != "index"} for call in calls]
    return {
        "index": index,
        "message": message,
        "logprobs": None,
        **choice,
        "finish_reason": choice.get("finish_reason") or "stop",
    }
