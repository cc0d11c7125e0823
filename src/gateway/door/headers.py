"""Headers of this edge's own."""

import re

SECURITY = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
}
"""What every API answer carries, so that it is of no use but to be read by a script that CORS lets in."""

ALWAYS = {
    "edge": {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"},
    "upstream": {"cache-control": "no-cache, no-transform"},
}
"""What else every answer carries, by who gives it (x-answered-by)."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def is_request_id(value: str) -> bool:
    """Whether a client's x-request-id can be taken over: 1 to 128 letters, digits, dots, dashes and underscores."""
    return _REQUEST_ID.fullmatch(value) is not None
