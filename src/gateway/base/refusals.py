"""io.net's errors in OpenAI's shape: whatever io.net sends, OpenAI's clients show its words."""

import html
import re
from typing import Any

from gateway.base.errors import INVALID_REQUEST, RATE_LIMIT, SERVER, ApiError
from gateway.base.nesting import json_object

_TITLE = re.compile(r"<title[^>]*>([^<]*)</title>", re.IGNORECASE)

TEXT_CHARS = 2_000
"""How much is passed on of an error that is just text."""


def is_openais(body: bytes) -> bool:
    """Whether a body is an error as OpenAI's clients read it: `{"error": {"message": …}}`."""
    error = _parsed(body).get("error")
    return isinstance(error, dict) and isinstance(error.get("message"), str)


def as_openais(status: int, body: bytes, *, is_page: bool) -> str:
    """The JSON text of an error of io.net's of another shape; `is_page` where it is a web page, of which the title is all."""
    kind = RATE_LIMIT if status == 429 else SERVER if status >= 500 else INVALID_REQUEST
    return ApiError(status, text_of(status, body, is_page=is_page), code="upstream_error", type=kind).body()


def text_of(status: int, body: bytes, *, is_page: bool) -> str:
    """What an error of io.net's says to a person."""
    known = _parsed(body)
    error = known.get("error")
    for said in (error.get("message") if isinstance(error, dict) else error, known.get("detail"), known.get("message")):
        if text := _said(said):
            return text
    text = "" if known else body.decode(errors="replace").strip()
    if is_page:
        title = _TITLE.search(text)
        text = html.unescape(title[1].strip()) if title else ""
    return text[:TEXT_CHARS] or f"io.net answered with {status}, and no word on why."


def _said(said: object) -> str:
    """A text, or those of a list of FastAPI's: each with the field that it is about."""
    if isinstance(said, list):
        return "; ".join(filter(None, map(_said, said)))
    if isinstance(said, dict):
        place = said.get("loc")
        about = ".".join(map(str, place)) if isinstance(place, list) else ""
        text = _said(said.get("msg") or said.get("message"))
        return f"{about}: {text}" if about and text else text
    return said.strip() if isinstance(said, str) else ""


def _parsed(body: bytes) -> dict[str, Any]:
    return json_object(body.decode(errors="replace"))
