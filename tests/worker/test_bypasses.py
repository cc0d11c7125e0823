"""Every way around the door that could be thought of, and the upstream's log as the witness.

Requests are sent to the letter, to the runtime itself; what asks for no token also through the proxy that `wrangler dev` puts before it.
"""

import base64
import json
import re
import socket

import pytest

from gateway.base.tokens import digest
from tests.conftest import KEY, Worker, question
from tests.raw import TIMEOUT_SECONDS, Answer, chunked, exchange, post
from tests.tokens import ALICE, BOB, bearing
from tools.upstream.server import DemoUpstream

BODY = json.dumps(question("Hi", max_tokens=1)).encode()
PROOF = f"authorization: Bearer {ALICE}"
PATH = "/v1/chat/completions"


def asked(*headers: str | bytes, **members: object) -> bytes:
    return post(PROOF, *headers, body=json.dumps(question("Hi", max_tokens=1, **members)).encode())


def authorized(value: str) -> bytes:
    return post(f"authorization: {value}", body=BODY)


PROOFS = {
    "no header": (post(body=BODY), 401),
    "an empty header": (authorized(""), 401),
    "the scheme alone": (authorized("Bearer"), 400),
    "another scheme": (authorized(f"Basic {base64.b64encode(ALICE.encode()).decode()}"), 401),
    "no scheme": (authorized(ALICE), 401),
    "no space": (authorized(f"Bearer{ALICE}"), 401),
    "a tab for the space": (authorized(f"Bearer\t{ALICE}"), 400),
    "a no-break space": (authorized(f"Bearer\u00a0{ALICE}"), 400),
    "a wide space": (authorized(f"Bearer\u3000{ALICE}"), 400),
    "a colon": (authorized(f"Bearer: {ALICE}"), 400),
    "quotes": (authorized(f'Bearer "{ALICE}"'), 400),
    "two tokens": (authorized(f"Bearer wrong {ALICE}"), 400),
    "a list of tokens": (authorized(f"Bearer wrong, Bearer {ALICE}"), 400),
    "two headers, the second right": (post("authorization: Bearer wrong", PROOF, body=BODY), 400),
    "two headers, the first right": (post(PROOF, "authorization: Bearer wrong", body=BODY), 400),
    "the right header twice": (post(PROOF, PROOF, body=BODY), 400),
    "a folded header": (post(f"authorization: Bearer\r\n {ALICE}", body=BODY), 400),
    "a space before the colon": (post(f"authorization : Bearer {ALICE}", body=BODY), 400),
    "a NUL at the end": (post(f"{PROOF}\0", body=BODY), 400),
    "bytes that are not UTF-8": (post(b"authorization: Bearer \xff\xfe", body=BODY), 400),
    "a prefix of the token": (authorized(f"Bearer {ALICE[:-1]}"), 401),
    "all but its beginning": (authorized(f"Bearer {ALICE[1:]}"), 401),
    "the token and more": (authorized(f"Bearer {ALICE}="), 401),
    "the token in upper case": (authorized(f"Bearer {ALICE.upper()}"), 401),
    "the token in lower case": (authorized(f"Bearer {ALICE.lower()}"), 401),
    "a wide letter in the token": (authorized(f"Bearer {ALICE.replace('i', chr(0xFF49), 1)}"), 400),
    "a Cyrillic letter in the token": (authorized(f"Bearer {ALICE.replace('o', chr(0x043E), 1)}"), 400),
    "a Kelvin sign for a k": (authorized(f"Bearer \u212a{ALICE}"), 401),
    "a zero-width space": (authorized(f"Bearer {ALICE}\u200b"), 400),
    "an encoded token": (authorized(f"Bearer {ALICE.replace('_', '%5F', 1)}"), 400),
    "the token's hash": (authorized(f"Bearer {digest(ALICE)}"), 401),
    "its label": (authorized("Bearer alice"), 401),
    "its entry": (authorized(f"Bearer alice:{digest(ALICE)}"), 400),
    "the word of a wildcard": (authorized("Bearer *"), 400),
    "undefined": (authorized("Bearer undefined"), 401),
    "an absurdly long token": (authorized("Bearer " + "A" * 50_000), 401),
    "in the query": (post(body=BODY, target=f"{PATH}?access_token={ALICE}&authorization=Bearer+{ALICE}"), 401),
    "in a cookie": (post(f"cookie: authorization=Bearer {ALICE}; token={ALICE}; CF_Authorization={ALICE}", body=BODY), 401),
    "in the body": (post(body=json.dumps(question(access_token=ALICE, api_key=ALICE)).encode()), 401),
    "in x-api-key": (post(f"x-api-key: {ALICE}", f"api-key: {ALICE}", body=BODY), 401),
    "in proxy-authorization": (post(f"proxy-authorization: Bearer {ALICE}", body=BODY), 401),
    "in x-forwarded-authorization": (post(f"x-forwarded-authorization: Bearer {ALICE}", f"x-authorization: {ALICE}", body=BODY), 401),
    "as userinfo of the target": (post(body=BODY, target=f"http://Bearer:{BOB}@127.0.0.1{PATH}"), 401),
    "from this machine, it says": (post("cf-connecting-ip: 127.0.0.1", "x-forwarded-for: 127.0.0.1", "x-real-ip: ::1", body=BODY), 401),
    "as a Worker": (post("cf-worker: ionet-edge.example", "cf-ew-via: 15", body=BODY), 401),
    "for another host": (post(body=BODY, host="localhost"), 401),
    "for another host, it says": (post("x-forwarded-host: localhost", "forwarded: host=localhost;for=127.0.0.1", body=BODY), 401),
    "Cloudflare Access, which is not set up": (post("cf-access-jwt-assertion: e30.e30.e30", body=BODY), 401),
    "its authenticated user": (post("cf-access-authenticated-user-email: owner@example.com", body=BODY), 401),
    "from the edge's own page": (post("origin: http://127.0.0.1", "sec-fetch-site: same-origin", body=BODY), 401),
}  # fmt: skip
"""What is no proof of an identity, and the status."""

