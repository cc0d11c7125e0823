"""When a call that has given no byte yet is made again, and after how long."""

import re

LONGEST_WAIT_MS = 2_000
_FIRST_WAIT_MS = 250


def wait_before_retry(attempt: int, status: int | None, retry_after: str | None, jitter: float) -> float | None:
    """How long to wait before the call is made again, or None when it is not.

    Parameters: `attempt`, how many calls have failed before this one; `status`, the upstream's HTTP status, None when the connection
    failed; `retry_after`, its Retry-After header (RFC 9110, section 10.2.3); `jitter`, a random number from 0 up to 1.
    Returns milliseconds. A 429 is called again only where the upstream asks for a short wait; a date in Retry-After is not short.
    """
    backoff = min(_FIRST_WAIT_MS * 2**attempt, LONGEST_WAIT_MS) * (0.5 + jitter / 2)
    if status == 429:
        asked = _milliseconds(retry_after)
        return asked + backoff if asked is not None and asked <= LONGEST_WAIT_MS else None
    if status in (None, 502, 503, 504):
        asked = _milliseconds(retry_after) or 0
        return max(backoff, asked) if asked <= LONGEST_WAIT_MS else None
    return None


def _milliseconds(retry_after: str | None) -> int | None:
    return int(retry_after) * 1000 if retry_after and re.fullmatch(r"[0-9]{1,9}", retry_after) else None


def is_refusal_of_the_model(status: int) -> bool:
    """Whether another model may be served where this one was answered with `status`: a tier, an unknown name, a limit, a failure."""
    return status in (402, 404, 429) or status >= 500
