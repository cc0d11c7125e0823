"""A question and its answer, as a guard reads them."""

import json

from gateway.request import splice


class Conversation:
    """The messages of a question, to the letter, and an answer to them as the last turn."""

    def __init__(self, messages: bytes) -> None:
        """Parameters: `messages`, the JSON text of the list. Where it ends with an answer's beginning, that goes on: guards insist on turns
        that alternate.
        """
        turns = splice.elements(b'{"messages":%b}' % messages, "messages")
        last = json.loads(turns[-1])
        self._begun = ""
        if last["role"] == "assistant" and isinstance(last.get("content"), str):
            self._begun = last["content"]
            turns.pop()
        self._turns = turns

    def answered(self, text: str) -> bytes:
        """The JSON text of the messages with the answer `text`."""
        answer = json.dumps({"role": "assistant", "content": self._begun + text}).encode()
        return b"[%b]" % b",".join([*self._turns, answer])
