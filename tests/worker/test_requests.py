"""What the Worker takes from a client, what it sends upstream, and what it says of itself in its headers."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from tests.conftest import KEY, StartWorker, Worker, question
from tools.upstream.server import DemoUpstream

API_PATHS = ["/", "/v1/chat/completions"]


def error_of(response: httpx.Response) -> dict[str, str]:
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["x-answered-by"] == "edge"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cache-control"] == "no-store"
    error: dict[str, str] = response.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return error


class TestTheCallUpstream:
    def test_forces_streaming_and_keeps_the_rest(self, worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        body = '{ "model":"demo/friendly","seed":12345678901234567890,"stream":false,"messages":[{"role":"user","content":"\\u3042い"}] }'
        response = client.post(worker.url, content=body)
        assert response.text.endswith("data: [DONE]\n\n")
        (call,) = upstream.calls
        assert (call.method, call.path) == ("POST", "/v1/chat/completions")
        assert call.body == body.replace('"stream":false', '"stream":true').encode()

    def test_names_the_default_model(self, start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream) -> None:
        client.post(start_worker(DEFAULT_MODEL="demo/friendly").chat, json=question())
        assert json.loads(upstream.calls[0].body) == question(stream=True, model="demo/friendly")

    def test_carries_the_key_and_none_of_the_clients_headers(
        self, worker: Worker, client: httpx.Client, upstream: DemoUpstream
    ) -> None:
        client.post(
            worker.chat,
            json=question(),
            headers={
                "authorization": "Bearer theirs",
                "user-agent": "theirs",
                "cookie": "a=b",
                "x-custom": "c",
                "referer": "https://d.example",
            },
        )
        headers = {name.lower(): value for name, value in upstream.calls[0].headers}
        for added_by_http in ("host", "content-length", "cf-worker"):
            headers.pop(added_by_http)
        assert re.fullmatch(r"ionet-edge/\d+\.\d+\.\d+", headers.pop("user-agent"))
        assert headers == {
            "authorization": f"Bearer {KEY}",
            "content-type": "application/json",
            "accept": "text/event-stream",
            "accept-encoding": "identity",
        }


class TestTheAnswersHeaders:
    def test_are_built_afresh(self, worker: Worker, client: httpx.Client) -> None:
        headers = client.post(worker.chat, json=question()).headers
        headers.pop("transfer-encoding")
        assert re.fullmatch(r"[0-9a-f-]{36}", headers.pop("x-request-id"))
        assert dict(headers) == {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": (
                "x-request-id, x-answered-by, x-model, x-budget-remaining-tokens, x-budget-remaining-usd, retry-after, "
                "x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, "
                "x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens"
            ),
            "cache-control": "no-cache, no-transform",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
            "content-type": "text/event-stream; charset=utf-8",
            "cross-origin-resource-policy": "cross-origin",
            "referrer-policy": "no-referrer",
            "strict-transport-security": "max-age=31536000",
            "vary": "Origin",
            "x-answered-by": "upstream",
            "x-content-type-options": "nosniff",
            "x-model": "meta-llama/Llama-3.3-70B-Instruct",
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "59",
        }

    @pytest.mark.parametrize("request_id", ["a", "req_1.2-3", "A" * 128])
    def test_take_over_a_well_formed_request_id(self, worker: Worker, client: httpx.Client, request_id: str) -> None:
        assert (
            client.post(worker.chat, json=question(), headers={"x-request-id": request_id}).headers["x-request-id"] == request_id
        )

    @pytest.mark.parametrize("request_id", ["", "a b", "A" * 129, "é", "a,b", "<script>", ".."])
    def test_replace_another_request_id(self, worker: Worker, client: httpx.Client, request_id: str) -> None:
        answered = client.post(worker.chat, json=question(), headers=[(b"x-request-id", request_id.encode())]).headers[
            "x-request-id"
        ]
        assert re.fullmatch(r"[0-9a-f-]{36}", answered)


class TestPathsAndMethods:
    @pytest.mark.parametrize("path", API_PATHS)
    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "PROPFIND"])
    def test_other_methods(self, worker: Worker, client: httpx.Client, path: str, method: str) -> None:
        response = client.request(method, worker.url + path, content=b"{}")
        assert response.status_code == 405
        assert response.headers["allow"] == ("POST, OPTIONS" if path != "/" else "GET, HEAD, POST, OPTIONS")
        assert error_of(response)["code"] == "method_not_allowed"

    def test_get_on_the_api(self, worker: Worker, client: httpx.Client) -> None:
        response = client.get(worker.chat)
        assert (response.status_code, response.headers["allow"]) == (405, "POST, OPTIONS")
        assert error_of(response)["code"] == "method_not_allowed"

    @pytest.mark.parametrize(
        "path",
        [
            "/v1",
            "/v1/",
            "/v1/nope",
            "/v1/chat/completions/",
            "/api/nope",
            "//v1/chat/completions",
            "/v1%2Fchat/completions",
            "/nope",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "PROPFIND"])
    def test_unknown_path(self, worker: Worker, client: httpx.Client, upstream: DemoUpstream, path: str, method: str) -> None:
        response = client.request(method, worker.url + path, content=b"{}" if method == "POST" else None)
        assert response.status_code == 404
        assert error_of(response)["code"] == "not_found"
        line = worker.log_line(response)
        assert (line["method"], line["path"], line["code"]) == (method, path, "not_found")
        assert not upstream.calls

    @pytest.mark.parametrize(
        "path", ["/chat/completions", "/v1/v1/chat/completions", "/v1/chat/completions/", "/openai/v1/chat/completions"]
    )
    def test_a_path_that_is_nearly_right_is_told_the_right_one(self, worker: Worker, client: httpx.Client, path: str) -> None:
        response = client.post(worker.url + path, json=question())
        assert response.status_code == 404
        assert "Did you mean POST /v1/chat/completions?" in error_of(response)["message"]

    def test_a_call_that_is_switched_off_is_not_named(self, worker: Worker, client: httpx.Client) -> None:
        assert "/v1/embeddings" not in error_of(client.post(f"{worker.url}/embeddings", json={}))["message"]

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_the_page_has_the_address_of_the_simplest_api(self, worker: Worker, client: httpx.Client, method: str) -> None:
        response = client.request(method, worker.url)
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert ("<!doctype html>" in response.text) == (method == "GET")
        assert response.headers["content-security-policy"]

    def test_health(self, worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        response = client.get(f"{worker.url}/api/health")
        assert (response.status_code, response.json()["status"]) == (200, "ok")
        assert client.head(f"{worker.url}/api/health").status_code == 200
        assert not upstream.calls


class TestCors:
    @pytest.mark.parametrize("path", [*API_PATHS, "/api/health", "/v1/nope", "/api/nope", "/nope"])
    def test_preflight(self, worker: Worker, client: httpx.Client, path: str) -> None:
        asked = "authorization, content-type, x-stainless-os, x-stainless-retry-count"
        response = client.options(
            worker.url + path,
            headers={
                "origin": "https://app.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": asked,
            },
        )
        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["access-control-allow-headers"] == asked
        assert int(response.headers["access-control-max-age"]) >= 3600
        assert response.headers["vary"] == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        assert "access-control-allow-credentials" not in response.headers
        assert response.headers["access-control-allow-methods"] == "GET, HEAD, POST, PUT, PATCH, DELETE"

    def test_only_the_origins_of_the_setting(self, start_worker: StartWorker, client: httpx.Client) -> None:
        worker = start_worker(ALLOWED_ORIGINS="https://app.example, http://localhost:5173")
        for origin in ("https://app.example", "http://localhost:5173"):
            response = client.get(f"{worker.url}/api/health", headers={"origin": origin})
            assert response.headers["access-control-allow-origin"] == origin
            assert response.headers["vary"] == "Origin"
        for origin in ("https://app.example.evil.example", "http://app.example", "https://app.example:8443", "null"):
            response = client.get(f"{worker.url}/api/health", headers={"origin": origin})
            assert "access-control-allow-origin" not in response.headers
            assert response.headers["vary"] == "Origin"


class TestTheBody:
    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            (b"", "missing_body", None),
            (b"hello", "invalid_json", None),
            (b"[1]", "invalid_json", None),
            (b'{"messages":"\xff"}', "invalid_encoding", None),
            (b'{"messages":[]}', "invalid_value", "messages"),
            (b'{"messages":[{"role":"root"}]}', "invalid_value", "messages[0].role"),
            (b'{"messages":[{"role":"user"}],"model":7}', "invalid_type", "model"),
        ],
    )
    def test_refused(
        self, worker: Worker, client: httpx.Client, upstream: DemoUpstream, body: bytes, code: str, param: str | None
    ) -> None:
        response = client.post(worker.chat, content=body)
        assert response.status_code == 400
        assert (error_of(response)["code"], error_of(response)["param"]) == (code, param)
        assert not upstream.calls

    @pytest.mark.parametrize("opening", [b"[", b'{"a":'])
    def test_absurd_depth_leaves_the_others_streams_alone(self, worker: Worker, client: httpx.Client, opening: bytes) -> None:
        with client.stream("POST", worker.chat, json=question(model="demo/fault-slow")) as other:
            response = client.post(worker.chat, content=opening * 100_000)
            assert (response.status_code, error_of(response)["code"]) == (400, "too_deep")
            assert other.read().endswith(b"data: [DONE]\n\n")

    @pytest.mark.parametrize("declared", [True, False])
    def test_too_large(self, start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream, declared: bool) -> None:
        worker = start_worker(MAX_BODY_BYTES="2000")
        chat = f"http://127.0.0.1:{worker.runtime_port()}/v1/chat/completions"
        fits = json.dumps(question("x" * 1000)).encode().ljust(2000)
        for body, status in ((fits, 200), (fits + b" ", 413), (fits * 1000, 413)):
            response = client.post(chat, content=body if declared else iter([body[:500], body[500:]]))
            assert response.status_code == status
            if status == 413:
                assert error_of(response)["code"] == "body_too_large"
        assert len(upstream.calls) == 1

    def test_a_body_without_an_end_is_not_awaited(self, start_worker: StartWorker, client: httpx.Client) -> None:
        worker = start_worker(MAX_BODY_BYTES="2000")

        def endless() -> Iterator[bytes]:
            while True:
                yield b" " * 1000

        # The connection may be closed on the sender before it reads the answer: just as well.
        with suppress(httpx.WriteError, httpx.RemoteProtocolError):
            chat = f"http://127.0.0.1:{worker.runtime_port()}/v1/chat/completions"
            assert client.post(chat, content=endless()).status_code == 413
        assert client.post(worker.chat, json=question()).status_code == 200

    @pytest.mark.parametrize(
        "framing",
        [
            "content-length: 10\r\ntransfer-encoding: chunked",
            "content-length: 10\r\ncontent-length: 100",
            "content-length: -1",
            "content-length: 1e3",
            "content-length: 99999999999999999999",
        ],
    )
    def test_a_false_length_does_not_help(
        self, start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream, framing: str
    ) -> None:
        worker = start_worker(MAX_BODY_BYTES="2000")
        body = json.dumps(question("x" * 5000))
        with socket.create_connection(("127.0.0.1", worker.runtime_port()), timeout=10) as sock:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{framing}\r\n\r\n"
            sock.sendall(f"{head}{len(body):x}\r\n{body}\r\n0\r\n\r\n".encode())
            answer = sock.makefile("rb").readline()
        assert re.match(rb"HTTP/1.1 (400|413|501) ", answer)
        assert not upstream.calls
        assert client.post(worker.chat, json=question()).status_code == 200
