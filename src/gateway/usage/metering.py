"""What each answer was, told once when its stream has ended: in the log, to the budget, and in the table of usage."""

import json
import time
from dataclasses import dataclass

from js import ReadableStream, Response, console

from gateway.base.errors import ApiError
from gateway.door.call import Call
from gateway.limits import budget
from gateway.limits.budget import Reservation
from gateway.runtime.behind import run_behind
from gateway.upstream.models import listed
from gateway.usage import ending
from gateway.usage.counting import count
from gateway.usage.ending import Ending, Usage
from gateway.usage.tap import Passed, Tap

MODEL_CHARS = 200
"""How much of a model's name is kept: some servers answer for any."""


@dataclass(frozen=True, slots=True)
class Question:
    """Whose request goes to which model, and what was thought that it takes: tokens of the prompt, and what is reserved."""

    identity: str
    model: str
    prompt_tokens: int
    reserved: Reservation | None


def metered(call: Call, upstream: Response, stream: ReadableStream | None, question: Question) -> ReadableStream | None:
    """The stream of the upstream's answer, of which is known at its end what it was; one that refuses is counted at once."""
    if not upstream.ok or not stream:
        if call.settings.usage:
            run_behind(_count_refused(call, question, upstream.status))
        return stream
    tap = Tap(stream)
    run_behind(_at_end(call, tap, question))
    return tap.readable


def count_refusal(call: Call, identity: str, error: ApiError) -> None:
    """Count a request that this edge refuses, or for which it has no answer of io.net's."""
    run_behind(count(call, identity, "", error.code))


async def _at_end(call: Call, tap: Tap, question: Question) -> None:
    started = time.monotonic()
    passed = await tap.end()
    ms = round((time.monotonic() - started) * 1000)
    ended = ending.read(passed.tail)
    usage = ended.usage or Usage(question.prompt_tokens, passed.deltas, is_estimated=True)
    outcome = _outcome(passed, ended)
    cost = await _cost(call, question.model, usage) if call.settings.usage else None
    line = {
        "event": "answer_ended",
        "request_id": call.log["request_id"],
        "identity": question.identity,
        "model": question.model,
        "outcome": outcome,
        "finish_reason": ended.finish_reason,
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "estimated": usage.is_estimated,
        "cost_usd": None if cost is None else cost / 1e6,
        "bytes": passed.size,
        "ms": ms,
    }
    console.log(json.dumps(line))
    if question.reserved:
        await budget.settle_used(call, question.reserved, usage.prompt + usage.completion)
    if call.settings.usage:
        await count(call, question.identity, question.model[:MODEL_CHARS], outcome, usage, cost)


def _outcome(passed: Passed, ended: Ending) -> str:
    if ended.is_whole and not passed.broke_off:
        return "done"  # most clients leave at the last event
    return "left" if passed.was_left else "broke_off"


async def _cost(call: Call, model: str, usage: Usage) -> float | None:
    """Millionths of a USD, by io.net's list as it is now; None where it gives no price."""
    row = await listed(model, call.settings) or {}
    prompt, completion = row.get("input_token_price"), row.get("output_token_price")
    if not isinstance(prompt, (int, float)) or not isinstance(completion, (int, float)):
        return None
    return (usage.prompt * prompt + usage.completion * completion) * 1e6


async def _count_refused(call: Call, question: Question, status: int) -> None:
    """Count an error of io.net's, under the model's name where that is one: who asks may have made it up."""
    model = question.model if await listed(question.model, call.settings) else ""
    await count(call, question.identity, model, f"http_{status}")
