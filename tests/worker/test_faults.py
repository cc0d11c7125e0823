"""Whatever the upstream does, the client gets a true answer, the key stays hidden, and the next request works."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from werkzeug import Request, Response

from tests.conftest import KEY, Handler, StartWorker, Worker, question
from tools.processes import free_port
from tools.upstream import faults
from tools.upstream.connection import connection, hang_up
from tools.upstream.server import DemoUpstream

JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Refused:
    """An answer of the edge's own: there was nothing to pass on."""

    status: int
    code: str
    calls: int = 1


@dataclass(frozen=True)
class Passed:
    """The upstream's answer, passed on: `body` occurs in it."""

    status: int
    content_type: str
    body: str
    calls: int = 1


TABLE: dict[str, Refused | Passed] = {
    "reset-before-headers": Refused(502, "upstream_unreachable", calls=2),
    "garbage": Refused(502, "upstream_unreachable", calls=2),
    "silent": Refused(504, "upstream_timeout"),
    "redirect": Refused(502, "upstream_redirect"),
    "400": Passed(400, JSON, "Available models: "),
    "401": Refused(502, "upstream_key_refused"),
    "402": Passed(402, JSON, "requires a higher IO Intelligence tier"),
    "402-credits": Passed(402, JSON, "Insufficient credits"),
    "403": Passed(403, JSON, "error code: 1010"),
    "404": Passed(404, JSON, '{"error": {"message": "Not Found", "type": "invalid_request_error"'),
    "422": Passed(422, JSON, "body.messages: Field required"),
    "429": Passed(429, JSON, "rate_limit_exceeded"),
    "429-retry-after": Passed(429, JSON, "rate_limit_exceeded", calls=2),
    "500": Passed(500, JSON, "Internal Server Error"),
    "502": Passed(502, JSON, '"message": "502 Bad Gateway", "type": "server_error"', calls=2),
    "503": Passed(503, JSON, "The model is being loaded.", calls=2),
    "504": Passed(504, JSON, "504 Gateway Time-out", calls=2),
    "524": Passed(524, JSON, "524: A timeout occurred"),
    "error-midstream": Passed(200, SSE, '"EngineCore encountered an issue."'),
    "truncated": Passed(200, SSE, '"content":"This"'),
    "empty": Passed(200, SSE, ""),
    "huge-event": Passed(200, SSE, "x" * faults.HUGE_EVENT_BYTES),
    "slow": Passed(200, SSE, "data: [DONE]"),
    "gzip-labelled": Passed(200, SSE, "data: [DONE]"),
}


STREAM = b"data: x\n\n"


def answer(status: str = "200 OK", *headers: str | bytes, body: bytes = STREAM, framing: str | None = None) -> bytes:
    """An answer to the letter, and the last of its connection. `framing` stands in the place of the right Content-Length."""
    head = [f"HTTP/1.1 {status}", "connection: close", *headers, f"content-length: {len(body)}" if framing is None else framing]
    return b"\r\n".join(line.encode() if isinstance(line, str) else line for line in head if line) + b"\r\n\r\n" + body


EVENTS = "content-type: text/event-stream"
CHUNKED = "transfer-encoding: chunked"
UNREACHABLE = Refused(502, "upstream_unreachable")
INVALID_STATUS = Refused(502, "upstream_invalid_status")
REDIRECT = Refused(502, "upstream_redirect")
WHOLE = Passed(200, SSE, STREAM.decode())

