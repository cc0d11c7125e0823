"""What a call may take and cost, and what of it is kept when the call has not gone as it was meant to."""

from dataclasses import dataclass

_MAY_BE_PAID = frozenset({408, 504, 524})


@dataclass(frozen=True, slots=True)
class Tokens:
    """So many tokens of a prompt, and of an answer."""

    prompt: int = 0
    completion: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.prompt + other.prompt, self.completion + other.completion)

    @property
    def sum(self) -> int:
        """All of them."""
        return self.prompt + self.completion


@dataclass(frozen=True, slots=True)
class Takes:
    """What a request may take at most: for asking the `guard` about it, the `model`, and the guard again about the answer (`judging`)."""

    guard: Tokens = Tokens()
    model: Tokens = Tokens()
    judging: Tokens = Tokens()


@dataclass(frozen=True, slots=True)
class Amount:
    """What counts against budgets: tokens, and millionths of a USD."""

    tokens: int = 0
    microusd: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.tokens + other.tokens, self.microusd + other.microusd)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request may cost at most: `guard`, for asking the guard about it, `prompt`, `completion`, for its answer, and `judging`, for
    asking the guard about that.
    """

    guard: Amount = Amount()
    prompt: Amount = Amount()
    completion: Amount = Amount()
    judging: Amount = Amount()

    @property
    def most(self) -> Amount:
        """All of it."""
        return self.least + self.completion + self.judging

    @property
    def least(self) -> Amount:
        """What it costs however short its answer is."""
        return self.guard + self.prompt


def may_be_paid(status: int) -> bool:
    """Whether a call that was answered with `status`, which is no success, may be paid for all the same: its time was over."""
    return status in _MAY_BE_PAID


def kept(cost: Cost, status: int, code: str | None = None) -> Amount:
    """What of a reservation stays of a call whose answer cannot be counted.

    Parameters: `cost`, what was reserved; `status`, of the answer; `code`, of an error of this edge, None where io.net answered.
    All stays where there is an answer, or may have been one. A guard's reading stays where the guard gave its verdict. What io.net
    refused, or was never asked, costs nothing more.
    """
    if 200 <= status < 300 or may_be_paid(status):
        return cost.most
    return Amount() if code == "moderation_unavailable" else cost.guard
