"""Cross-origin access, as the WHATWG Fetch standard's CORS protocol (section 3.3) has it."""

import re
from collections.abc import Sequence

EXPOSED = "x-request-id, x-answered-by, retry-after"
PREFLIGHT_SECONDS = "86400"

_HEADER_LIST = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*")


def allow_origin(origin: str | None, allowed: Sequence[str]) -> str | None:
    """The value of Access-Control-Allow-Origin for a request from `origin` (its Origin header), or None for no access.

    `allowed` holds exact origins, or `*` for any. Any origin is answered with a literal `*`, never with the origin itself, so that no
    browser sends credentials along.
    """
    if "*" in allowed:
        return "*"
    return origin if origin in allowed else None


def headers(origin: str | None, allowed: Sequence[str]) -> dict[str, str]:
    """The headers that every answer carries, an error too. `Vary` keeps caches from giving one origin's answer to another."""
    granted = allow_origin(origin, allowed)
    if granted is None:
        return {"vary": "Origin"}
    return {"vary": "Origin", "access-control-allow-origin": granted, "access-control-expose-headers": EXPOSED}


def preflight(requested_headers: str | None, methods: Sequence[str]) -> dict[str, str]:
    """The headers that answer a preflight, beside `headers`.

    `requested_headers` is Access-Control-Request-Headers, echoed when it is a list of header names: `*` would not cover Authorization,
    and OpenAI's clients send a growing list of their own.
    """
    answer = {
        "access-control-allow-methods": ", ".join(methods),
        "access-control-max-age": PREFLIGHT_SECONDS,
        "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    if requested_headers and _HEADER_LIST.fullmatch(requested_headers):
        answer["access-control-allow-headers"] = requested_headers
    return answer
