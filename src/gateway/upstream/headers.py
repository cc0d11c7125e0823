"""Which headers go to the upstream, and which of the upstream's come back."""

import re
from collections.abc import Mapping

from gateway.base.version import VERSION

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_VALUE = re.compile(r"[\t\x20-\x7e]{1,256}")
_PASSED_ON = re.compile(r"retry-after|x-ratelimit-[a-z-]+|ratelimit(-[a-z]+)?")
_INERT_TYPES = ("text/event-stream", "application/json", "application/problem+json", "text/plain")


def for_upstream(api_key: str) -> dict[str, str]:
    """The headers of every call to io.net; none of the client's own is forwarded.

    io.net's bot check refuses a request without a User-Agent, and a Worker's fetch sends none of its own. An encoded answer would have
    to be decoded on the way, so none is asked for.
    """
    return {
        "authorization": f"Bearer {api_key}",
        "content-type": "application/json",
        "accept": "text/event-stream",
        "accept-encoding": "identity",
        "user-agent": f"ionet-edge/{VERSION}",
    }


def from_upstream(headers: Mapping[str, str], model: str) -> dict[str, str]:
    """The headers of an answer that comes from the upstream, built afresh, beside those that all of them carry.

    Parameters: `headers`, the upstream's, by lower-case name; `model`, the one that served, named where a header can hold its name.
    A value that is long, or no visible ASCII, is left out.
    The upstream's content-encoding must not be repeated: the runtime has decoded the body, and would encode it again. A type that a
    browser would render, such as an error page's HTML, is passed as plain text.
    """
    passed = told(headers)
    if _HEADER_SAFE.fullmatch(model):
        passed["x-model"] = model
    passed["content-type"] = _inert(headers.get("content-type", ""))
    return passed


def told(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of the upstream's headers that are passed on: its limits, and when to come again."""
    return {name: value for name, value in headers.items() if _PASSED_ON.fullmatch(name) and _VALUE.fullmatch(value)}


def is_page(content_type: str) -> bool:
    """Whether a content-type is a web page's, which no answer of a chat API has."""
    return _media_type(content_type) in ("text/html", "application/xhtml+xml")


def is_stream(content_type: str) -> bool:
    """Whether a content-type is that of server-sent events."""
    return _media_type(content_type) == "text/event-stream"


def _inert(content_type: str) -> str:
    media_type = _media_type(content_type)
    if is_stream(content_type):
        return "text/event-stream; charset=utf-8"
    return content_type if media_type in _INERT_TYPES and _VALUE.fullmatch(content_type) else "text/plain; charset=utf-8"


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
