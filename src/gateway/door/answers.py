"""The runtime's Response objects, and reading what the runtime hands in."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from js import Array, Headers, Object, Response
from pyodide.ffi import to_js

from gateway.base.errors import ApiError
from gateway.door.headers import ALWAYS, SECURITY


def header(answer: Response, name: str) -> str | None:
    """A header of a response, or None."""
    return text(answer.headers.get(name))


def all_headers(answer: Response) -> dict[str, str]:
    """All headers of a response by their lower-case names."""
    # Over as one text, for a name has no comma, and a value no new line (RFC 9110, section 5).
    lines: str = Array.from_(answer.headers).join("\n")
    return dict(line.split(",", 1) for line in lines.split("\n") if line)


def text(value: object) -> str | None:
    """What `Headers.get` gives as text or None. The runtime's own null for a missing one is neither."""
    return value if isinstance(value, str) else None


def js_object(members: Mapping[str, object]) -> Any:
    """A plain JavaScript object with these members."""
    return to_js(members, dict_converter=Object.fromEntries)


def respond(body: object, status: int, headers: Mapping[str, str]) -> Response:
    """A response of `status` with just these headers; `body` is text, None, or a ReadableStream, which is not read here."""
    return Response.new(body, js_object({"status": status, "headers": headers}))


def passed_on(body: object, status: int, headers: Mapping[str, str]) -> Response:
    """An answer of the upstream's under `headers` and those that all of them carry; `body` is its ReadableStream, which is not read here,
    or what was made of it."""
    return _answer(body, _init(status, "upstream"), headers)


def own(body: object, status: int, headers: Mapping[str, str]) -> Response:
    """A JSON answer that this edge gives itself; `body` is text, None, or a JavaScript array of the bytes (`js_bytes`)."""
    return _answer(body, _init(status, "edge"), headers)


def js_bytes(text: str) -> object:
    """`text` as JavaScript's bytes, which may be kept and be the body of many answers: no text need cross over again."""
    return to_js(text.encode())


def _answer(body: object, init: object, headers: Mapping[str, str]) -> Response:
    response = Response.new(body, init)
    put = response.headers.set
    for name, value in headers.items():
        put(name, value)
    return response


@cache
def _init(status: int, answered_by: str) -> object:
    """What all answers from there have in common, made once, for headers that cross over one by one are half of an answer's cost."""
    init = js_object({"status": status})
    init.headers = Headers.new(js_object({**ALWAYS[answered_by], **SECURITY, "x-answered-by": answered_by}))
    return init


def refuse(error: ApiError, headers: Mapping[str, str]) -> Response:
    """An error as an answer."""
    return own(error.body(), error.status, {**headers, **error.headers})
