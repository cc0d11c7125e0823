"""Which budgets hold for whom, and what is said of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from gateway.base.errors import RATE_LIMIT, ApiError
from gateway.base.settings import Settings
from gateway.limits.settlement import Amount

Unit = Literal["tokens", "microusd"]
Period = Literal["day", "month"]

ALL = ""
"""Stands for all identities together."""

_KINDS: dict[str, tuple[bool, Unit, Period]] = {
    "daily_token_budget": (False, "tokens", "day"),
    "daily_budget_usd": (False, "microusd", "day"),
    "monthly_budget_usd": (False, "microusd", "month"),
    "total_daily_budget_usd": (True, "microusd", "day"),
    "total_monthly_budget_usd": (True, "microusd", "month"),
}
"""By its setting: whether all share it, what it counts, and when it begins anew."""

MICRO = 1_000_000
"""Millionths in a USD."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be spent `per` day or month (UTC): `limit` in `unit`, tokens or millionths of a USD. `identity` is ALL, or whose it is."""

    name: str
    identity: str
    unit: Unit
    per: Period
    limit: int


@dataclass(frozen=True, slots=True)
class Left:
    """An allowance, and how much of it is `used`: settled, or reserved by requests under way."""

    allowance: Allowance
    used: int

    @property
    def remaining(self) -> int:
        """Never less than nothing: an owner may have lowered the limit."""
        return max(0, self.allowance.limit - self.used)

    def told(self, now: datetime) -> dict[str, Any]:
        """As JSON has it, what is in USD in USD."""
        allowance = self.allowance
        amounts = (allowance.limit, self.used, self.remaining)
        limit, used, remaining = amounts if allowance.unit == "tokens" else (amount / MICRO for amount in amounts)
        return {
            "name": allowance.name.upper(),
            "whose": "all" if allowance.identity == ALL else "own",
            "unit": "tokens" if allowance.unit == "tokens" else "usd",
            "per": allowance.per,
            "limit": limit,
            "used": used,
            "remaining": remaining,
            "resets_at": next_period(allowance.per, now).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def allowances(settings: Settings, identity: str) -> list[Allowance]:
    """Those that the owner has set, as they hold for `identity`."""
    return [
        Allowance(name, ALL if is_shared else identity, unit, per, limit)
        for name, (is_shared, unit, per) in _KINDS.items()
        if (limit := getattr(settings, name))
    ]


def headers(lefts: Sequence[Left]) -> dict[str, str]:
    """What an answer says of its asker's own budgets: the smallest rest of each unit."""

    def rests(unit: Unit) -> list[int]:
        return [left.remaining for left in lefts if left.allowance.unit == unit and left.allowance.identity != ALL]

    told = {}
    if tokens := rests("tokens"):
        told["x-budget-remaining-tokens"] = str(min(tokens))
    if microusd := rests("microusd"):
        told["x-budget-remaining-usd"] = f"{min(microusd) / MICRO:.6f}"
    return told


def next_period(per: Period, now: datetime) -> datetime:
    """When a budget begins anew."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1) if per == "day" else (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


def exceeded(lefts: Sequence[Left], asked: Amount, now: datetime | None = None) -> ApiError:
    """The 429 for a request that may cost `asked`, more than is left of one of these: of the one that begins anew the latest.

    What is left of a budget that all share is nobody's business.
    """
    now = now or datetime.now(UTC)
    short = [left for left in lefts if getattr(asked, left.allowance.unit) > left.remaining]
    left = max(short or lefts, key=lambda left: next_period(left.allowance.per, now))
    allowance = left.allowance
    limit, rest, cost = (
        _amount(value, allowance.unit) for value in (allowance.limit, left.remaining, getattr(asked, allowance.unit))
    )
    resets_at = next_period(allowance.per, now)
    again = f"It resets at {resets_at:%Y-%m-%d %H:%M} UTC."
    if allowance.identity == ALL:
        message = (
            f"The budget that this edge has for a {allowance.per} is used up, or too little is left for this request. {again}"
        )
    elif getattr(asked, allowance.unit) > allowance.limit:
        message = f"This request may cost {cost}, more than a {allowance.per}'s budget of {limit}. Ask for fewer (max_completion_tokens)."
    else:
        message = f"Of the budget of {limit} for a {allowance.per}, {rest} are left, and this request may cost {cost}. {again}"
    seconds = int((resets_at - now).total_seconds()) + 1
    return ApiError(429, message, code="budget_exceeded", type=RATE_LIMIT, headers={"retry-after": str(seconds)} | headers(lefts))


def _amount(value: int, unit: Unit) -> str:
    return f"{value} tokens" if unit == "tokens" else f"{value / MICRO:.6f} USD"
