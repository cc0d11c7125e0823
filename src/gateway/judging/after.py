"""An answer judged at its end: it streams as ever, and then the guard reads it."""

from js import ReadableStream

from gateway.answers.events import EventParser
from gateway.door.call import Call
from gateway.judging.judge import Judge
from gateway.judging.pieces import MAX_HELD
from gateway.judging.texts import MAX_CHARS, Texts
from gateway.upstream.calls import Deadline
from gateway.upstream.verdict import SAFE, UNJUDGED, Verdict

LONGEST_MS = 20_000
"""How long the guard may take: Cloudflare ends what goes on behind an answer after 30 s."""

SLICE_BYTES = 1_000_000
"""How much is read at once, of what may be far more than is kept."""

_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")


class After(Judge):
    """Hears an answer as it passes, and judges it when it has ended."""

    def __init__(self, call: Call, identity: str, model: str, messages: bytes, *, is_stream: bool) -> None:
        """Parameters: as of `Judge`; `is_stream`, whether the answer comes as events. One completion is heard as one event."""
        super().__init__(call, identity, model, messages)
        self._is_stream = is_stream
        self._texts = Texts()
        self._parser = EventParser()
        self._unended = 0
        if not is_stream:
            self._parser.feed(b"data: ")

    def passed(self, stream: ReadableStream) -> ReadableStream:
        """What the client is given: the answer as it is."""
        return stream

    def hear(self, taken: bytes) -> None:
        """Take in the next bytes of the answer, but no more than can be judged."""
        for start in range(0, len(taken), SLICE_BYTES):
            if self._is_too_long:
                return
            part = taken[start : start + SLICE_BYTES]
            self._feed(part if self._is_stream else part.translate(_ONE_LINE))

    async def judged(self) -> Verdict | None:
        """The verdict, told of. For an answer that has ended."""
        if not self._is_too_long:
            self._feed(b"\n\n")
        if self._is_too_long:
            self.note(UNJUDGED)
        elif self._texts.chars:
            self.note(await self.ask(self._texts.joined, Deadline(self._call.settings, LONGEST_MS)))
        else:
            self.note(SAFE)
        await self.tell()
        return self.verdict

    @property
    def _is_too_long(self) -> bool:
        return self._texts.chars > MAX_CHARS or self._unended > MAX_HELD

    def _feed(self, taken: bytes) -> None:
        events = self._parser.feed(taken)
        self._unended = 0 if events else self._unended + len(taken)
        for event in events:
            self._texts.add(self._texts.read(event))
