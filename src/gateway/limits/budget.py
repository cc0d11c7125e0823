"""How much: budgets of tokens and of money, reserved in D1 before the call and settled when its answer has ended."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from js import crypto

from gateway.access.identity import Identity
from gateway.door.call import Call
from gateway.limits import allowance, ledger
from gateway.limits.allowance import Left
from gateway.limits.settlement import Amount, Cost, kept
from gateway.runtime import d1
from gateway.runtime.behind import run_behind

if TYPE_CHECKING:
    from js import Env

PUT_OFF_MS = 600_000
"""How often the reservation of an answer that is under way is put off: well within its life."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """What counts against an identity's budgets until it is settled; `headers` say what was left then."""

    identity: str
    id: str
    cost: Cost
    headers: dict[str, str]


async def reserve(call: Call, identity: Identity, cost: Cost) -> Reservation | None:
    """Reserve what a request may cost at most; None where no budget is set.

    Raises `ApiError`: 429 `budget_exceeded` when less is left of one of the budgets, which says when that begins anew; 503
    `budget_unavailable` when the database does not say.
    """
    held = allowance.allowances(call.settings, identity.name)
    if not held:
        return None
    name = crypto.randomUUID()
    most, least = cost.most, cost.least
    known = json.dumps([asdict(each) for each in held])
    amounts = (most.tokens, most.microusd, least.tokens, least.microusd)
    reserving = (ledger.RESERVE, (known, identity.name, name, *amounts))
    reserved, used = await _batch(call, reserving, (ledger.USED, (known,)))
    lefts = [Left(each, row["used"]) for each, row in zip(held, used, strict=True)]
    if not reserved:
        raise allowance.exceeded(lefts, most)
    return Reservation(identity.name, name, cost, allowance.headers(lefts))


async def left(call: Call, identity: Identity) -> list[Left]:
    """What is left of the budgets that hold for an identity, all of them for an owner; raises `ApiError` 503 as `reserve` does."""
    held = [
        each for each in allowance.allowances(call.settings, identity.name) if identity.is_owner or each.identity != allowance.ALL
    ]
    if not held:
        return []
    (used,) = await _batch(call, (ledger.USED, (json.dumps([asdict(each) for each in held]),)))
    return [Left(each, row["used"]) for each, row in zip(held, used, strict=True)]


def settle_refused(call: Call, reservation: Reservation | None, status: int, code: str | None = None) -> None:
    """Settle, behind the answer, what has no answer to be counted: a refusal of `status`; `code` is that of an error of this edge."""
    if reservation:
        run_behind(_settle(call, reservation, kept(reservation.cost, status, code)))


async def settle(call: Call, reservation: Reservation, used: Amount) -> None:
    """Settle what an answer took that has ended: `used`, for its prompt and itself. What it did not take is given back."""
    await _settle(call, reservation, reservation.cost.guard + used)


async def put_off(call: Call, reservation: Reservation) -> None:
    """Have a reservation count on: its answer is under way."""
    await _behind(call, "budget_not_put_off", (ledger.PUT_OFF, (reservation.identity, reservation.id)))


async def forget(env: "Env") -> None:
    """Delete what counts no longer."""
    await d1.run(env, *((sql, ()) for sql in ledger.FORGET))


async def _batch(call: Call, *statements: d1.Statement) -> list[d1.Rows]:
    return await d1.batch(
        call.env,
        *statements,
        setting="DAILY_TOKEN_BUDGET",
        code="budget_unavailable",
        unavailable="The budget cannot be counted",
    )


async def _settle(call: Call, reservation: Reservation, amount: Amount) -> None:
    count, end = ledger.SETTLE
    whose = (reservation.identity, reservation.id)
    await _behind(call, "budget_not_settled", (count, (*whose, amount.tokens, amount.microusd)), (end, whose))


async def _behind(call: Call, event: str, *statements: d1.Statement) -> None:
    try:
        await d1.run(call.env, *statements)
    except Exception as error:  # the answer is what it is
        lost = {"level": "error", "event": event, "request_id": call.log["request_id"], "error": type(error).__name__}
        print(json.dumps(lost))
