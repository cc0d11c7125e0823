"""The guard's look at one answer, and what becomes of its verdict."""

import json
import time

from js import console

from gateway.base.errors import ApiError
from gateway.door.call import Call
from gateway.judging import verdicts
from gateway.judging.conversation import Conversation
from gateway.limits.settlement import Tokens
from gateway.request.prompt import BYTES_PER_TOKEN, VERDICT_TOKENS
from gateway.upstream import guard
from gateway.upstream.calls import Deadline
from gateway.upstream.verdict import UNJUDGED, Verdict

_FROM_BEST_TO_WORST = ("safe", "unjudged", "unsafe")


class Judge:
    """Asks the guard about the answer to one request.

    `verdict` is the worst that was found of any piece of it, None before the first; `failure` the error with which the answer had to end;
    `took` an estimate of what the guard has read and said.
    """

    failure: ApiError | None = None

    def __init__(self, call: Call, identity: str, model: str, messages: bytes) -> None:
        """Parameters: `identity`, whose request it is; `model`, which answers; `messages`, the JSON text of those that the model reads."""
        self._call = call
        self._identity = identity
        self._model = model
        self._conversation = Conversation(messages)
        self._seconds = 0.0
        self.verdict: Verdict | None = None
        self.took = Tokens()

    async def ask(self, text: str | None, deadline: Deadline) -> Verdict:
        """The guard's verdict on the answer `text`, None where that is too long to be judged."""
        started = time.monotonic()
        found = UNJUDGED
        if text is not None:
            conversation = self._conversation.answered(text)
            self.took += Tokens(-(-len(conversation) // BYTES_PER_TOKEN), VERDICT_TOKENS)
            found = await guard.judge(conversation, self._call.settings, deadline)
        deadline.lift()
        self._seconds += time.monotonic() - started
        return found

    def note(self, found: Verdict) -> None:
        """Keep in mind what was found, where nothing is worse."""
        if self.verdict is None or _FROM_BEST_TO_WORST.index(found.word) > _FROM_BEST_TO_WORST.index(self.verdict.word):
            self.verdict = found

    async def tell(self) -> None:
        """Log and keep the verdict, where there is one."""
        if self.verdict is None:
            return
        line = {
            "event": "answer_judged",
            "request_id": self._call.log["request_id"],
            "identity": self._identity,
            "model": self._model,
            "verdict": self.verdict.word,
            "categories": self.verdict.categories,
            "ms": round(self._seconds * 1000),
        }
        console.log(json.dumps(line))
        await verdicts.keep(self._call, self._identity, self.verdict, is_hidden=self.hides(self.verdict))

    def hides(self, verdict: Verdict) -> bool:
        """Whether what has this verdict is not for the client."""
        failed = verdict.word == "unjudged" and self._call.settings.moderation_failure == "closed"
        return verdict.word == "unsafe" or failed
