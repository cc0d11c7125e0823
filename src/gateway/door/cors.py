"""Cross-origin access, as the WHATWG Fetch standard's CORS protocol (section 3.3) has it."""

import re
from collections.abc import Sequence

from gateway.door.hosts import LOOPBACK, is_loopback

EXPOSED = ", ".join(
    (
        *("x-request-id", "x-answered-by", "x-model", "x-budget-remaining-tokens", "x-budget-remaining-usd", "retry-after"),
        *(f"x-ratelimit-{what}-{unit}" for unit in ("requests", "tokens") for what in ("limit", "remaining", "reset")),
    )
)
"""Headers that a page may read. `*` would not cover calls with cookies."""

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
"""What a page may ask with: all that there is anywhere."""

PREFLIGHT_SECONDS = "86400"

_LABEL = re.compile(r"[a-z0-9-]+")
_HEADER_LIST = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*")


def is_allowed(origin: str | None, allowed: Sequence[str], own: str) -> bool:
    """Whether a request may be served that comes from `origin`, its Origin header, or from no page at all (None).

    Parameters: `allowed`, the entries of ALLOWED_ORIGINS: `*` for any, `loopback` for pages of this machine's own hosts, an origin, or
    one with `*.` for exactly one label of its host; `own`, the edge's own origin, whose page is always allowed. Origins are compared to the
    letter: browsers send them in lower case.
    """
    return origin is None or origin == own or any(_matches(origin, entry) for entry in allowed)


def unnamed(site: str | None) -> str | None:
    """The origin of a request that has no Origin header, such as a browser's for an image or a link.

    `site` is its Sec-Fetch-Site header (W3C Fetch Metadata, section 2.4). Another site's page is the origin that browsers write as `null`;
    the edge's own page, a person, or a program, is none.
    """
    return "null" if site in ("cross-site", "same-site") else None


def headers(origin: str | None, allowed: Sequence[str]) -> dict[str, str]:
    """The headers that every answer carries, an error too. `Vary` keeps caches from giving one origin's answer to another.

    Any origin is answered with a literal `*`, never with the origin itself, and credentials are never allowed, so that no browser sends
    them along.
    """
    if "*" in allowed:
        granted = "*"
    elif origin and any(_matches(origin, entry) for entry in allowed):
        granted = origin
    else:
        return {"vary": "Origin"}
    return {"vary": "Origin", "access-control-allow-origin": granted, "access-control-expose-headers": EXPOSED}


def preflight(requested_headers: str | None) -> dict[str, str]:
    """The headers that answer a preflight, beside `headers`: the same for each path. What a path has not is told by the request itself, in
    an answer that the page may read; of a preflight that is refused, a browser says nothing but that it was.

    `requested_headers` is Access-Control-Request-Headers, echoed when it is a list of header names: `*` would not cover Authorization,
    and OpenAI's clients send a growing list of their own.
    """
    answer = {
        "access-control-allow-methods": METHODS,
        "access-control-max-age": PREFLIGHT_SECONDS,
        "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    if requested_headers and _HEADER_LIST.fullmatch(requested_headers):
        answer["access-control-allow-headers"] = requested_headers
    return answer


def _matches(origin: str, entry: str) -> bool:
    if entry == LOOPBACK:
        scheme, _, host = origin.partition("://")
        return scheme in ("http", "https") and is_loopback(host)
    if "//*." not in entry:
        return entry in ("*", origin)
    before, after = entry.split("*")
    label = origin.removeprefix(before).removesuffix(after)
    return f"{before}{label}{after}" == origin and _LABEL.fullmatch(label) is not None
