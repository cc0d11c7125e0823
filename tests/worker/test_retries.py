"""A call that failed before its first byte is made again, as often as the owner allows; never after."""

import itertools
from collections.abc import Callable, Iterator
from threading import Event

import httpx
import pytest
from werkzeug import Request, Response

from tests.conftest import Handler, StartWorker, Worker, question
from tools.upstream import faults
from tools.upstream.server import DemoUpstream

Play = Callable[[Handler], str]


def failing_first(*failures: Handler) -> Handler:
    """Play each of `failures` once, then answer."""
    handlers: Iterator[Handler] = itertools.chain(
        failures, itertools.repeat(lambda _: Response("data: [DONE]\n\n", mimetype="text/event-stream"))
    )
    return lambda request: next(handlers)(request)  # noqa: PLW0108  # the next one at each call


def status(code: int, **headers: str) -> Handler:
    return lambda _: Response("no", code, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    "failure",
    [
        faults.reset_before_headers,
        faults.garbage,
        status(502),
        status(503),
        status(503, retry_after="1"),
        status(504),
        status(429, retry_after="0"),
        status(429, retry_after="1"),
    ],
)
def test_a_passing_failure_is_not_seen_by_the_client(
    worker: Worker, client: httpx.Client, upstream: DemoUpstream, play: Play, failure: Handler
) -> None:
    response = client.post(worker.chat, json=question(model=play(failing_first(failure))))
    assert (response.status_code, response.text) == (200, "data: [DONE]\n\n")
    first, second = upstream.calls
    assert first.body == second.body
    assert second.header("authorization") == first.header("authorization")


@pytest.mark.parametrize(
    "failure",
    [
        status(400),
        status(402),
        status(404),
        status(500),
        status(524),
        status(429),
        status(429, retry_after="3600"),
        status(429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"),
        status(503, retry_after="120"),
    ],
)
def test_a_failure_that_will_not_pass_is_told_at_once(
    worker: Worker, client: httpx.Client, upstream: DemoUpstream, play: Play, failure: Handler
) -> None:
    response = client.post(worker.chat, json=question(model=play(failing_first(failure))))
    assert (response.status_code, response.json()["error"]["message"]) == (failure(Request({})).status_code, "no")
    assert response.headers.get("retry-after") == failure(Request({})).headers.get("retry-after")
    assert len(upstream.calls) == 1


@pytest.mark.parametrize(("retries", "calls"), [("0", 1), ("3", 4)])
def test_the_owner_says_how_often(
    start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream, retries: str, calls: int
) -> None:
    response = client.post(start_worker(UPSTREAM_RETRIES=retries).chat, json=question(model="demo/fault-503"))
    assert response.status_code == 503
    assert len(upstream.calls) == calls


def test_the_timeout_bounds_all_attempts_together(
    start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream, play: Play
) -> None:
    worker = start_worker(FIRST_BYTE_TIMEOUT_MS="1000", UPSTREAM_RETRIES="3")

    def slow_failure(_: Request) -> Response:
        Event().wait(0.6)
        return Response("no", 503)

    response = client.post(worker.chat, json=question(model=play(slow_failure)))
    assert (response.status_code, len(upstream.calls)) in {(503, 1), (504, 2)}


def test_a_stream_that_breaks_is_not_called_again(worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    with (
        client.stream("POST", worker.chat, json=question(model="demo/fault-reset-midstream")) as response,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        response.read()
    assert len(upstream.calls) == 1
