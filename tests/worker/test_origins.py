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
        assert "POST" in response.headers["access-control-allow-methods"]
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


SIMPLE = "content-type: text/plain"  # which a browser sends without asking first
BODY = b'{"messages":[{"role":"user","content":"Hi"}],"max_tokens":1}'
MODELS = "/v1/models"


class TestOnTheOwnersMachine:
    """What pages in the owner's browser reach, which can all reach 127.0.0.1."""

    @pytest.mark.parametrize(
        "origin", ["http://localhost:5173", "https://127.0.0.1:1", "http://[::1]:3000", "http://app.localhost"]
    )
    def test_a_front_end_under_development_is_served(self, local: Worker, client: httpx.Client, origin: str) -> None:
        response = ask(client, local, origin)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == origin

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://0.0.0.0:1"],
    )
    def test_another_page_is_refused_without_a_preflight_too(self, local: Worker, upstream: DemoUpstream, origin: str) -> None:
        for target in ("/", "/v1/chat/completions"):
            answer = exchange(local.runtime_port(), post(SIMPLE, f"origin: {origin}", body=BODY, target=target))
            assert (answer.status, "ALLOWED_ORIGINS" in answer.body) == (403, True)
        assert not upstream.calls

    @pytest.mark.parametrize(
        "host", ["127.0.0.1:8787", "LocalHost", "localhost.:8787", "app.localhost", "[::1]:8787", "127.1.2.3"]
    )
    def test_it_answers_under_this_machines_hosts(self, local: Worker, host: str) -> None:
        assert exchange(local.runtime_port(), post(SIMPLE, body=BODY, host=host)).status == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:8787",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "0.0.0.0",
            "127.0.0.1@evil.example",
        ],
    )
    @pytest.mark.parametrize("port", ["wrangler", "runtime"])
    def test_a_name_that_was_made_to_point_here_is_refused(
        self, local: Worker, upstream: DemoUpstream, host: str, port: str
    ) -> None:
        """DNS rebinding: the browser takes the page for the edge's own, and its requests have that origin or none."""
        at = local.runtime_port() if port == "runtime" else int(local.url.rpartition(":")[2])
        for request in (
            post(SIMPLE, f"origin: http://{host}", body=BODY, host=host),
            post(SIMPLE, body=BODY, host=host),
            post(method="GET", target=MODELS, host=host),
            post(method="GET", target="/api/config", host=host),
            post("access-control-request-method: POST", f"origin: http://{host}", method="OPTIONS", host=host),
        ):
            answer = exchange(at, request)
            assert (answer.status, "ALLOWED_HOSTS" in answer.body) == (403, True)
        assert not upstream.calls

    def test_the_target_of_a_request_is_no_way_round(self, local: Worker, upstream: DemoUpstream) -> None:
        """Absolute targets (RFC 9112, section 3.2.2), and two hosts (section 3.2): the Host that a browser sent is what counts."""
        for request in (
            post(SIMPLE, body=BODY, target="http://127.0.0.1/", host="evil.example"),
            post(SIMPLE, "host: evil.example", body=BODY),
            post(SIMPLE, "host: 127.0.0.1", body=BODY, host="evil.example"),
            post(SIMPLE, body=BODY, target="//127.0.0.1/v1/chat/completions", host="evil.example"),
        ):
            assert exchange(local.runtime_port(), request).status != 200
        assert not upstream.calls

    def test_nor_is_the_header_that_wrangler_dev_believes(self, local: Worker, upstream: DemoUpstream) -> None:
        """Its proxy takes the address from this header, whoever sends it; a page's origin is still its own."""
        at = int(local.url.rpartition(":")[2])
        request = post(SIMPLE, f"mf-original-url: {local.chat}", "origin: http://evil.example", body=BODY, host="evil.example")
        answer = exchange(at, request)
        assert (answer.status, "ALLOWED_ORIGINS" in answer.body) == (403, True)
        assert not upstream.calls

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_what_a_page_has_loaded_without_an_origin_is_refused(
        self, local: Worker, client: httpx.Client, upstream: DemoUpstream, site: str
    ) -> None:
        """An image or a frame of another site's page: no preflight, and no Origin header."""
        assert client.get(local.url + MODELS, headers={"sec-fetch-site": site}).status_code == 403
        assert not upstream.calls

    @pytest.mark.parametrize("site", ["same-origin", "none", None])
    def test_what_its_own_page_a_person_or_a_program_asks_is_not(
        self, local: Worker, client: httpx.Client, site: str | None
    ) -> None:
        headers = {} if site is None else {"sec-fetch-site": site}
        assert client.get(local.url + MODELS, headers=headers).status_code == 200
