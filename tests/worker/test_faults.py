"""Whatever the upstream does, the client gets a true answer, the key stays hidden, and the next request works."""

import json
import re
from dataclasses import dataclass

import httpx
import pytest

from tests.conftest import KEY, StartWorker, Worker, free_port, question
from tools.upstream import faults
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
    "400": Passed(400, TEXT, "Available models: "),
    "401": Passed(401, JSON, '{"detail":"Invalid API Key"}'),
    "402": Passed(402, JSON, "requires a higher IO Intelligence tier"),
    "402-credits": Passed(402, JSON, "Insufficient credits"),
    "403": Passed(403, TEXT, "error code: 1010"),
    "404": Passed(404, JSON, '{"detail":"Not Found"}'),
    "422": Passed(422, JSON, '{"detail":[{"loc":["body","messages"]'),
    "429": Passed(429, JSON, "rate_limit_exceeded"),
    "429-retry-after": Passed(429, JSON, "rate_limit_exceeded", calls=2),
    "500": Passed(500, TEXT, "Internal Server Error"),
    "502": Passed(502, TEXT, "<title>502 Bad Gateway</title>", calls=2),
    "503": Passed(503, JSON, "The model is being loaded.", calls=2),
    "504": Passed(504, TEXT, "<title>504 Gateway Time-out</title>", calls=2),
    "524": Passed(524, TEXT, "524: A timeout occurred"),
    "error-midstream": Passed(200, SSE, '"EngineCore encountered an issue."'),
    "truncated": Passed(200, SSE, '"content":"This"'),
    "empty": Passed(200, SSE, ""),
    "huge-event": Passed(200, SSE, "x" * faults.HUGE_EVENT_BYTES),
    "slow": Passed(200, SSE, "data: [DONE]"),
    "gzip-labelled": Passed(200, SSE, "data: [DONE]"),
}


@pytest.fixture(scope="module")
def patient(start_worker: StartWorker) -> Worker:
    """A Worker that waits for the upstream's first byte for as long as the slow fault takes, and little longer."""
    return start_worker(FIRST_BYTE_TIMEOUT_MS="3000")


def assert_next_request_works(worker: Worker, client: httpx.Client) -> None:
    assert client.post(worker.chat, json=question()).text.endswith("data: [DONE]\n\n")


def assert_says_nothing_secret(response: httpx.Response, worker: Worker) -> None:
    for secret in (KEY, KEY.split(".")[-1]):
        assert secret not in response.text
        assert secret not in repr(response.headers)
        assert secret not in worker.log.read_text()


@pytest.mark.parametrize(("fault", "expected"), TABLE.items(), ids=list(TABLE))
def test_fault(patient: Worker, client: httpx.Client, upstream: DemoUpstream, fault: str, expected: Refused | Passed) -> None:
    response = client.post(patient.chat, json=question(model=f"demo/fault-{fault}"), headers={"origin": "https://app.example"})

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
    assert len(upstream.calls) == expected.calls
    assert_says_nothing_secret(response, patient)
    assert_next_request_works(patient, client)


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
