"""What each answer was, told once when its stream has ended: in the log, to the budget, and in the table of usage."""

import json
import math
import time
from typing import Protocol

from js import ReadableStream, console

from gateway.base.errors import ApiError
from gateway.door.call import Call
from gateway.limits import budget
from gateway.limits.budget import Reservation
from gateway.limits.settlement import Amount, Tokens
from gateway.runtime.behind import run_behind
from gateway.runtime.promises import settles_within
from gateway.upstream.answered import Answered
from gateway.upstream.models import listed
from gateway.upstream.prices import Price, price_of
from gateway.upstream.verdict import Verdict
from gateway.usage import ending
from gateway.usage.counting import count
from gateway.usage.ending import Ending, Usage
from gateway.usage.tap import Passed, Tap

MODEL_CHARS = 200
"""How much of a model's name is kept: some servers answer for any."""


class Judge(Protocol):
    """Hears an answer, and gives at its end what the guard found of it."""

    took: Tokens

    def hear(self, taken: bytes) -> None: ...
    async def judged(self) -> Verdict | None: ...


def metered(call: Call, answered: Answered, stream: ReadableStream | None, judge: Judge | None) -> ReadableStream | None:
    """The stream of an answer, of which is known at its end what it was; one that refuses is counted at once. `judge` hears it, if there is
    one.
    """
    upstream = answered.upstream
    if not upstream.ok or not stream:
        budget.settle_refused(call, answered.reserved, upstream.status)
        if call.settings.usage:
            run_behind(_count_refused(call, answered))
        return stream
    tap = Tap(stream)
    run_behind(_at_end(call, tap, answered, judge))
    if answered.reserved:
        run_behind(_put_off(call, tap, answered.reserved))
    return tap.readable


def count_refusal(call: Call, identity: str, error: ApiError) -> None:
    """Count a request that this edge refuses, or for which it has no answer of io.net's."""
    run_behind(count(call, identity, "", error.code))


async def _put_off(call: Call, tap: Tap, reserved: Reservation) -> None:
    """Have what is reserved count for as long as the answer goes on."""
    while not await settles_within(tap.piped, budget.PUT_OFF_MS):
        await budget.put_off(call, reserved)


async def _at_end(call: Call, tap: Tap, answered: Answered, judge: Judge | None) -> None:
    started = time.monotonic()
    passed = await tap.end(judge.hear if judge else None)
    ms = round((time.monotonic() - started) * 1000)
    ended = ending.read(passed.tail)
    usage = ended.usage or Usage(answered.prompt_tokens, passed.deltas, is_estimated=True)
    outcome = _outcome(passed, ended)
    price = await _price(call, answered.model)
    cost = price.microusd(Tokens(usage.prompt, usage.completion)) if price else None
    line = {
        "event": "answer_ended",
        "request_id": call.log["request_id"],
        "identity": answered.identity,
        "model": answered.model,
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
    verdict = await judge.judged() if judge else None
    if answered.reserved:
        await _settle(call, answered.reserved, usage, cost, judge.took if judge else Tokens())
    if call.settings.usage:
        counted_as = "unsafe" if verdict and verdict.word == "unsafe" else outcome
        await count(call, answered.identity, answered.model[:MODEL_CHARS], counted_as, usage, cost)


async def _settle(call: Call, reserved: Reservation, usage: Usage, cost: float | None, judging: Tokens) -> None:
    """Count against the budget what was used, and all that was reserved in money where there is no price any more."""
    microusd = reserved.cost.most.microusd
    guard = await _price(call, call.settings.moderation_model) if judging.sum else None
    if cost is not None and (guard or not judging.sum):
        microusd = math.ceil(cost + (guard.microusd(judging) if guard else 0))
    await budget.settle(call, reserved, Amount(usage.prompt + usage.completion + judging.sum, microusd))


def _outcome(passed: Passed, ended: Ending) -> str:
    if ended.is_whole and not passed.broke_off:
        return "done"  # most clients leave at the last event
    return "left" if passed.was_left else "broke_off"


async def _price(call: Call, model: str) -> Price | None:
    """io.net's price as it is now, where anybody wants to know; None where it gives none."""
    settings = call.settings
    if not (settings.usage or settings.has_budget_in_usd):
        return None
    try:
        return await price_of(model, settings)
    except ApiError:
        return None


async def _count_refused(call: Call, answered: Answered) -> None:
    """Count an error of io.net's, under the model's name where that is one: who asks may have made it up."""
    try:
        model = answered.model if await listed(answered.model, call.settings) else ""
    except ApiError:
        model = ""
    await count(call, answered.identity, model, f"http_{answered.upstream.status}")
