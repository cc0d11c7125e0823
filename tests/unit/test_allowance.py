"""Which budgets hold for whom, and what is said of them."""

from datetime import UTC, datetime

import pytest

from gateway.base import settings
from gateway.limits.allowance import ALL, Allowance, Left, allowances, exceeded, headers, next_period
from gateway.limits.settlement import Amount

NOON = datetime(2026, 12, 31, 12, tzinfo=UTC)
TOKENS = Allowance("daily_token_budget", "token:a", "tokens", "day", 1000)
DAY = Allowance("daily_budget_usd", "token:a", "microusd", "day", 2_000_000)
MONTH = Allowance("monthly_budget_usd", "token:a", "microusd", "month", 20_000_000)
TOTAL = Allowance("total_monthly_budget_usd", ALL, "microusd", "month", 50_000_000)


def test_only_those_that_are_set() -> None:
    values = {"IONET_API_KEY": "k", "ALLOW_ANONYMOUS": "true", "MAX_COMPLETION_TOKENS": "10"}
    assert allowances(settings.parse(values), "token:a") == []
    values |= {
        "DAILY_TOKEN_BUDGET": "1000",
        "DAILY_BUDGET_USD": "2",
        "MONTHLY_BUDGET_USD": "20.00",
        "TOTAL_MONTHLY_BUDGET_USD": "50",
    }
    assert allowances(settings.parse(values), "token:a") == [TOKENS, DAY, MONTH, TOTAL]


@pytest.mark.parametrize(
    ("per", "now", "then"),
    [
        ("day", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        ("day", datetime(2028, 2, 28, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)),
        ("month", datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        ("month", datetime(2028, 2, 29, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
    ],
)
def test_when_it_begins_anew(per: str, now: datetime, then: datetime) -> None:
    assert next_period(per, now) == then  # type: ignore[arg-type]


class TestWhatA429Says:
    def test_what_is_left_and_when_there_is_more(self) -> None:
        error = exceeded([Left(TOKENS, 900), Left(DAY, 0)], Amount(200, 1), NOON)
        assert (error.status, error.code) == (429, "budget_exceeded")
        assert error.message == (
            "Of the budget of 1000 tokens for a day, 100 tokens are left, and this request may cost 200 tokens. "
            "It resets at 2027-01-01 00:00 UTC."
        )
        assert error.headers == {
            "retry-after": "43201",
            "x-budget-remaining-tokens": "100",
            "x-budget-remaining-usd": "2.000000",
        }

    def test_of_the_budget_that_begins_anew_the_latest(self) -> None:
        now = NOON.replace(month=10, day=10)
        error = exceeded([Left(TOKENS, 900), Left(MONTH, 19_000_000)], Amount(200, 2_000_000), now)
        assert "Of the budget of 20.000000 USD for a month, 1.000000 USD are left" in error.message
        assert "resets at 2026-11-01 00:00" in error.message

    def test_a_request_that_no_day_has_room_for(self) -> None:
        error = exceeded([Left(TOKENS, 0)], Amount(2000), NOON)
        assert "may cost 2000 tokens, more than a day's budget of 1000 tokens" in error.message

    def test_nothing_of_what_all_spend(self) -> None:
        error = exceeded([Left(DAY, 0), Left(TOTAL, 49_000_000)], Amount(0, 2_000_000), NOON)
        assert "The budget that this edge has for a month" in error.message
        assert "49" not in error.message
        assert "1.0" not in error.message
        assert error.headers["x-budget-remaining-usd"] == "2.000000"


def test_headers_have_the_smallest_rest_of_ones_own() -> None:
    told = headers([Left(TOKENS, 1), Left(DAY, 500_000), Left(MONTH, 19_999_000), Left(TOTAL, 50_000_000)])
    assert told == {"x-budget-remaining-tokens": "999", "x-budget-remaining-usd": "0.001000"}
    assert headers([Left(TOTAL, 0)]) == {}


def test_a_limit_that_was_lowered_leaves_nothing() -> None:
    assert Left(TOKENS, 1500).told(NOON) == {
        "name": "DAILY_TOKEN_BUDGET",
        "whose": "own",
        "unit": "tokens",
        "per": "day",
        "limit": 1000,
        "used": 1500,
        "remaining": 0,
        "resets_at": "2027-01-01T00:00:00Z",
    }


def test_money_is_told_in_usd() -> None:
    told = Left(TOTAL, 49_500_000).told(NOON)
    assert (told["whose"], told["unit"], told["limit"], told["used"], told["remaining"]) == ("all", "usd", 50, 49.5, 0.5)
