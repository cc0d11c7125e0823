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
    models_prices = await _prices(models, settings)
    guards_prices = await _prices([settings.moderation_model] if settings.moderation_model else [], settings)
    return Cost(
        _amount(takes.guard, guards_prices),
        _amount(Tokens(takes.model.prompt), models_prices),
        _amount(Tokens(completion=takes.model.completion), models_prices),
        _amount(takes.judging, guards_prices),
    )


async def _prices(models: Sequence[str], settings: Settings) -> list[Price]:
    """The price of each, where the owner has a budget in USD."""
    prices: list[Price] = []
    for model in models if settings.has_budget_in_usd else ():
        price = await price_of(model, settings)
        if price is None:
            message = f"io.net's list gives no price for {model}, so it may not be asked where there is a budget in USD."
            raise ApiError(403, message, code="model_without_price", param="model")
        prices.append(price)
    return prices


def _amount(tokens: Tokens, prices: Sequence[Price]) -> Amount:
    return Amount(tokens.sum, max((math.ceil(price.microusd(tokens)) for price in prices), default=0))


def _usd(value: object) -> float | None:
    return value if type(value) in (int, float) and 0 <= value < math.inf else None  # type: ignore[operator,return-value]
