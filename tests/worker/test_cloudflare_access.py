"""Cloudflare Access before the edge: who its signed assertion names is served, and no other assertion is worth anything."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.conftest import StartWorker, Worker, question
from tests.tokens import ALICE, ENTRIES, bearing
from tools.processes import free_port
from tools.upstream.server import DemoUpstream

AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"
PERSON = "alice@example.com"
ROTATION_SECONDS = 30


def b64(data: bytes | dict[str, Any]) -> str:
    """base64url without padding (RFC 7515, section 2)."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Key:
    """A team's signing key."""

    kid: str
    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def published(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        n = numbers.n.to_bytes(256, "big")
        return {"kid": self.kid, "kty": "RSA", "alg": "RS256", "use": "sig", "e": b64(b"\x01\x00\x01"), "n": b64(n)}

    def pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)

    def sign(self, claims: bytes | dict[str, Any], *, digest: hashes.HashAlgorithm | None = None, **head: Any) -> str:
        signed = f"{b64({'alg': 'RS256', 'kid': self.kid, 'typ': 'JWT'} | head)}.{b64(claims)}"
        signature = self.private.sign(signed.encode(), padding.PKCS1v15(), digest or hashes.SHA256())
        return f"{signed}.{b64(signature)}"


KEY = Key("first")
STRANGER = Key("first")  # the same name, another key


@dataclass
class Team:
    """The team's address and what it publishes there; `fetches` counts."""

    url: str
    keys: list[Key]
    fetches: int = 0

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.url, "aud": [AUDIENCE], "email": PERSON, "iat": now, "nbf": now, "exp": now + 3600}
        return {name: value for name, value in (usual | changes).items() if value is not None}


@pytest.fixture(scope="module")
def team() -> Iterator[Team]:
    with HTTPServer("127.0.0.1", 0, threaded=True) as server:
        team = Team(server.url_for("").rstrip("/"), [KEY])

        def certs(_: Request) -> Response:
            team.fetches += 1
            keys = [key.published() for key in team.keys] + [{"kid": "elliptic", "kty": "EC"}]
            return Response(json.dumps({"keys": keys, "public_certs": []}), mimetype="application/json")

        server.expect_request("/cdn-cgi/access/certs").respond_with_handler(certs)
        yield team


@pytest.fixture(scope="module")
def behind_access(start_worker: StartWorker, team: Team) -> Worker:
    return start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES, ACCESS_TEAM_DOMAIN=team.url, ACCESS_AUDIENCE=AUDIENCE)


def ask(client: httpx.Client, worker: Worker, assertion: str | bytes, **headers: str) -> httpx.Response:
    given = [(b"cf-access-jwt-assertion", assertion if isinstance(assertion, bytes) else assertion.encode())]
    more = [(name.encode(), value.encode()) for name, value in headers.items()]
    return client.post(worker.chat, json=question(max_tokens=1), headers=given + more)


def assert_refused(response: httpx.Response, upstream: DemoUpstream) -> str:
    """Returns why."""
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (401, "authentication_error", "invalid_assertion")
    assert not upstream.calls
    message: str = error["message"]
    return message