ODD_ANSWERS: dict[str, tuple[bytes, Refused | Passed]] = {
    "a header named constructor": (answer("200 OK", EVENTS, "constructor: x"), WHOLE),
    "a header named __proto__": (answer("200 OK", EVENTS, "__proto__: x"), WHOLE),
    "headers named like methods": (answer("200 OK", EVENTS, "toString: a", "hasOwnProperty: b", "valueOf: c", "then: d"), WHOLE),
    "headers named like members": (answer("200 OK", EVENTS, "length: 5", "size: 6", "get: x", "next: y", "name: z"), WHOLE),
    "thousands of headers": (answer("200 OK", EVENTS, *(f"x-h-{number}: 1" for number in range(5_000))), WHOLE),
    "a header of 300 kB": (answer("200 OK", EVENTS, f"x-h: {'a' * 300_000}"), WHOLE),
    "a name with a space": (answer("200 OK", EVENTS, "x h: 1"), UNREACHABLE),
    "a line without a colon": (answer("200 OK", EVENTS, "x-h"), UNREACHABLE),
    "a folded header": (answer("200 OK", EVENTS, "x-h: 1\r\n 2"), UNREACHABLE),
    "a NUL in a header": (answer("200 OK", EVENTS, "x-h: 1\x002"), UNREACHABLE),
    "two types": (answer("200 OK", EVENTS, "content-type: text/html"), Passed(200, TEXT, STREAM.decode())),
    "no type": (answer(), Passed(200, TEXT, STREAM.decode())),
    "a type that is not ASCII": (answer("200 OK", f"content-type: {JSON}; x=日本"), Passed(200, TEXT, STREAM.decode())),
    "status 000": (answer("000 None", EVENTS), UNREACHABLE),
    "status 099": (answer("099 None", EVENTS), UNREACHABLE),
    "status 101": (answer("101 Switching Protocols", EVENTS, "upgrade: x", "connection: upgrade"), INVALID_STATUS),
    "status 103 before the answer": (b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + answer("200 OK", EVENTS), WHOLE),
    "status 199": (answer("199 None", EVENTS), UNREACHABLE),
    "status 204": (answer("204 No Content", EVENTS), Passed(204, SSE, "")),
    "status 205": (answer("205 Reset Content", EVENTS), Passed(205, SSE, "")),
    "status 206": (answer("206 Partial Content", EVENTS), Passed(206, SSE, STREAM.decode())),
    "status 300": (answer("300 Multiple Choices", EVENTS), REDIRECT),
    "status 304": (answer("304 Not Modified", EVENTS, body=b""), REDIRECT),
    "status 399": (answer("399 None", EVENTS), REDIRECT),
    "status 418": (answer("418 None", EVENTS), Passed(418, JSON, "data: x")),
    "status 599": (answer("599 None", EVENTS), Passed(599, JSON, "data: x")),
    "status 600": (answer("600 None", EVENTS), INVALID_STATUS),
    "status 999": (answer("999 None", EVENTS), INVALID_STATUS),
    "status 1000": (answer("1000 None", EVENTS), UNREACHABLE),
    "no status": (answer("OK", EVENTS), UNREACHABLE),
    "another protocol": (answer("200 OK", EVENTS).replace(b"HTTP/1.1", b"HTTP/2.0"), UNREACHABLE),
    "half a head": (answer("200 OK", EVENTS)[:30], UNREACHABLE),
    "nothing": (b"", UNREACHABLE),
    "a negative length": (answer("200 OK", EVENTS, framing="content-length: -1"), UNREACHABLE),
    "two lengths": (answer("200 OK", EVENTS, "content-length: 3"), UNREACHABLE),
    "a length and chunks": (answer("200 OK", EVENTS, CHUNKED, body=b"9\r\ndata: x\n\n\r\n0\r\n\r\n"), WHOLE),
    "trailers": (answer("200 OK", EVENTS, body=b"9\r\ndata: x\n\n\r\n0\r\nx-h: 1\r\n\r\n", framing=CHUNKED), WHOLE),
    "an unknown encoding": (answer("200 OK", EVENTS, "content-encoding: other"), WHOLE),
    "headers of the edge's own": (
        answer("200 OK", EVENTS, "x-request-id: theirs", "x-answered-by: edge", "x-model: theirs"),
        WHOLE,
    ),
    "headers for a browser": (
        answer("200 OK", EVENTS, "location: https://evil.example", "set-cookie: a=b", "refresh: 0", 'clear-site-data: "*"'),
        WHOLE,
    ),
    "a page with a success": (answer("203 OK", "content-type: text/html"), Refused(502, "upstream_not_an_api")),
}

BROKEN_BODIES: dict[str, bytes] = {
    "too short": answer("200 OK", EVENTS, framing="content-length: 100"),
    "of chunks that make no sense": answer("200 OK", EVENTS, body=b"zz\r\nabc", framing=CHUNKED),
    "of a chunk that breaks off": answer("200 OK", EVENTS, body=b"9\r\nabc", framing=CHUNKED),
    "not gzip, as it says": answer("200 OK", EVENTS, "content-encoding: gzip"),
    "not brotli, as it says": answer("200 OK", EVENTS, "content-encoding: br"),
}


