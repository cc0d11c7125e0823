"""Nobody is served without an access token, and who is refused learns why."""

import json

import httpx
import pytest

from gateway.base.tokens import digest
from tests.conftest import StartWorker, Worker, question
from tests.tokens import ALICE, BOB, OLD, OTHER, bearing
from tools.upstream.server import DemoUpstream

REALM = 'Bearer realm="ionet-edge"'


class TestAccepted:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    def test_in_the_authorization_header(self, closed: Worker, client: httpx.Client, upstream: DemoUpstream, scheme: str) -> None:
        response = client.post(closed.chat, json=question(), headers={"authorization": f"{scheme} {ALICE}"})
        assert response.text.endswith("data: [DONE]\n\n")
        assert len(upstream.calls) == 1

    def test_for_the_models_it_may_use(self, closed: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        assert client.post(closed.chat, json=question(model="demo/friendly"), headers=bearing(BOB)).status_code == 200
        upstream.calls.clear()
        for other in (question(model="meta-llama/Llama-3.3-70B-Instruct"), question()):
            response = client.post(closed.chat, json=other, headers=bearing(BOB))
            assert (response.status_code, response.json()["error"]["code"]) == (403, "model_not_allowed")
        assert not upstream.calls


class TestRefused:
    @pytest.mark.parametrize(
        ("header", "status", "code", "challenge"),
        [
            (None, 401, "missing_token", REALM),
            ("", 401, "missing_token", REALM),
            ("Basic YWxpY2U6YWxpY2U=", 401, "missing_token", REALM),
            (ALICE, 401, "missing_token", REALM),
            ("Bearer", 400, "malformed_authorization", f'{REALM}, error="invalid_request"'),
            (f"Bearer {ALICE} {ALICE}", 400, "malformed_authorization", f'{REALM}, error="invalid_request"'),
            ("Bearer wrong", 401, "invalid_token", f'{REALM}, error="invalid_token"'),
            (f"Bearer {OLD}", 401, "expired_token", f'{REALM}, error="invalid_token"'),
        ],
    )
    def test_with_the_reason(
        self,
        closed: Worker,
        client: httpx.Client,
        upstream: DemoUpstream,
        header: str | None,
        status: int,
        code: str,
        challenge: str,
    ) -> None:
        headers = {"origin": "https://app.example"} | ({} if header is None else {"authorization": header})
        response = client.post(closed.chat, json=question(), headers=headers)
        error = response.json()["error"]
        assert (response.status_code, error["code"], error["type"]) == (status, code, "authentication_error")
        assert response.headers["www-authenticate"].startswith(challenge)
        # A page reads the reason as well.
        assert response.headers["access-control-allow-origin"] == "https://app.example"
        assert response.headers["vary"] == "Origin"
        assert not upstream.calls

    def test_an_expired_token_says_since_when(self, closed: Worker, client: httpx.Client) -> None:
        response = client.post(closed.chat, json=question(), headers=bearing(OLD))
        assert "expired at 2026-01-31 00:00 UTC" in response.json()["error"]["message"]

    def test_before_the_body_is_looked_at(self, closed: Worker, client: httpx.Client) -> None:
        assert client.post(closed.chat, content=b"no JSON").json()["error"]["code"] == "missing_token"


def test_without_tokens_nobody_is_served(start_worker: StartWorker, client: httpx.Client, upstream: DemoUpstream) -> None:
    worker = start_worker(ALLOW_ANONYMOUS=None)
    for response in (client.post(worker.chat, json=question()), client.get(f"{worker.url}/api/health")):
        error = response.json()["error"]
        assert (response.status_code, error["code"], error["param"]) == (503, "not_configured", "ACCESS_TOKENS")
        assert "make token" in error["message"]
        assert "ALLOW_ANONYMOUS" in error["message"]
        assert response.headers["access-control-allow-origin"] == "*"
    assert not upstream.calls


class TestTheLog:
    def test_has_the_label(self, closed: Worker, client: httpx.Client) -> None:
        response = client.post(
            closed.chat, json=question("a question for nobody else", model="demo/friendly"), headers=bearing(OTHER)
        )
        response.read()
        line = closed.log_line(response)
        assert line.pop("ms") >= 0
        assert line == {
            "request_id": response.headers["x-request-id"],
            "method": "POST",
            "path": "/v1/chat/completions",
            "identity": "token:other",
            "bytes_in": len(response.request.content),
            "model": "demo/friendly",
            "status": 200,
            "answered_by": "upstream",
        }

    def test_has_the_reason_of_a_refusal_and_nobody(self, closed: Worker, client: httpx.Client) -> None:
        line = closed.log_line(client.post(closed.chat, json=question(), headers=bearing(OLD)))
        assert (line["status"], line["code"]) == (401, "expired_token")
        assert "identity" not in line

    def test_has_no_text_token_or_hash(self, closed: Worker, client: httpx.Client) -> None:
        for token in (ALICE, OLD, digest(ALICE)):
            closed.log_line(client.post(closed.chat, json=question("the secret of life"), headers=bearing(token)))
        log = closed.log.read_text()
        assert not [
            secret for secret in (ALICE, OLD, digest(ALICE), digest(OLD), "secret of life", "question for") if secret in log
        ]

    @pytest.mark.parametrize("method", ["GET", "DELETE", "PROPFIND", "OPTIONS"])
    def test_does_not_grow_with_what_a_stranger_sends(self, closed: Worker, client: httpx.Client, method: str) -> None:
        path = "/v1/models/" + "x" * 9_000
        headers = {"x-request-id": method.ljust(128, "r"), "user-agent": "u" * 9_000, "authorization": "Bearer " + "t" * 9_000}
        response = client.request(method, f"{closed.url}{path}", headers=headers)
        line = closed.log_line(response)
        assert line["path"] == path[:200]
        assert len(json.dumps(line)) < 600
        assert len(response.text) < 600
