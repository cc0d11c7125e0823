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

FROM_UPSTREAM = {"cache-control": "no-cache, no-transform", **SECURITY, "x-answered-by": "upstream"}
"""What every answer of the upstream's carries beside its own."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def is_request_id(value: str) -> bool:
    """Whether a client's x-request-id can be taken over: 1 to 128 letters, digits, dots, dashes and underscores."""
    return _REQUEST_ID.fullmatch(value) is not None
