"""The runtime's Response objects, and reading what the runtime hands in."""

from collections.abc import Mapping

from js import Object, Request, Response
from pyodide.ffi import to_js

from gateway.base.errors import ApiError
from gateway.door.headers import SECURITY


def header(message: Request | Response, name: str) -> str | None:
    """A header of a request or response, or None. The runtime's own null for a missing one is neither None nor a string."""
    value = message.headers.get(name)
    return value if isinstance(value, str) else None


def js_object(members: Mapping[str, object]) -> object:
    """A plain JavaScript object with these members."""
    return to_js(members, dict_converter=Object.fromEntries)


def respond(body: object, status: int, headers: Mapping[str, str]) -> Response:
    """A response of `status` with just these headers; `body` is text, None, or a ReadableStream, which is not read here."""
    return Response.new(body, js_object({"status": status, "headers": headers}))


def own(body: str | None, status: int, headers: Mapping[str, str]) -> Response:
    """A JSON answer that this edge gives itself."""
    return respond(
        body,
        status,
        {
            "content-type": "application/json; charset=utf-8",
            "cache-control": "no-store",
            **SECURITY,
            "x-answered-by": "edge",
            **headers,
        },
    )


def refuse(error: ApiError, headers: Mapping[str, str]) -> Response:
    """An error as an answer."""
    return own(error.body(), error.status, {**headers, **error.headers})
