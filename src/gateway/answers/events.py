"""Server-sent events, as the WHATWG HTML standard (section 9.2.6, "Interpreting an event stream") has them."""

import codecs
import re
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\n|\r")


class Event(NamedTuple):
    """One event: its `type`, `message` where the stream names none, and its `data`, the lines of which are joined by new lines."""

    type: str
    data: str


class EventParser:
    """Makes events of a stream's bytes, wherever they are cut. What stands after the last blank line is no event."""

    def __init__(self) -> None:
        # Like the standard's "UTF-8 decode": without a byte order mark, and with U+FFFD for what is no UTF-8.
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._after_return = False
        self._line: list[str] = []
        self._type = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that end in `chunk`, the next bytes of the stream."""
        text = self._decode(chunk)
        if not text:
            return []
        if self._after_return:
            text = text.removeprefix("\n")
        self._after_return = text.endswith("\r")
        first, *others = _LINE_END.split(text)
        self._line.append(first)
        events: list[Event] = []
        for start in others:
            self._take("".join(self._line), events)
            self._line = [start]
        return events

    def _take(self, line: str, events: list[Event]) -> None:
        if not line:
            if self._data:
                events.append(Event(self._type or "message", "\n".join(self._data)))
            self._type, self._data = "", []
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._type = value
