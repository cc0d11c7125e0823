"""What a call costs, and what of it is kept when the call has not gone as it was meant to."""

from dataclasses import dataclass

_MAY_BE_PAID = frozenset({408, 504, 524})


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens that a request may cost at most: `guard`, for asking the guard about it; `model`, for its answer and the prompt of it."""

    guard: int = 0
    model: int = 0


def may_be_paid(status: int) -> bool:
    """Whether a call that was answered with `status`, which is no success, may be paid for all the same: its time was over."""
    return status in _MAY_BE_PAID


def kept(cost: Cost, status: int, code: str | None = None) -> int:
    """How many tokens of a reservation stay.

    Parameters: `cost`, what was reserved; `status`, of the answer; `code`, of an error of this edge, None where io.net answered.
    All stays where there is an answer, or may have been one. A guard's reading stays where the guard gave its verdict. What io.net
    refused, or was never asked, costs nothing more.
    """
    if 200 <= status < 300 or may_be_paid(status):
        return cost.guard + cost.model
    return 0 if code == "moderation_unavailable" else cost.guard
