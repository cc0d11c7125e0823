"""The faults that the demo upstream plays, as they are on the wire, and its log of how each connection ended."""

import gzip
import json
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from httpx import codes
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tools.upstream import FAULTS, Call, DemoUpstream, faults, models
from tools.upstream.reading import chunks, deltas, finish_reason, text

DATA = Path(__file__).resolve().parents[1] / "data"
AUTHORIZATION = {"authorization": "Bearer io-v2-secret"}
HUMAN = {"role": "user", "content": "Why does the sky look blue?"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[DemoUpstream]:
    with DemoUpstream(pace=0) as server:
        server.faults["slow"] = partial(faults.slow, delay=0.01)
        yield server


@pytest.fixture
def client(upstream: DemoUpstream) -> Iterator[httpx.Client]:
    upstream.calls.clear()
    with httpx.Client(base_url=upstream.base_url, headers=AUTHORIZATION, timeout=20) as client:
        yield client


def chat(client: httpx.Client, model: str = models.FRIENDLY) -> httpx.Response:
    return client.post("/chat/completions", json={"model": model, "messages": [HUMAN], "stream": True})


def play(client: httpx.Client, fault: str) -> httpx.Response:
    return chat(client, models.FAULT + fault)


def states(calls: list[Call]) -> list[str]:
    return [call.state for call in calls]


def open_call(upstream: DemoUpstream, model: str) -> socket.socket:
    """Send a streaming request and leave its connection open."""
    body = json.dumps({"model": model, "messages": [HUMAN], "stream": True}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: {len(body)}\r\n\r\n"
    sock = socket.create_connection(("127.0.0.1", upstream.httpserver.port), timeout=10)
    sock.sendall(head.encode() + body)
    return sock


class TestFault:
    @pytest.mark.parametrize(
        ("name", "status", "kind", "says"),
        [
            ("400", 400, "text/plain", models.DEFAULT),
            ("401", 401, "application/json", '{"detail":"Invalid API Key"}'),
            ("402", 402, "application/json", "Model 'demo/fault-402' requires a higher IO Intelligence tier"),
            ("402-credits", 402, "application/json", "Insufficient credits"),
            ("403", 403, "text/plain", "error code: 1010"),
            ("404", 404, "application/json", '{"detail":"Not Found"}'),
            ("422", 422, "application/json", '{"detail":[{"loc":["body","messages"],"msg":"Field required","type":"missing"}]}'),
            ("429", 429, "application/json", "Rate limit reached."),
            ("500", 500, "text/plain", "Internal Server Error"),
            ("502", 502, "text/html", "<h1>502 Bad Gateway</h1>"),
            ("503", 503, "application/json", "The model is being loaded."),
            ("504", 504, "text/html", "<h1>504 Gateway Time-out</h1>"),
            ("524", 524, "text/html", "524: A timeout occurred"),
        ],
    )
    def test_with_a_status_answers_with_it(self, client: httpx.Client, name: str, status: int, kind: str, says: str) -> None:
        response = play(client, name)
        assert response.status_code == status
        assert response.headers["content-type"].partition(";")[0] == kind
        assert says in response.text
        assert "retry-after" not in response.headers

    def test_rate_limit_can_say_when_to_retry(self, client: httpx.Client) -> None:
        response = play(client, "429-retry-after")
        assert (response.status_code, response.headers["retry-after"]) == (429, "1")

    def test_redirect_names_another_address(self, client: httpx.Client, upstream: DemoUpstream) -> None:
        response = play(client, "redirect")
        assert (response.status_code, response.headers["location"]) == (302, f"{upstream.base_url}/models")

    def test_reset_before_headers_resets_the_connection_without_a_byte(self, client: httpx.Client) -> None:
        with pytest.raises(httpx.ReadError, match="reset"):
            play(client, "reset-before-headers")

    def test_reset_midstream_resets_the_connection_after_some_events(self, client: httpx.Client) -> None:
        received: list[str] = []
        body = {"model": "demo/fault-reset-midstream", "messages": [HUMAN]}
        with pytest.raises(httpx.ReadError, match="reset"), client.stream("POST", "/chat/completions", json=body) as response:
            received.extend(response.iter_lines())
        assert [line[:5] for line in received if line] == ["data:"] * 3

    def test_garbage_is_not_http(self, client: httpx.Client) -> None:
        with pytest.raises(httpx.RemoteProtocolError, match="illegal status line"):
            play(client, "garbage")

    def test_silent_sends_nothing_and_notices_that_the_client_goes(self, upstream: DemoUpstream) -> None:
        upstream.calls.clear()
        with open_call(upstream, "demo/fault-silent") as sock:
            [call] = upstream.calls.wait_for(lambda calls: len(calls) == 1)
            sock.setblocking(False)
            with pytest.raises(BlockingIOError):
                sock.recv(1)
            assert call.state == "open"
        upstream.calls.wait_for(lambda calls: states(calls) == ["closed-by-client"])

    def test_silent_hangs_up_when_its_time_is_over(self, client: httpx.Client, upstream: DemoUpstream) -> None:
        upstream.faults["brief"] = partial(faults.silent, limit=0.01)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            play(client, "brief")
        upstream.calls.wait_for(lambda calls: states(calls) == ["closed-by-upstream"])

    def test_error_midstream_is_an_event_within_a_200(self, client: httpx.Client) -> None:
        response = play(client, "error-midstream")
        assert response.status_code == codes.OK
        assert chunks(response.content)[-1] == chunks((DATA / "error-midstream.sse").read_bytes())[-1]

    def test_truncated_ends_in_order_without_an_end(self, client: httpx.Client) -> None:
        response = play(client, "truncated")
        assert response.status_code == codes.OK
        events = [json.loads(event.removeprefix("data: ")) for event in response.text.split("\n\n") if event]
        assert [event["choices"][0]["finish_reason"] for event in events] == [None] * 3

    def test_empty_is_a_200_without_a_body(self, client: httpx.Client) -> None:
        response = play(client, "empty")
        assert (response.status_code, response.content) == (200, b"")

    def test_huge_event_has_20_megabytes(self, client: httpx.Client) -> None:
        body = play(client, "huge-event").content
        assert text(body) == "x" * 20_000_000
        assert len(deltas(body, "content")) == len(["role", "huge", "finish"])
        assert finish_reason(body) == "stop"

    def test_gzip_labelled_is_gzipped(self, client: httpx.Client) -> None:
        body = {"model": "demo/fault-gzip-labelled", "messages": [HUMAN]}
        with client.stream("POST", "/chat/completions", json=body, headers={"accept-encoding": "identity"}) as response:
            assert response.headers["content-encoding"] == "gzip"
            assert faults.TEXT in text(gzip.decompress(b"".join(response.iter_raw())))

    def test_slow_is_a_whole_stream(self, client: httpx.Client) -> None:
        assert text(play(client, "slow").content) == faults.TEXT

    @pytest.mark.parametrize("name", [name for name in FAULTS if name not in ("silent", "stalled")])
    def test_is_over_when_it_is_over(self, client: httpx.Client, upstream: DemoUpstream, name: str) -> None:
        try:
            play(client, name)
        except httpx.TransportError as error:
            expected = "closed-by-upstream"
            assert not isinstance(error, httpx.TimeoutException)  # noqa: PT017  # some faults raise, some do not
        else:
            expected = "finished"
        upstream.calls.wait_for(lambda calls: states(calls) == [expected])
        assert text(chat(client).content), "and the next call works"

    @pytest.mark.parametrize("name", ["reset-before-headers", "reset-midstream", "garbage"])
    def test_plays_quietly_on_any_threaded_httpserver(self, capfd: pytest.CaptureFixture[str], name: str) -> None:
        with HTTPServer(threaded=True) as server:
            server.expect_request("/").respond_with_handler(FAULTS[name])
            with pytest.raises(httpx.TransportError):
                httpx.post(server.url_for("/"), json={})
            server.expect_request("/after").respond_with_data("still there")
            assert httpx.get(server.url_for("/after")).text == "still there"
            server.check()
        assert "Traceback" not in capfd.readouterr().err


class TestCalls:
    def test_are_logged_as_received(self, client: httpx.Client, upstream: DemoUpstream) -> None:
        content = b'{"model": "demo/friendly",  "messages": []}'
        twice = [("X-Twice", "a"), ("X-Twice", "b"), ("x_under", "c")]
        client.post("/chat/completions?a=1", content=content, headers=twice)
        [call] = upstream.calls
        assert (call.method, call.path, call.body, call.status) == ("POST", "/v1/chat/completions?a=1", content, 422)
        assert [pair for pair in call.headers if pair[0].lower().startswith("x")] == twice
        assert call.header("Authorization") == AUTHORIZATION["authorization"]

    def test_do_not_show_the_key(self, client: httpx.Client, upstream: DemoUpstream) -> None:
        chat(client)
        with pytest.raises(TimeoutError) as failure:
            upstream.calls.wait_for(lambda _: False, timeout=0)
        assert "demo/friendly" not in str(failure.value)
        assert "secret" not in str(failure.value)

    def test_that_are_read_to_the_end_are_finished(self, client: httpx.Client, upstream: DemoUpstream) -> None:
        chat(client)
        upstream.calls.wait_for(lambda calls: states(calls) == ["finished"])

    def test_whose_client_leaves_are_noticed_while_nothing_is_written(self, upstream: DemoUpstream) -> None:
        upstream.calls.clear()
        with open_call(upstream, "demo/fault-stalled") as sock:
            assert sock.recv(100).startswith(b"HTTP/1.1 200 OK")
            assert upstream.calls[0].state == "open"
        upstream.calls.wait_for(lambda calls: states(calls) == ["closed-by-client"])

    def test_whose_client_resets_are_noticed(self, upstream: DemoUpstream) -> None:
        upstream.calls.clear()
        with open_call(upstream, "demo/fault-stalled") as sock:
            sock.recv(1)  # what stays unread makes the closing a reset
        upstream.calls.wait_for(lambda calls: states(calls) == ["closed-by-client"])

    def test_whose_client_leaves_between_two_tokens_are_noticed(self) -> None:
        with DemoUpstream(pace=60) as upstream:
            with open_call(upstream, models.FRIENDLY) as sock:
                assert sock.recv(100).startswith(b"HTTP/1.1 200 OK")
            upstream.calls.wait_for(lambda calls: states(calls) == ["closed-by-client"])

    def test_whose_client_leaves_amid_a_flood_are_noticed(self, upstream: DemoUpstream) -> None:
        def flood(_: Request) -> Response:
            return faults.streamed(iter(partial(bytes, 65536), b""))

        upstream.calls.clear()
        upstream.faults["flood"] = flood
        with open_call(upstream, "demo/fault-flood") as sock:
            sock.recv(65536)
        upstream.calls.wait_for(lambda calls: states(calls) == ["closed-by-client"])

    def test_of_handlers_that_a_test_adds_are_logged_too(self, client: httpx.Client, upstream: DemoUpstream) -> None:
        upstream.httpserver.expect_request("/v1/own").respond_with_data("own")
        assert client.get("/own").text == "own"
        upstream.calls.wait_for(lambda calls: [(call.path, call.state) for call in calls] == [("/v1/own", "finished")])

    def test_that_are_open_are_closed_when_the_upstream_stops(self) -> None:
        with DemoUpstream() as upstream:
            sock = open_call(upstream, "demo/fault-silent")
            upstream.calls.wait_for(lambda calls: len(calls) == 1)
        with sock:
            assert sock.recv(1) == b""
        assert [call.state for call in upstream.calls] == ["closed-by-upstream"]

    def test_of_many_clients_that_all_leave_are_all_closed(self, upstream: DemoUpstream) -> None:
        upstream.calls.clear()
        socks = [open_call(upstream, "demo/fault-stalled") for _ in range(50)]
        upstream.calls.wait_for(lambda calls: states(calls) == ["open"] * 50)
        for sock in socks:
            sock.close()
        upstream.calls.wait_for(lambda calls: states(calls) == ["closed-by-client"] * 50)
