"""How much: a daily budget of tokens for each identity, reserved in D1 before the call."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyodide.ffi import JsException

from gateway.access.identity import Identity
from gateway.base.errors import RATE_LIMIT, ApiError
from gateway.base.settings import Settings, not_configured
from gateway.door.call import Call

BYTES_PER_TOKEN = 3
"""On the safe side of what tokenizers make of English (four and more), Japanese (three) and JSON."""

_FORGET = "DELETE FROM token_usage WHERE day < ?1"
# One statement, so that no two requests see the same rest.
_RESERVE = """
INSERT INTO token_usage (identity, day, tokens) SELECT ?1, ?2, ?3 WHERE ?3 <= ?4
ON CONFLICT (identity, day) DO UPDATE SET tokens = tokens + ?3 WHERE tokens + ?3 <= ?4
RETURNING tokens
"""
_RELEASE = "UPDATE token_usage SET tokens = tokens - ?3 WHERE identity = ?1 AND day = ?2"


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens that count against an identity's budget of a day (UTC, YYYY-MM-DD)."""

    identity: str
    day: str
    tokens: int


def prompt_tokens(raw: bytes, settings: Settings) -> int:
    """An estimate of the tokens that the prompt of a request takes: `raw` is its body, which a guard reads as well."""
    readings = 2 if settings.moderation_model else 1
    return readings * -(-(len(raw) + len(settings.system_prompt.encode())) // BYTES_PER_TOKEN)


async def reserve(call: Call, identity: Identity, tokens: int) -> Reservation | None:
    """Reserve `tokens`, what a request may cost at most; None where no budget is set.

    Raises `ApiError` 429 `budget_exceeded` when the rest of the day's budget is smaller, and says when the next day begins.
    """
    budget = call.settings.daily_token_budget
    if not budget:
        return None
    now = datetime.now(UTC)
    reservation = Reservation(identity.name, now.strftime("%Y-%m-%d"), tokens)
    try:
        database = call.env.DB
        forget = database.prepare(_FORGET).bind(reservation.day)
        add = database.prepare(_RESERVE).bind(reservation.identity, reservation.day, reservation.tokens, budget)
        rows = (await database.batch([forget, add]))[1]["results"]
    except AttributeError:
        raise not_configured({"DAILY_TOKEN_BUDGET": "expected the D1 binding DB in wrangler.toml"}) from None
    except JsException as error:
        if "no such table" not in str(error):
            raise
        problem = "expected its table (npx wrangler d1 migrations apply DB --remote)"
        raise not_configured({"DAILY_TOKEN_BUDGET": problem}) from None
    if not rows:
        raise _exceeded(now, budget, tokens)
    return reservation


async def release(call: Call, reservation: Reservation | None) -> None:
    """Give back what a call did not cost, because it was refused."""
    if reservation:
        await call.env.DB.prepare(_RELEASE).bind(reservation.identity, reservation.day, reservation.tokens).run()


def _exceeded(now: datetime, budget: int, asked: int) -> ApiError:
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    seconds = int((midnight - now).total_seconds()) + 1
    if asked > budget:
        message = (
            f"This request may cost {asked} tokens, more than a day's budget of {budget}. Ask for fewer (max_completion_tokens)."
        )
    else:
        message = f"The budget of {budget} tokens for a day is used up, or too little is left. It resets at {midnight:%Y-%m-%d %H:%M} UTC."
    return ApiError(429, message, code="budget_exceeded", type=RATE_LIMIT, headers={"retry-after": str(seconds)})