class TestServed:
    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({}, PERSON),
            ({"aud": AUDIENCE}, PERSON),
            ({"aud": ["another", AUDIENCE]}, PERSON),
            ({"nbf": None}, PERSON),
            ({"email": "Alice@Example.COM"}, PERSON),
            ({"email": None, "common_name": "CI.access"}, "CI.access"),
        ],
    )
    def test_whom_it_names(
        self, behind_access: Worker, team: Team, client: httpx.Client, changes: dict[str, Any], name: str
    ) -> None:
        response = ask(client, behind_access, KEY.sign(team.claims(**changes)))
        assert response.text.endswith("data: [DONE]\n\n")
        assert behind_access.log_line(response)["identity"] == f"access:{name}"

    def test_it_comes_before_a_token(
        self, behind_access: Worker, team: Team, client: httpx.Client, upstream: DemoUpstream
    ) -> None:
        response = ask(client, behind_access, KEY.sign(team.claims()), **bearing(ALICE))
        assert behind_access.log_line(response)["identity"] == f"access:{PERSON}"
        upstream.calls.clear()
        assert_refused(ask(client, behind_access, STRANGER.sign(team.claims()), **bearing(ALICE)), upstream)

    def test_without_it_a_token_will_do(self, behind_access: Worker, client: httpx.Client) -> None:
        assert client.post(behind_access.chat, json=question(max_tokens=1), headers=bearing(ALICE)).status_code == 200
        assert client.post(behind_access.chat, json=question(max_tokens=1)).json()["error"]["code"] == "missing_token"

    def test_the_keys_are_fetched_once(self, behind_access: Worker, team: Team, client: httpx.Client) -> None:
        ask(client, behind_access, KEY.sign(team.claims()))
        before = team.fetches
        assert {ask(client, behind_access, KEY.sign(team.claims())).status_code for _ in range(10)} == {200}
        assert team.fetches == before


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"iss": "https://evil.cloudflareaccess.com"}, "another issuer"),
            ({"iss": None}, "another issuer"),
            ({"aud": ["another"]}, "another audience"),
            ({"aud": AUDIENCE[:-1]}, "another audience"),
            ({"aud": AUDIENCE + " x"}, "another audience"),
            ({"aud": {AUDIENCE: 1}}, "another audience"),
            ({"aud": []}, "another audience"),
            ({"aud": None}, "another audience"),
            ({"exp": 1_700_000_000}, "expired"),
            ({"exp": None}, "expired"),
            ({"exp": "9999999999"}, "expired"),
            ({"exp": True}, "expired"),
            ({"exp": float("nan")}, "expired"),
            ({"exp": float("inf")}, "expired"),
            ({"exp": 9_999_999_999}, "longer than any session"),
            ({"iat": 9_999_999_999}, "not yet valid"),
            ({"iat": "0"}, "not yet valid"),
            ({"nbf": float("-inf")}, "not yet valid"),
            ({"nbf": 9_999_999_999}, "not yet valid"),
            ({"nbf": "0"}, "not yet valid"),
            ({"nbf": float("nan")}, "not yet valid"),
            ({"email": None}, "no subject"),
            ({"email": ["a@example.com"]}, "no subject"),
            ({"email": "a@example.com\nb"}, "no subject"),
            ({"email": "a" * 255}, "no subject"),
        ],
    )
    def test_for_its_claims(
        self, behind_access: Worker, team: Team, client: httpx.Client, upstream: DemoUpstream, changes: dict[str, Any], why: str
    ) -> None:
        assert why in assert_refused(ask(client, behind_access, KEY.sign(team.claims(**changes))), upstream)

    def test_for_its_signature(self, behind_access: Worker, team: Team, client: httpx.Client, upstream: DemoUpstream) -> None:
        claims = team.claims()
        head, body, signature = KEY.sign(claims).split(".")
        secret = f"{b64({'alg': 'HS256', 'kid': 'first'})}.{body}"
        hs256 = b64(hmac.digest(KEY.pem(), secret.encode(), hashlib.sha256))
        forged = {
            "another's": STRANGER.sign(claims),
            "of other claims": f"{head}.{b64(team.claims(email='owner@example.com'))}.{signature}",
            "of another head": f"{b64({'alg': 'RS256', 'kid': 'first', 'x': 1})}.{body}.{signature}",
            "cut": f"{head}.{body}.{signature[:-4]}",
            "longer": f"{head}.{body}.{signature}AAAA",
            "empty": f"{head}.{body}.",
            "missing": f"{head}.{body}",
            "zero": f"{head}.{body}.{b64(bytes(256))}",
            "none": f"{b64({'alg': 'none', 'kid': 'first'})}.{body}.",
            "none, but something": f"{b64({'alg': 'none', 'kid': 'first'})}.{body}.AAAA",
            "None": KEY.sign(claims, alg="None"),
            "HS256 with the public key": f"{secret}.{hs256}",
            "RS512": KEY.sign(claims, alg="RS512", digest=hashes.SHA512()),
            "SHA-512 in the name of RS256": KEY.sign(claims, digest=hashes.SHA512()),
            "of a key it brings along": STRANGER.sign(claims, jwk=STRANGER.published(), jku="https://evil.example/certs"),
            "of no key": KEY.sign(claims, kid=None),
            "of a list of keys": KEY.sign(claims, kid=["first"]),
            "of an elliptic key": KEY.sign(claims, kid="elliptic"),
            "with an extension": KEY.sign(claims, crit=["exp"]),
            "of a payload that is not encoded": KEY.sign(claims, crit=["b64"], b64=False),
            "of no encoding, and not critical": KEY.sign(claims, b64=False),
            "that never ends": KEY.sign(json.dumps(claims | {"exp": 0}).replace('"exp": 0', '"exp": 1e400').encode()),
        }
        for name, assertion in forged.items():
            assert assert_refused(ask(client, behind_access, assertion), upstream), name

    def test_for_its_form(self, behind_access: Worker, team: Team, client: httpx.Client, upstream: DemoUpstream) -> None:
        head, body, signature = KEY.sign(team.claims()).split(".")
        deep, deep_objects = b64(b"[" * 11_000), b64(b'{"a":' * 2_300)
        crooked: dict[str, str | bytes] = {
            "no token": "x",
            "dots": "...",
            "four parts": f"{head}.{body}.{signature}.{signature}",
            "padded": f"{head}.{body}.{signature}==",
            "the other alphabet": f"{head}.{body}.{signature[:-2]}+/",
            "a space": f"{head}. {body}.{signature}",
            "twice": f"{head}.{body}.{signature}, {head}.{body}.{signature}",
            "a bearer": f"Bearer {head}.{body}.{signature}",
            "a deep head": f"{deep}.{body}.{signature}",
            "deep claims": f"{head}.{deep}.{signature}",
            "deep objects": f"{head}.{deep_objects}.{signature}",
            "deep, and signed": KEY.sign(b"[" * 5_000),
            "a list": KEY.sign(b"[]"),
            "no JSON": KEY.sign(b"\xff"),
            "a huge number": KEY.sign(b'{"exp":' + b"9" * 5_000 + b"}"),
            "too long": KEY.sign(team.claims(x="x" * 16_384)),
            "absurdly long": "A" * 60_000,
            "not ASCII": f"{head}.{body}.{signature}é",
            "not UTF-8": b"\xff\xfe",
        }
        for name, assertion in crooked.items():
            assert assert_refused(ask(client, behind_access, assertion), upstream), name
        assert ask(client, behind_access, KEY.sign(team.claims())).status_code == 200  # the isolate is well

    def test_nowhere_else_is_it_looked_for(self, behind_access: Worker, team: Team, client: httpx.Client) -> None:
        assertion = KEY.sign(team.claims())
        for headers in ({"cookie": f"CF_Authorization={assertion}"}, bearing(assertion), {"cf-access-token": assertion}):
            assert client.post(behind_access.chat, json=question(), headers=headers).status_code == 401


def test_a_new_key_is_found_without_asking_for_it_at_every_request(
    behind_access: Worker, team: Team, client: httpx.Client
) -> None:
    ask(client, behind_access, KEY.sign(team.claims()))
    new = Key("second")
    team.keys.append(new)
    before = team.fetches
    deadline = time.monotonic() + ROTATION_SECONDS
    asked = 0
    while ask(client, behind_access, new.sign(team.claims())).status_code != 200:
        asked += 1
        assert time.monotonic() < deadline
    assert asked > 10
    assert team.fetches - before <= 1 + ROTATION_SECONDS // 10
    assert ask(client, behind_access, KEY.sign(team.claims())).status_code == 200


def test_keys_that_cannot_be_fetched(start_worker: StartWorker, team: Team, client: httpx.Client, upstream: DemoUpstream) -> None:
    worker = start_worker(ACCESS_TEAM_DOMAIN=f"http://127.0.0.1:{free_port()}", ACCESS_AUDIENCE=AUDIENCE)
    for _ in range(2):
        response = ask(client, worker, KEY.sign(team.claims()))
        assert (response.status_code, response.json()["error"]["code"]) == (502, "access_keys_unavailable")
    assert not upstream.calls
