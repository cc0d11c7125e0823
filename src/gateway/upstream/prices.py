"""What tokens cost, by io.net's list of models."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.base.errors import ApiError
from gateway.base.settings import Settings
from gateway.limits.settlement import Amount, Cost, Takes, Tokens
from gateway.upstream.models import listed


@dataclass(frozen=True, slots=True)
class Price:
    """What a token costs of a prompt, and of an answer, in USD."""

    prompt: float
    completion: float

    def microusd(self, tokens: Tokens) -> float:
        """What tokens cost, in millionths of a USD."""
        return (tokens.prompt * self.prompt + tokens.completion * self.completion) * 1e6


async def price_of(model: str, settings: Settings) -> Price | None:
    """The price of a model; None where io.net's list gives none. Raises `ApiError` 502 where the list cannot be had."""
    row = await listed(model, settings) or {}
    prompt, completion = _usd(row.get("input_token_price")), _usd(row.get("output_token_price"))
    return None if prompt is None or completion is None else Price(prompt, completion)


async def cost_of(takes: Takes, models: Sequence[str], settings: Settings) -> Cost:
    """What a request may cost at most that any of `models` may answer, in USD too where the owner has a budget in USD.

    Raises `ApiError`: 403 `model_without_price`, for what cannot be counted may not be spent; 502 where there is no list.
    """
    guards = [settings.moderation_model] if settings.moderation_model else []
    return Cost(
        await _amount(takes.guard, guards, settings),
        await _amount(Tokens(takes.model.prompt), models, settings),
        await _amount(Tokens(completion=takes.model.completion), models, settings),
        await _amount(takes.judging, guards, settings),
    )


async def _amount(tokens: Tokens, models: Sequence[str], settings: Settings) -> Amount:
    microusd = [await _microusd(tokens, model, settings) for model in models] if settings.has_budget_in_usd else []
    return Amount(tokens.sum, max(microusd, default=0))


async def _microusd(tokens: Tokens, model: str, settings: Settings) -> int:
    price = await price_of(model, settings)
    if price is None:
        message = f"io.net's list gives no price for {model}, so it may not be asked where there is a budget in USD."
        raise ApiError(403, message, code="model_without_price", param="model")
    return math.ceil(price.microusd(tokens))


def _usd(value: object) -> float | None:
    return value if type(value) in (int, float) and 0 <= value < math.inf else None  # type: ignore[operator,return-value]
