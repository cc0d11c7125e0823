"""What the model says in a stream of chunks, and nothing else."""

from gateway.answers.completion import failure_of
from gateway.answers.events import Event, EventParser
from gateway.base.nesting import json_object


class Text:
    """The text of the first answer in a stream of chunks. `ending` says what is missing and why, and is None where all is there."""

    def __init__(self) -> None:
        self._parser = EventParser()
        self._is_ended = False
        self._failure: str | None = None
        self._is_withheld = False

    def feed(self, chunk: bytes) -> str:
        """The text that the next bytes of the stream bring."""
        return "".join(map(self._text_of, self._parser.feed(chunk)))

    @property
    def ending(self) -> str | None:
        """The last line, where the answer broke off, or a guard withheld what is missing."""
        if self._is_withheld:
            return "\n[The rest was withheld: a guard found it unsafe]\n"
        if self._is_ended and self._failure is None:
            return None
        return f"\n[The answer broke off: {self._failure or 'the connection to io.net ended'}]\n"

    def _text_of(self, event: Event) -> str:
        if event.data.strip() == "[DONE]":
            self._is_ended = True
            return ""
        chunk = json_object(event.data)
        self._failure = self._failure or failure_of(event.type, chunk)
        choices = chunk.get("choices")
        text = ""
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and choice.get("index", 0) == 0:
                reason = choice.get("finish_reason")
                self._is_ended = self._is_ended or bool(reason)
                self._is_withheld = self._is_withheld or reason == "content_filter"
                text += _said(choice.get("delta"))
        return text


def _said(delta: object) -> str:
    """What a delta says: its content, as a text or in parts, or its refusal."""
    if not isinstance(delta, dict):
        return ""
    content = delta.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict) and part.get("type") == "text")
    return "".join(text for text in (content, delta.get("refusal")) if isinstance(text, str))
