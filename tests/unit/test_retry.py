"""When a failed call is made again, and after how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.retry import LONGEST_WAIT_MS, wait_before_retry


@given(attempt=st.integers(0, 10), status=st.none() | st.sampled_from([502, 503, 504]), jitter=st.floats(0, 1, exclude_max=True))
def test_backoff_grows_and_stays_short(attempt: int, status: int | None, jitter: float) -> None:
    wait = wait_before_retry(attempt, status, None, jitter)
    assert wait is not None
    assert min(125 * 2**attempt, LONGEST_WAIT_MS / 2) <= wait <= min(250 * 2**attempt, LONGEST_WAIT_MS)


def test_jitter_spreads_the_calls() -> None:
    assert wait_before_retry(0, 503, None, 0.0) != wait_before_retry(0, 503, None, 0.9)


@pytest.mark.parametrize("status", [200, 201, 301, 400, 401, 402, 403, 404, 408, 422, 500, 501, 520, 524])
def test_no_other_status_is_called_again(status: int) -> None:
    assert wait_before_retry(0, status, "1", 0.5) is None


@pytest.mark.parametrize("retry_after", [None, "", "3", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "soon"])
def test_a_429_that_asks_for_no_short_wait_is_not(retry_after: str | None) -> None:
    assert wait_before_retry(0, 429, retry_after, 0.5) is None


def test_what_the_upstream_asks_for_is_kept() -> None:
    assert (wait_before_retry(0, 429, "2", 0.0) or 0) >= 2000
    assert (wait_before_retry(0, 503, "2", 0.0) or 0) >= 2000
    assert wait_before_retry(0, 503, "3", 0.0) is None
