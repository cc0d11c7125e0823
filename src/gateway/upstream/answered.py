"""What io.net answers, with what is needed to count it."""

from collections.abc import Sequence
from dataclasses import dataclass

from js import Response

from gateway.limits.budget import Reservation


@dataclass(frozen=True, slots=True)
class Answered:
    """io.net's answer to `identity`, and which model gives it; `prompt_tokens` and `reserved` are what was thought that it takes, where
    that is counted, and `for_guard` the conversations that the guard has read, where there is one.
    """

    identity: str
    model: str
    upstream: Response
    prompt_tokens: int
    reserved: Reservation | None
    for_guard: Sequence[bytes] = ()
