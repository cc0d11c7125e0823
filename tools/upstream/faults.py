"""What can go wrong with an upstream, each as a function from a request to the response that plays it.

They work as handlers of any threaded pytest-httpserver. What happens to the connection itself happens in the body's iterator,
before whose first bytes nothing is sent, not even the status line.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Final

from werkzeug import Request, Response

from tools.upstream import models
from tools.upstream.connection import connection, hang_up, reset, wait
from tools.upstream.frames import Answer, Head, Json, event, split, stream

Fault = Callable[[Request], Response]

SSE: Final = "text/event-stream"
HUGE_EVENT_BYTES = 20_000_000
TEXT = "This stream belongs to a fault that the demo upstream plays."


def sample(request: Request, text: str = TEXT) -> list[bytes]:
    """The events of a whole and correct stream of `text`."""
    head = Head("chatcmpl-fault", 1790000000, model_of(request))
    return list(stream(head, Answer(split(text)), prompt_tokens=1))


def model_of(request: Request) -> str:
    """The model that `request` names, or the default one."""
    body = request.get_json(force=True, silent=True)
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else models.DEFAULT


def streamed(body: Iterable[bytes]) -> Response:
    return Response(body, mimetype=SSE)


def json_error(status: int, body: Json) -> Response:
    return Response(json.dumps(body, separators=(",", ":")), status, mimetype="application/json")


def html_error(status: int, title: str) -> Response:
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n<body><center><h1>{title}</h1></center></body></html>\n"
    return Response(page, status, mimetype="text/html")


def reset_before_headers(request: Request) -> Response:
    """Reset the connection in place of an answer."""

    def body() -> Iterator[bytes]:
        yield from ()
        raise reset(connection(request))

    return streamed(body())


def reset_midstream(request: Request) -> Response:
    """Reset the connection after the third event."""

    def body() -> Iterator[bytes]:
        yield from sample(request)[:3]
        raise reset(connection(request))

    return streamed(body())


def silent(request: Request, limit: float = 300.0) -> Response:
    """Send nothing, until the client goes or `limit` seconds are over; then close the connection."""

    def body() -> Iterator[bytes]:
        yield from ()
        wait(connection(request), limit)
        raise hang_up(connection(request))

    return streamed(body())


def stalled(request: Request, limit: float = 300.0) -> Response:
    """Send three events and then nothing, until the client goes or `limit` seconds are over; then the rest."""

    def body() -> Iterator[bytes]:
        events = sample(request)
        yield from events[:3]
        wait(connection(request), limit)
        yield from events[3:]

    return streamed(body())


def slow(request: Request, delay: float = 2.0) -> Response:
    """A correct stream whose first byte comes after `delay` seconds."""

    def body() -> Iterator[bytes]:
        wait(connection(request), delay)
        yield from sample(request)

    return streamed(body())


def garbage(request: Request) -> Response:
    """Bytes that are not HTTP, then the end of the connection."""

    def body() -> Iterator[bytes]:
        yield from ()
        connection(request).sendall(b"\x16\x03\x01\x00\xffthis is not HTTP\x00\r\n\r\n")
        raise hang_up(connection(request))

    return streamed(body())


def error_midstream(request: Request) -> Response:
    """An error event within a 200."""
    error = {"message": "EngineCore encountered an issue.", "type": "InternalServerError", "param": None, "code": 500}
    return streamed(iter([*sample(request)[:3], event({"error": error}), *sample(request)[-1:]]))


def truncated(request: Request) -> Response:
    """A stream that ends in order but too early: without finish reason, usage and `[DONE]`."""
    return streamed(iter(sample(request)[:3]))


def empty(_: Request) -> Response:
    """A 200 with no body at all."""
    return streamed([])


def huge_event(request: Request) -> Response:
    """A correct stream with one event of 20 MB."""
    return streamed(iter(sample(request, "x" * HUGE_EVENT_BYTES)))


def gzip_labelled(request: Request) -> Response:
    """A correct stream, gzipped although nobody asked for it."""
    response = streamed([gzip.compress(b"".join(sample(request)))])
    response.content_encoding = "gzip"
    return response


def redirect(request: Request, location: str | None = None) -> Response:
    """A 302 to `location`, or to this server's list of models."""
    return Response(status=HTTPStatus.FOUND, headers={"location": location or request.host_url + "v1/models"})


