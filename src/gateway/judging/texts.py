"""Every text that an answer has, whatever its name, for a guard to read."""

import json
import re
from collections.abc import Iterator
from typing import Any

from gateway.answers.events import Event
from gateway.base.nesting import too_deep, too_many_tokens

MAX_CHARS = 200_000
"""How long an answer may be that a guard reads: some 50,000 tokens, more than the models that are guards take."""

_LABEL = re.compile(r"[A-Za-z0-9_.:/@+-]{0,128}")
_LABELLED = frozenset(
    {
        "finish_reason",
        "id",
        "model",
        "name",
        "obfuscation",
        "object",
        "role",
        "service_tier",
        "stop_reason",
        "system_fingerprint",
        "type",
    }
)

_HEAD = ("id", "created", "model")

Place = tuple[str | int, ...]
Found = list[tuple[Place, str]]


class _Object(list[tuple[str, Any]]):
    """The members of a JSON object, those too whose name stands twice: parsers differ in which one they take."""


class Texts:
    """What the events of an answer say: the text of every string, its pieces put together by the place where they stand.

    Only labels are left out, single words that name a thing (ids, roles, reasons, names of members), and log probabilities, whose words are
    those of the text beside them. An event that is no JSON is a text itself. `chars` counts all, of which MAX_CHARS are kept; `head` is
    what all chunks have in common, and `choices` the numbers of the answers that there are.
    """

    def __init__(self) -> None:
        self._pieces: dict[Place, list[str]] = {}
        self.chars = 0
        self.head: dict[str, object] = {}
        self.choices: set[int] = set()

    def read(self, event: Event) -> Found:
        """The texts of an event, each with its place."""
        if event.data.strip() == "[DONE]":
            return []
        value = _parsed(event.data)
        if value and not self.head:
            self.head = {name: member for name, member in value if name in _HEAD and _LABEL.fullmatch(str(member))}
        found: Found = [(("data",), event.data)] if value is None else list(self._walk(value, ()))
        return found if _LABEL.fullmatch(event.type) else [*found, (("event",), event.type)]

    def add(self, found: Found) -> None:
        """Add the texts of an event to those before it."""
        for place, text in found:
            if self.chars < MAX_CHARS:
                self._pieces.setdefault(place, []).append(text)
            self.chars += len(text)

    @property
    def joined(self) -> str | None:
        """All of it as one text, each place's a paragraph; None where that is too long."""
        return None if self.chars > MAX_CHARS else "\n\n".join(map("".join, self._pieces.values()))

    def _walk(self, value: object, place: Place, *, is_label: bool = False) -> Iterator[tuple[Place, str]]:
        if isinstance(value, str):
            if value and not (is_label and _LABEL.fullmatch(value)):
                yield place, value
        elif isinstance(value, _Object):
            for name, member in value:
                if not _LABEL.fullmatch(name):
                    yield (*place, "name"), name
                if not (name == "logprobs" and len(place) == 2):
                    yield from self._walk(member, (*place, name), is_label=name in _LABELLED)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                index = next((member for name, member in item if name == "index"), None) if isinstance(item, _Object) else None
                known = index if isinstance(index, int) else number
                if place == ("choices",):
                    self.choices.add(known)
                yield from self._walk(item, (*place, known), is_label=is_label)


def _parsed(data: str) -> _Object | None:
    """The JSON object that an event brings; None for anything else, and for one that it would not be safe to read."""
    try:
        value = None if too_deep(data) or too_many_tokens(data) else json.loads(data, object_pairs_hook=_Object)
    except ValueError:
        return None
    return value if isinstance(value, _Object) else None
