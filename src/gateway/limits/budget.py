"""How much: a daily budget of tokens for each identity, reserved in D1 before the call."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.access.identity import Identity
from gateway.base.errors import RATE_LIMIT, ApiError
from gateway.door.call import Call
from gateway.limits.settlement import Cost, kept
from gateway.runtime import d1
from gateway.runtime.behind import run_behind
from gateway.runtime.promises import js_call

if TYPE_CHECKING:
    from js import Env

# One statement, so that no two requests see the same rest.
_RESERVE = """
INSERT INTO token_usage (identity, day, tokens) SELECT ?1, ?2, ?3 WHERE ?3 <= ?4
ON CONFLICT (identity, day) DO UPDATE SET tokens = tokens + ?3 WHERE tokens + ?3 <= ?4
RETURNING tokens
"""
_USED = "SELECT tokens FROM token_usage WHERE identity = ?1 AND day = ?2"
_GIVE_BACK = "UPDATE token_usage SET tokens = tokens - ?3 WHERE identity = ?1 AND day = ?2"
_FORGET = "DELETE FROM token_usage WHERE day < ?1"


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens that count against an identity's budget of a day (UTC, YYYY-MM-DD), of which `left` are still there."""

    identity: str
    day: str
    cost: Cost
    left: int

    @property
    def headers(self) -> dict[str, str]:
        """What an answer says of the budget."""
        return {"x-budget-remaining-tokens": str(self.left)}


async def reserve(call: Call, identity: Identity, cost: Cost) -> Reservation | None:
    """Reserve what a request may cost at most; None where no budget is set.

    Raises `ApiError`: 429 `budget_exceeded` when the rest of the day's budget is smaller, which says when the next day begins; 503
    `budget_unavailable` when the database does not say.
    """
    budget = call.settings.daily_token_budget
    if not budget:
        return None
    now = datetime.now(UTC)
    tokens = cost.guard + cost.model
    added = await _first(call, _RESERVE, identity.name, _day(now), tokens, budget)
    if not added:
        raise _exceeded(now, budget, tokens)
    return Reservation(identity.name, _day(now), cost, budget - added.tokens)


async def used(call: Call, identity: Identity) -> int:
    """How many tokens count for an identity today; raises `ApiError` 503 as `reserve` does."""
    row = await _first(call, _USED, identity.name, _day(datetime.now(UTC)))
    return int(row.tokens) if row else 0


def next_day(now: datetime) -> datetime:
    """When a budget begins anew."""
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


async def _first(call: Call, sql: str, *values: object) -> Any:
    """The first row that a statement gives, if any."""
    return await d1.ask(
        call.env,
        "first",
        sql,
        *values,
        setting="DAILY_TOKEN_BUDGET",
        code="budget_unavailable",
        unavailable="The budget cannot be counted",
    )


def settle(call: Call, reservation: Reservation | None, status: int, code: str | None = None) -> None:
    """Give back, behind the answer, what an answer of `status` does not cost; `code` is that of an error of this edge."""
    if reservation is None:
        return
    unused = reservation.cost.guard + reservation.cost.model - kept(reservation.cost, status, code)
    if unused:
        run_behind(_give_back(call, reservation, unused))


async def settle_used(call: Call, reservation: Reservation, tokens: int) -> None:
    """Give back what an answer did not take that has ended; `tokens` are those of its prompt and of itself."""
    unused = reservation.cost.model - tokens
    if unused > 0:
        await _give_back(call, reservation, unused)


async def forget(env: "Env") -> None:
    """Delete what was counted on the days before today."""
    delete = env.DB.prepare(_FORGET).bind(_day(datetime.now(UTC)))
    await js_call(delete.run, this=delete)


async def _give_back(call: Call, reservation: Reservation, tokens: int) -> None:
    try:
        subtract = call.env.DB.prepare(_GIVE_BACK).bind(reservation.identity, reservation.day, tokens)
        await js_call(subtract.run, this=subtract)
    except Exception as error:  # the answer is what it is
        lost = {"level": "error", "event": "budget_not_given_back", "request_id": call.log["request_id"], "tokens": tokens}
        print(json.dumps(lost | {"error": type(error).__name__}))


def _day(now: datetime) -> str:
    return now.strftime("%Y-%m-%d")


def _exceeded(now: datetime, budget: int, asked: int) -> ApiError:
    midnight = next_day(now)
    seconds = int((midnight - now).total_seconds()) + 1
    if asked > budget:
        message = (
            f"This request may cost {asked} tokens, more than a day's budget of {budget}. Ask for fewer (max_completion_tokens)."
        )
    else:
        message = f"The budget of {budget} tokens for a day is used up, or too little is left. It resets at {midnight:%Y-%m-%d %H:%M} UTC."
    return ApiError(429, message, code="budget_exceeded", type=RATE_LIMIT, headers={"retry-after": str(seconds)})