def bad_model(request: Request) -> Response:
    """400 as io.net answers for a model it does not know: text that names those it has."""
    names = ", ".join(dict.fromkeys(row["id"] for row in models.ROWS))
    text = f"Model '{model_of(request)}' is not available. Available models: {names}"
    return Response(text.encode("utf-8", "replace"), HTTPStatus.BAD_REQUEST, mimetype="text/plain")


def invalid_key(_: Request) -> Response:
    return json_error(HTTPStatus.UNAUTHORIZED, {"detail": "Invalid API Key"})


def higher_tier(request: Request) -> Response:
    detail = f"Model '{model_of(request)}' requires a higher IO Intelligence tier"
    return json_error(HTTPStatus.PAYMENT_REQUIRED, {"detail": detail})


def insufficient_credits(_: Request) -> Response:
    return json_error(HTTPStatus.PAYMENT_REQUIRED, {"detail": "Insufficient credits"})


def bot_check(_: Request) -> Response:
    """403 as the network before io.net answers a client it takes for a robot: it is not about the key."""
    return Response("error code: 1010", HTTPStatus.FORBIDDEN, mimetype="text/plain")


def not_found(_: Request) -> Response:
    return json_error(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})


def unprocessable(_: Request) -> Response:
    """422 in the form of FastAPI's validation errors."""
    return invalid_field("messages", "Field required", "missing")


def invalid_field(name: str, message: str, kind: str) -> Response:
    detail = [{"loc": ["body", name], "msg": message, "type": kind}]
    return json_error(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": detail})


def rate_limited(_: Request) -> Response:
    error = {"message": "Rate limit reached.", "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"}
    return json_error(HTTPStatus.TOO_MANY_REQUESTS, {"error": error})


def rate_limited_for_a_second(request: Request) -> Response:
    response = rate_limited(request)
    response.headers["retry-after"] = "1"
    return response


def internal_error(_: Request) -> Response:
    return Response("Internal Server Error", HTTPStatus.INTERNAL_SERVER_ERROR, mimetype="text/plain")


def bad_gateway(_: Request) -> Response:
    return html_error(HTTPStatus.BAD_GATEWAY, "502 Bad Gateway")


def unavailable(_: Request) -> Response:
    return json_error(HTTPStatus.SERVICE_UNAVAILABLE, {"message": "The model is being loaded."})


def gateway_timeout(_: Request) -> Response:
    return html_error(HTTPStatus.GATEWAY_TIMEOUT, "504 Gateway Time-out")


def origin_timeout(_: Request) -> Response:
    """Cloudflare's 524: the server behind it accepted the connection and gave no answer in time."""
    return html_error(524, "api.intelligence.io.solutions | 524: A timeout occurred")


FAULTS: dict[str, Fault] = {
    "reset-before-headers": reset_before_headers,
    "reset-midstream": reset_midstream,
    "silent": silent,
    "stalled": stalled,
    "slow": slow,
    "garbage": garbage,
    "error-midstream": error_midstream,
    "truncated": truncated,
    "empty": empty,
    "huge-event": huge_event,
    "gzip-labelled": gzip_labelled,
    "redirect": redirect,
    "400": bad_model,
    "401": invalid_key,
    "402": higher_tier,
    "402-credits": insufficient_credits,
    "403": bot_check,
    "404": not_found,
    "422": unprocessable,
    "429": rate_limited,
    "429-retry-after": rate_limited_for_a_second,
    "500": internal_error,
    "502": bad_gateway,
    "503": unavailable,
    "504": gateway_timeout,
    "524": origin_timeout,
}
