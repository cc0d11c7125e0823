"""What of a reservation stays, whatever became of the call."""

import pytest

from gateway.limits.settlement import Cost, kept

COST = Cost(guard=10, model=100)


@pytest.mark.parametrize(
    ("what", "status", "code", "expected"),
    [
        ("an answer", 200, None, 110),
        ("an answer, as io.net documents it elsewhere", 201, None, 110),
        ("the edge's own time was over", 504, "upstream_timeout", 110),
        ("the upstream's time was over", 504, None, 110),
        ("the network's time was over", 524, None, 110),
        ("the upstream waited too long for the request", 408, None, 110),
        ("a wrong request", 400, None, 10),
        ("a wrong key", 401, None, 10),
        ("no credits", 402, None, 10),
        ("too many requests", 429, None, 10),
        ("a defect of the upstream's", 500, None, 10),
        ("a broken gateway", 502, None, 10),
        ("an upstream at rest", 503, None, 10),
        ("the network could not connect", 522, None, 10),
        ("no connection", 502, "upstream_unreachable", 10),
        ("a redirect", 502, "upstream_redirect", 10),
        ("the guard refused", 400, "content_filter", 10),
        ("the guard gave no verdict", 503, "moderation_unavailable", 0),
    ],
)
def test_what_is_kept(what: str, status: int, code: str | None, expected: int) -> None:
    assert kept(COST, status, code) == expected, what


def test_nothing_reserved_is_nothing_kept() -> None:
    assert kept(Cost(), 200) == 0
