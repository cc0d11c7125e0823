"""Where an answer that is judged before it is given may be cut, what is held until then, and how it ends where that is withheld."""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from gateway.answers.events import Event
from gateway.judging.texts import Found, Texts
from gateway.request.prompt import FIRST_CHARS, GROWTH

LONG_CHARS = 4_000
"""How long a text is waited for whose paragraph does not end; twice that for one that has no space either."""

MAX_HELD = 16_000_000
"""How many characters of events are held: of a long answer, each word in an event of its own, some twelve million."""

_PARAGRAPH_END = re.compile(r"\n[ \t\r]*\n")
_LINE_ENDS = 16
"""How far back a blank line may begin that ends in the next event."""

_SENTENCE_ENDS = ("。", "！", "？")
"""After which the next word begins, without a space."""


class Piece(NamedTuple):
    """`data` is what may be passed on once the guard has found `text` safe, which is all of the answer up to its end.

    `text` is empty where that is no more than the guard has read, and None where it is too long to be judged.
    """

    data: bytes
    text: str | None


class TooLarge(ValueError):
    """More is held than may be."""


class Pieces:
    """The events of an answer, held until a piece of it ends.

    A piece ends where a paragraph has ended, between events and not within a word, and has at least half as many characters as all that
    came before: so the guard, which reads the whole answer each time, reads about three times as much as there is, in a number of calls
    that grows with its logarithm. It also ends with `[DONE]`; and what says nothing is held only behind what does.
    """

    def __init__(self, *, is_one: bool = False) -> None:
        """Parameters: `is_one`, whether what is said is to be one piece, however long."""
        self.texts = Texts()
        self._is_one = is_one
        self._is_done = False
        self._events: list[bytes] = []
        self._held = 0
        self._passed_chars = 0
        self._tail = ""
        self._has_paragraph = False

    def take(self, event: Event) -> list[Piece]:
        """Hold an event, and give the pieces that end before or with it; nothing comes after `[DONE]`. Raises `TooLarge`."""
        pieces: list[Piece] = []
        if self._is_done:
            return pieces
        found = self.texts.read(event)
        said = "".join(text for _, text in found)
        if said and self._ends(at_space=said[:1].isspace()):
            pieces.append(self.rest())
        self._hold(event, found, said)
        self._is_done = event.data.strip() == "[DONE]"
        at_space = said[-1:].isspace() or said.endswith(_SENTENCE_ENDS)
        if self._is_done or not self._new_chars or self._ends(at_space=at_space):
            pieces.append(self.rest())
        return pieces

    def rest(self) -> Piece:
        """What is held, as a piece."""
        piece = Piece(b"".join(self._events), self.texts.joined if self._new_chars else "")
        self._events, self._held = [], 0
        self._passed_chars = self.texts.chars
        self._has_paragraph = False
        return piece

    def withheld(self, head: Mapping[str, object]) -> bytes:
        """The last events of an answer of which what is held is withheld, in OpenAI's shape.

        Parameters: `head`, the id, time and model that it has where its own events do not say.
        """
        fields = {**head, **self.texts.head, "object": "chat.completion.chunk"}
        choices = [
            {"index": index, "delta": {}, "finish_reason": "content_filter"} for index in sorted(self.texts.choices) or (0,)
        ]
        chunks = [Event("message", json.dumps({**fields, "choices": [choice]})) for choice in choices]
        return b"".join(map(_encoded, [*chunks, Event("message", "[DONE]")]))

    @property
    def _new_chars(self) -> int:
        return self.texts.chars - self._passed_chars

    def _ends(self, *, at_space: bool) -> bool:
        least = max(FIRST_CHARS, int(self._passed_chars * (GROWTH - 1)))
        if self._is_one or self._new_chars < least:
            return False
        long = max(least, LONG_CHARS)
        return self._new_chars >= (least if self._has_paragraph else long) if at_space else self._new_chars >= 2 * long

    def _hold(self, event: Event, found: Found, said: str) -> None:
        self.texts.add(found)
        self._events.append(_encoded(event))
        self._held += len(event.data)
        if self._held > MAX_HELD:
            raise TooLarge(f"more than {MAX_HELD} characters")
        before = len(self._tail)
        self._tail += said
        self._has_paragraph = self._has_paragraph or any(end.end() > before for end in _PARAGRAPH_END.finditer(self._tail))
        self._tail = self._tail[-_LINE_ENDS:]


def _encoded(event: Event) -> bytes:
    """An event as it stands in a stream: its type and data, and nothing that stood beside them."""
    named = "" if event.type == "message" else f"event: {event.type}\n"
    lines = "".join(f"data: {line}\n" for line in event.data.split("\n"))
    return f"{named}{lines}\n".encode()
