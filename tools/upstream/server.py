"""The demo upstream as a server: io.net's two calls, answered at a human pace, and every fault on request."""

import itertools
import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from werkzeug import Request, Response

from tools.upstream import faults, models
from tools.upstream.answers import compose, prompt_tokens
from tools.upstream.calls import Call, CallLog
from tools.upstream.connection import connection, wait
from tools.upstream.frames import Head, Json, completion, stream
from tools.upstream.recording import RecordingServer

HUMAN_PACE = 0.03
ROLES = ("developer", "system", "user", "assistant", "tool", "function")
LARGEST_PAGE = 100

# What comes with every chat answer of a server behind a network like io.net's, and is not for the client, or only in part.
CHAT_HEADERS = {
    "set-cookie": "__cf_bm=demo; path=/; HttpOnly",
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
}


@dataclass
class Refusal(Exception):
    """The request is answered with `response` and goes no further."""

    response: Response


class DemoUpstream:
    """An OpenAI-compatible server on 127.0.0.1; a context manager.

    `calls` is its log. `faults` is its own table: what a test puts there is played for the model `demo/fault-<name>`.
    `httpserver` takes further handlers, whose calls are logged as well.
    """

    def __init__(self, port: int = 0, *, pace: float = HUMAN_PACE, on_end: Callable[[Call], None] | None = None) -> None:
        """Parameters: `port`, 0 for a free one; `pace`, seconds between two tokens; `on_end`, called with each call that ends."""
        self.pace = pace
        self.calls = CallLog(on_end)
        self.faults = dict(faults.FAULTS)
        self.httpserver = RecordingServer(port, self.calls)
        self.httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_handler(self._chat)
        self.httpserver.expect_request("/v1/models", method="GET").respond_with_handler(self._models)

    @property
    def base_url(self) -> str:
        """The address up to and with `/v1`, once started."""
        return self.httpserver.url_for("/v1")

    def start(self) -> None:
        self.httpserver.start()

    def stop(self) -> None:
        """Stop listening and close every connection that is still in use."""
        self.httpserver.stop()
        self.calls.hang_up()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _models(self, request: Request) -> Response:
        """`GET /models` is public, so it takes no key; `q` searches, `page` and `page_size` divide."""
        size = min(request.args.get("page_size", 50, type=int), LARGEST_PAGE)
        start = (request.args.get("page", 1, type=int) - 1) * size
        found = [row for row in models.rows(self.faults) if request.args.get("q", "").lower() in row["id"].lower()]
        return _json({"object": "list", "data": found[start : start + size]})

    def _chat(self, request: Request) -> Response:
        try:
            response = self._answer(request)
        except Refusal as refusal:
            response = refusal.response
        response.headers.update(CHAT_HEADERS)
        return response

    def _answer(self, request: Request) -> Response:
        _require_key(request)
        body = _chat_body(request)
        model = body["model"]
        play = self.faults.get(model.removeprefix(models.FAULT)) if model.startswith(models.FAULT) else None
        if play:
            return play(request)
        row = models.row(model)
        if not row:
            raise Refusal(faults.bad_model(request))
        if row.get("higher_tier_required"):
            raise Refusal(faults.higher_tier(request))
        head = Head(f"chatcmpl-{secrets.token_hex(8)}", int(time.time()), model)
        answer = compose(body, f"call_{secrets.token_hex(4)}")
        if not body.get("stream"):
            return _json(completion(head, answer, prompt_tokens(body)))
        include_usage = (body.get("stream_options") or {}).get("include_usage", True)
        events = stream(head, answer, prompt_tokens(body), include_usage=include_usage)
        return faults.streamed(_paced(events, connection(request), self.pace))


def _paced(events: Iterator[bytes], sock: socket.socket, pace: float) -> Iterator[bytes]:
    """`events` with `pace` seconds between them. Raises `ClientGone` as soon as the client leaves."""
    yield from itertools.islice(events, 1)
    for event in events:
        wait(sock, pace)
        yield event


def _json(body: Json) -> Response:
    return Response(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), mimetype="application/json")


def _require_key(request: Request) -> None:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not key.strip():
        raise Refusal(faults.invalid_key(request))


def _chat_body(request: Request) -> Json:
    """The body of `request`. Raises `Refusal` with a 422 in FastAPI's form when it is no chat request."""
    body: Any = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise Refusal(faults.invalid_field("body", "Input should be a valid dictionary", "dict_type"))
    messages = body.get("messages")
    if not isinstance(body.get("model"), str):
        raise Refusal(faults.invalid_field("model", "Input should be a valid string", "string_type"))
    if not isinstance(messages, list) or not messages:
        raise Refusal(faults.invalid_field("messages", "List should have at least 1 item", "too_short"))
    if not all(isinstance(message, dict) and message.get("role") in ROLES for message in messages):
        raise Refusal(faults.invalid_field("messages", f"Each role should be one of {', '.join(ROLES)}", "enum"))
    for name in ("max_completion_tokens", "max_tokens"):
        limit = body.get(name)
        if limit is not None and (not isinstance(limit, int) or limit < 1):
            raise Refusal(faults.invalid_field(name, "Input should be greater than or equal to 1", "greater_than_equal"))
    return body