TARGETS = {
    "two slashes at the start": (f"/{PATH}", 404),
    "two slashes within": ("/v1//chat/completions", 404),
    "a slash at the end": (f"{PATH}/", 404),
    "a dot at the end": (f"{PATH}.", 404),
    "a space at the end": (f"{PATH}%20", 404),
    "a NUL at the end": (f"{PATH}%00", 404),
    "an encoded slash": ("/v1%2fchat/completions", 404),
    "an encoded backslash": ("/v1%5cchat/completions", 404),
    "an encoded letter": ("/%761/chat/completions", 404),
    "an encoded letter, twice": ("/%25761/chat/completions", 404),
    "an encoded question mark": (f"{PATH}%3fa", 404),
    "upper case": (PATH.upper(), 404),
    "a wide letter": ("/%EF%BD%961/chat/completions", 404),
    "parameters": (f"{PATH};a=b", 404),
    "a path below": (f"{PATH}/../completions/x", 404),
    "the upstream's path": ("/api/v1/chat/completions", 404),
    "the upstream's address": ("/https://api.intelligence.io.solutions/api/v1/chat/completions", 404),
    "another host as a path": (f"//evil.example{PATH}", 404),
    "no slash": (f"evil.example{PATH}", 400),
    "backslashes only": (PATH.replace("/", "\\"), 400),
    "a space": (f"/ {PATH}", 400),
    "nothing": ("", 400),
}
"""Spellings of the path that are not the path."""

