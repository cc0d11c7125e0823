"""What of a reservation stays, whatever became of the call."""

import pytest

from gateway.limits.settlement import Amount, Cost, kept

COST = Cost(Amount(10, 1), Amount(30, 2), Amount(70, 4))
ALL, GUARD, NOTHING = Amount(110, 7), Amount(10, 1), Amount()


@pytest.mark.parametrize(
    ("what", "status", "code", "expected"),
    [
        ("an answer", 200, None, ALL),
        ("an answer, as io.net documents it elsewhere", 201, None, ALL),
        ("the edge's own time was over", 504, "upstream_timeout", ALL),
        ("the upstream's time was over", 504, None, ALL),
        ("the network's time was over", 524, None, ALL),
        ("the upstream waited too long for the request", 408, None, ALL),
        ("a wrong request", 400, None, GUARD),
        ("a wrong key", 401, None, GUARD),
        ("no credits", 402, None, GUARD),
        ("too many requests", 429, None, GUARD),
        ("a defect of the upstream's", 500, None, GUARD),
        ("a broken gateway", 502, None, GUARD),
        ("an upstream at rest", 503, None, GUARD),
        ("the network could not connect", 522, None, GUARD),
        ("no connection", 502, "upstream_unreachable", GUARD),
        ("a redirect", 502, "upstream_redirect", GUARD),
        ("the guard refused", 400, "content_filter", GUARD),
        ("the guard gave no verdict", 503, "moderation_unavailable", NOTHING),
    ],
)
def test_what_is_kept(what: str, status: int, code: str | None, expected: Amount) -> None:
    assert kept(COST, status, code) == expected, what


def test_nothing_reserved_is_nothing_kept() -> None:
    assert kept(Cost(), 200) == NOTHING