def sending(data: bytes) -> Handler:
    """A handler that sends just `data`, and closes the connection."""

    def handler(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            yield from ()
            connection(request).sendall(data)
            raise hang_up(connection(request))

        return Response(body())

    return handler


@pytest.fixture(scope="module")
def patient(start_worker: StartWorker) -> Worker:
    """A Worker that waits for the upstream's first byte for as long as the slow fault takes, and little longer."""
    return start_worker(FIRST_BYTE_TIMEOUT_MS="3000")


@pytest.fixture(scope="module")
def once(start_worker: StartWorker) -> Worker:
    """A Worker that asks the upstream once."""
    return start_worker(UPSTREAM_RETRIES="0")


def assert_next_request_works(worker: Worker, client: httpx.Client) -> None:
    assert client.post(worker.chat, json=question()).text.endswith("data: [DONE]\n\n")


def assert_says_nothing_secret(response: httpx.Response, worker: Worker) -> None:
    for secret in (KEY, KEY.split(".")[-1]):
        assert secret not in response.text
        assert secret not in repr(response.headers)
        assert secret not in worker.log.read_text()


@pytest.mark.parametrize(("fault", "expected"), TABLE.items(), ids=list(TABLE))
def test_fault(patient: Worker, client: httpx.Client, upstream: DemoUpstream, fault: str, expected: Refused | Passed) -> None:
    response = ask(client, patient, f"demo/fault-{fault}")
    assert_is(response, expected)
    assert len(upstream.calls) == expected.calls
    assert_says_nothing_secret(response, patient)
    assert_next_request_works(patient, client)


@pytest.mark.parametrize(("data", "expected"), ODD_ANSWERS.values(), ids=list(ODD_ANSWERS))
def test_an_odd_answer(
    once: Worker, client: httpx.Client, play: Callable[[Handler], str], data: bytes, expected: Refused | Passed
) -> None:
    model = play(sending(data))
    response = ask(client, once, model)
    assert_is(response, expected)
    assert response.headers["x-request-id"] != "theirs"
    assert response.headers.get("x-model") == (model if isinstance(expected, Passed) else None)
    assert not {"refresh", "clear-site-data"} & response.headers.keys()
    assert_next_request_works(once, client)


@pytest.mark.parametrize("data", BROKEN_BODIES.values(), ids=list(BROKEN_BODIES))
def test_a_body_that_is_broken_is_passed_on_as_broken(
    once: Worker, client: httpx.Client, play: Callable[[Handler], str], data: bytes
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        ask(client, once, play(sending(data)))
    assert_next_request_works(once, client)


def ask(client: httpx.Client, worker: Worker, model: str) -> httpx.Response:
    return client.post(worker.chat, json=question(model=model), headers={"origin": "https://app.example"})


def assert_is(response: httpx.Response, expected: Refused | Passed) -> None:
    assert response.status_code == expected.status
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["vary"] == "Origin"
    assert re.fullmatch(r"[0-9a-f-]{36}", response.headers["x-request-id"])
    assert "location" not in response.headers
    assert "set-cookie" not in response.headers
    match expected:
        case Refused(code=code):
            assert response.headers["x-answered-by"] == "edge"
            error = json.loads(response.text)["error"]
            assert error.keys() == {"message", "type", "param", "code"}
            assert (error["code"], error["type"]) == (code, "server_error")
            assert "io.net" in error["message"]
        case Passed(content_type=content_type, body=body):
            assert response.headers["x-answered-by"] == "upstream"
            assert response.headers["content-type"] == content_type
            assert body in response.text


def test_every_fault_that_the_upstream_can_play_is_in_a_test() -> None:
    elsewhere = {"reset-midstream", "stalled"}
    assert faults.FAULTS.keys() == TABLE.keys() | elsewhere


def test_a_reset_midstream_ends_the_clients_stream_as_broken(worker: Worker, client: httpx.Client) -> None:
    received = b""
    with client.stream("POST", worker.chat, json=question(model="demo/fault-reset-midstream")) as response:
        assert response.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):  # noqa: PT012  # reading is the loop
            for chunk in response.iter_raw():
                received += chunk
    assert b"[DONE]" not in received
    assert_next_request_works(worker, client)


def test_a_stalled_stream_is_not_cut(worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    with client.stream("POST", worker.chat, json=question(model="demo/fault-stalled")) as response:
        assert next(response.iter_raw())
        assert upstream.calls[0].state == "open"


def test_connection_refused(start_worker: StartWorker, client: httpx.Client) -> None:
    worker = start_worker(IONET_BASE_URL=f"http://127.0.0.1:{free_port()}/v1")
    for _ in range(2):  # the isolate survives it
        response = client.post(worker.chat, json=question())
        assert response.status_code == 502
        assert response.json()["error"]["code"] == "upstream_unreachable"
        assert_says_nothing_secret(response, worker)