METHODS = {
    **dict.fromkeys(("GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "PURGE", "QUERY"), 405),
    **dict.fromkeys(("post", "Post", "FOO"), 501),
    "POST ": 400,
}

ORIGINS = (
    "null",
    "https://evil.example",
    "https://app.example.evil.example",
    "https://evilapp.example",
    "https://evil-app.example",
    "https://app.example.",
    "https://app.example:443",
    "https://app.example:8443",
    "https://app.example/",
    "https://user@app.example",
    "https://app.example@evil.example",
    "https://app.example%00.evil.example",
    "https://app.example, https://evil.example",
    "https://APP.example",
    "HTTPS://app.example",
    "http://app.example",
    "//app.example",
    "app.example",
    "*",
    "https://*.team.example",
    "https://team.example",
    "https://.team.example",
    "https://a.b.team.example",
    "https://a_b.team.example",
    "https://evil.example/.team.example",
    "https://evil.example#.team.example",
    "https://evil.example:1.team.example",
    "https://a.team.example.evil.example",
    "https://\u0430pp.example",
    "http://localhost:51730",
    "http://localhost",
)

BODIES = {
    "a model of another's": ({"model": "meta-llama/Llama-3.3-70B-Instruct"}, 403),
    "none, where the default is another's": ({}, 403),
    "a space before it": ({"model": " demo/friendly"}, 403),
    "a path to it": ({"model": "x/../demo/friendly"}, 403),
    "upper case": ({"model": "DEMO/friendly"}, 403),
    "a list of models": ({"model": ["demo/friendly"]}, 400),
    "an object": ({"model": {"id": "demo/friendly"}}, 400),
    "an empty name": ({"model": ""}, 400),
    "null": ({"model": None}, 400),
    "a look-alike": ({"model": "d\u0435mo/friendly"}, 403),
}  # fmt: skip
"""Ways of one who may use demo/* only."""

TWICE = BODY.replace(b'{"m', b'{"model": "demo/friendly", "\\u006dodel": "org/dear", "m', 1)
SHAPES = {
    "a name twice": (post(PROOF, body=TWICE), 400),
    "messages twice": (post(PROOF, body=BODY[:-1] + b', "messages": []}'), 400),
    "two lengths": (post(PROOF, body=BODY, framing=f"content-length: {len(BODY)}\r\ncontent-length: 1"), 400),
    "a length with a sign": (post(PROOF, body=BODY, framing=f"content-length: +{len(BODY)}"), 400),
    "a hexadecimal length": (post(PROOF, body=BODY, framing=f"content-length: {len(BODY):#x}"), 400),
    "an empty length": (post(PROOF, body=BODY, framing="content-length:"), 400),
    "no length": (post(PROOF, body=BODY, framing="x: y"), 400),
    "a length too short": (post(PROOF, body=BODY, framing="content-length: 10"), 400),
    "an unknown transfer coding": (post(PROOF, body=chunked(BODY), framing="transfer-encoding: xchunked"), 400),
    "two transfer codings": (post(PROOF, body=chunked(BODY), framing="transfer-encoding: chunked, identity"), 400),
    "a space before the colon": (post(PROOF, body=chunked(BODY), framing="transfer-encoding : chunked"), 400),
    "a chunk without a size": (post(PROOF, body=b"zz\r\n" + BODY + b"\r\n0\r\n\r\n", framing="transfer-encoding: chunked"), 400),
    "a websocket": (post(PROOF, "upgrade: websocket", "connection: upgrade", "sec-websocket-key: a", method="GET"), 405),
}  # fmt: skip

HARMLESS = {
    "spaces around the token": post(f"authorization:   Bearer   {ALICE}  ", body=BODY),
    "an empty header beside the right one": post("authorization: ", PROOF, body=BODY),
    "dots that lead back": post(PROOF, body=BODY, target="/v1/../v1/chat/completions"),
    "a dot that leads nowhere": post(PROOF, body=BODY, target="/v1/./chat/completions"),
    "encoded dots": post(PROOF, body=BODY, target="/v1/%2e%2e/v1/%2E/chat/completions"),
    "a backslash, as browsers read it": post(PROOF, body=BODY, target="/v1\\chat\\completions"),
    "a query": post(PROOF, body=BODY, target=f"{PATH}?base_url=https://evil.example&model=org/dear"),
    "a fragment": post(PROOF, body=BODY, target=f"{PATH}#https://evil.example"),
    "an absolute target of another host": post(PROOF, body=BODY, target=f"https://evil.example:444{PATH}"),
    "another host": post(PROOF, body=BODY, host="evil.example"),
    "an upstream of its own, in headers": asked(
        "x-upstream: https://evil.example", "x-base-url: https://evil.example/v1", "ionet-base-url: https://evil.example",
        "x-portkey-custom-host: https://evil.example", "x-original-url: /v1/models", "x-rewrite-url: /v1/models", "via: evil.example"
    ),
    "headers of a hop": asked("connection: authorization, content-length", "te: trailers", "keep-alive: timeout=1"),
    "another method, it says": asked("x-http-method-override: DELETE", "x-http-method: GET", "x-method-override: PUT"),
    "a range": asked("range: bytes=0-1", "if-range: x", "if-none-match: *"),
    "an encoding that it has not": asked("content-encoding: gzip"),
    "a page's headers": asked("origin: https://app.example", "referer: https://app.example/?a", "cookie: a=b", "user-agent: c"),
    "an origin that matches a pattern": asked("origin: https://a-1.team.example"),
    "no origin in its header": asked("origin: "),
    "chunks": post(PROOF, body=chunked(BODY), framing="transfer-encoding: chunked"),
    "chunks beside a length": post(PROOF, body=chunked(BODY), framing="content-length: 1\r\ntransfer-encoding: chunked"),
}  # fmt: skip
"""Odd, but rightly served: the fixed upstream gets the owner's key and nothing of the client's but the body."""


@pytest.fixture(scope="module")
def port(closed: Worker) -> int:
    return closed.runtime_port()


@pytest.fixture(scope="module", params=["runtime", "proxy"])
def either_port(request: pytest.FixtureRequest, closed: Worker, port: int) -> int:
    return port if request.param == "runtime" else int(closed.url.rpartition(":")[2])


def assert_refused(answer: Answer, status: int, upstream: DemoUpstream) -> None:
    assert answer.status == status, answer.body
    assert not upstream.calls


@pytest.mark.parametrize(("request_bytes", "status"), PROOFS.values(), ids=list(PROOFS))
def test_no_proof(either_port: int, upstream: DemoUpstream, request_bytes: bytes, status: int) -> None:
    assert_refused(exchange(either_port, request_bytes), status, upstream)


@pytest.mark.parametrize(("target", "status"), TARGETS.values(), ids=list(TARGETS))
def test_another_path(either_port: int, upstream: DemoUpstream, target: str, status: int) -> None:
    assert_refused(exchange(either_port, post(PROOF, body=BODY, target=target)), status, upstream)


@pytest.mark.parametrize(("target"), ["//", "///", "*"])
def test_what_does_not_get_to_the_worker(either_port: int, upstream: DemoUpstream, target: str) -> None:
    answer = exchange(either_port, post(PROOF, body=BODY, target=target))
    assert answer.status >= 400
    assert not upstream.calls


@pytest.mark.parametrize(("method", "status"), METHODS.items())
def test_another_method(either_port: int, upstream: DemoUpstream, method: str, status: int) -> None:
    assert_refused(exchange(either_port, post(PROOF, body=BODY, method=method)), status, upstream)


@pytest.mark.parametrize("origin", ORIGINS)
def test_another_origin(either_port: int, upstream: DemoUpstream, origin: str) -> None:
    answer = exchange(either_port, asked(f"origin: {origin}"))
    assert_refused(answer, 403, upstream)
    assert json.loads(answer.body)["error"]["code"] == "origin_not_allowed"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("members", "status"), BODIES.values(), ids=list(BODIES))
def test_another_model(port: int, upstream: DemoUpstream, members: dict[str, object], status: int) -> None:
    body = json.dumps(question("Hi", **members)).encode()
    assert_refused(exchange(port, post(f"authorization: Bearer {BOB}", body=body)), status, upstream)


@pytest.mark.parametrize(("request_bytes", "status"), SHAPES.values(), ids=list(SHAPES))
def test_a_crooked_request(port: int, upstream: DemoUpstream, request_bytes: bytes, status: int) -> None:
    assert_refused(exchange(port, request_bytes), status, upstream)


@pytest.mark.parametrize("request_bytes", HARMLESS.values(), ids=list(HARMLESS))
def test_an_odd_request_that_is_rightly_served(port: int, upstream: DemoUpstream, request_bytes: bytes) -> None:
    answer = exchange(port, request_bytes)
    assert answer.status == 200, answer.body
    (call,) = upstream.calls
    assert (call.method, call.path) == ("POST", "/v1/chat/completions")
    assert json.loads(call.body) == question("Hi", max_tokens=1, stream=True, model="meta-llama/Llama-3.3-70B-Instruct")
    headers = {name.lower(): value for name, value in call.headers}
    for of_this_very_call in ("content-length", "user-agent", "cf-worker"):
        headers.pop(of_this_very_call)
    assert headers == {
        "host": upstream.base_url.split("/")[2],
        "authorization": f"Bearer {KEY}",
        "content-type": "application/json",
        "accept": "text/event-stream",
        "accept-encoding": "identity",
    }


class TestHeaderInjection:
    @pytest.mark.parametrize("given", ["a\tb", "a b", "a, b", "a:b", "a\x7fb", "\u00e9", "a%0d%0aset-cookie:b", "x" * 129])
    def test_through_the_request_id(self, port: int, upstream: DemoUpstream, given: str) -> None:
        answer = exchange(port, asked(f"x-request-id: {given}"))
        assert given not in answer.headers["x-request-id"]
        assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize(
        "model", ["demo/x\r\nset-cookie: a=b", "demo/x\n", "demo/x\u0000", "demo/\u00e9", "demo/a b", "demo/\ud800"]
    )
    def test_through_the_name_of_a_model(self, port: int, upstream: DemoUpstream, model: str) -> None:
        answer = exchange(port, asked(model=model))
        assert answer.status == 400  # the upstream's word: it gets the name as it is
        assert "x-model" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert json.loads(upstream.calls[0].body)["model"] == model


def test_a_proof_is_of_one_request_not_of_a_connection(port: int, upstream: DemoUpstream) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as sock:
        sock.sendall(post(PROOF, body=BODY) + post("connection: close", body=BODY))
        answers = b"".join(iter(lambda: sock.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"401"]
    assert len(upstream.calls) == 1


def test_a_redirect_of_the_upstreams_takes_the_key_nowhere(port: int, upstream: DemoUpstream) -> None:
    answer = exchange(port, asked(model="demo/fault-redirect"))
    assert answer.status == 502
    assert "location" not in answer.headers
    assert [call.path for call in upstream.calls] == ["/v1/chat/completions"]


def test_a_body_is_awaited_by_those_who_ask_before_they_send(port: int, upstream: DemoUpstream) -> None:
    assert exchange(port, asked("expect: 100-continue")).status in (100, 200)


def test_the_bearer_of_a_proof_is_served(closed: Worker, upstream: DemoUpstream) -> None:
    """Without this the tables above would hold for a Worker that refuses everything."""
    answer = exchange(closed.runtime_port(), post(*(f"{name}: {value}" for name, value in bearing(ALICE).items()), body=BODY))
    assert answer.status == 200
