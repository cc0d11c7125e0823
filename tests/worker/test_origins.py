"""Which pages may call the edge: refused ones never get as far as the upstream, and no answer lets a browser send credentials."""

import httpx
import pytest

from tests.conftest import StartWorker, Worker, question
from tests.raw import exchange, post
from tests.tokens import OTHER, bearing
from tools.upstream.server import DemoUpstream


def ask(client: httpx.Client, worker: Worker, origin: str | None) -> httpx.Response:
    headers = bearing(OTHER) | ({} if origin is None else {"origin": origin})
    return client.post(worker.chat, json=question(max_tokens=1), headers=headers)


class TestOfTheSetting:
    @pytest.mark.parametrize(
        "origin", ["https://app.example", "http://localhost:5173", "https://a.team.example", "https://pr-12.team.example"]
    )
    def test_is_served_and_named(self, closed: Worker, client: httpx.Client, origin: str) -> None:
        response = ask(client, closed, origin)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in response.headers

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://a.b.team.example"])
    def test_another_is_refused_before_the_upstream_is_called(
        self, closed: Worker, client: httpx.Client, upstream: DemoUpstream, origin: str
    ) -> None:
        response = ask(client, closed, origin)
        assert (response.status_code, response.json()["error"]["code"]) == (403, "origin_not_allowed")
        assert "access-control-allow-origin" not in response.headers
        assert response.headers["vary"] == "Origin"
        assert not upstream.calls

    def test_no_page_at_all_is_served(self, closed: Worker, client: httpx.Client) -> None:
        response = ask(client, closed, None)
        assert response.status_code == 200
        assert "access-control-allow-origin" not in response.headers

    @pytest.mark.parametrize("path", ["/", "/v1/chat/completions", "/api/health"])
    def test_another_gets_no_preflight(self, closed: Worker, client: httpx.Client, path: str) -> None:
        response = client.options(
            closed.url + path, headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
        )
        assert response.status_code == 403
        assert not [name for name in response.headers if name.startswith("access-control-allow")]

    def test_a_preflight_needs_no_token(self, closed: Worker, client: httpx.Client) -> None:
        response = client.options(
            closed.chat,
            headers={
                "origin": "https://app.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization, content-type",
            },
        )
        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "https://app.example"
        assert response.headers["access-control-allow-methods"] == "POST"
        assert response.headers["access-control-allow-headers"] == "authorization, content-type"
        assert "Origin" in response.headers["vary"]
        assert "access-control-allow-credentials" not in response.headers


class TestTheEdgesOwn:
    def test_page_may_always_call(self, closed: Worker, client: httpx.Client) -> None:
        assert ask(client, closed, closed.url).status_code == 200

    @pytest.mark.parametrize("host", ["edge.example", "edge.example:8443"])
    def test_is_that_of_the_request(self, closed: Worker, upstream: DemoUpstream, host: str) -> None:
        proof = f"authorization: Bearer {OTHER}"
        body = b'{"messages":[{"role":"user","content":"Hi"}],"max_tokens":1}'
        asked = {
            origin: post(proof, f"origin: {origin}", body=body, host=host) for origin in (f"http://{host}", "http://evil.example")
        }
        assert [exchange(closed.runtime_port(), request).status for request in asked.values()] == [200, 403]
        assert len(upstream.calls) == 1

    def test_on_another_port_is_another(self, closed: Worker, client: httpx.Client) -> None:
        assert ask(client, closed, "http://127.0.0.1:1").status_code == 403


class TestAnyOrigin:
    @pytest.mark.parametrize("origin", ["https://app.example", "null", "http://localhost:1"])
    def test_is_answered_with_a_star_and_never_with_itself(
        self, start_worker: StartWorker, client: httpx.Client, origin: str
    ) -> None:
        response = ask(client, start_worker(), origin)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
