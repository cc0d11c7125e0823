"""Cloudflare Access before the edge: its assertion is verified against the team's published keys."""

import json
import time

from js import AbortSignal, crypto, fetch
from pyodide.ffi import to_js

from gateway.access.assertion import Assertion, BadAssertion, subject, take_apart
from gateway.access.identity import Identity
from gateway.base.errors import AUTHENTICATION, ApiError, upstream_failed
from gateway.base.nesting import too_deep
from gateway.door.answers import js_object
from gateway.runtime.promises import js_call
from gateway.runtime.reading import read_at_most
from gateway.runtime.shared import Shared

KEYS_SECONDS = 3600
# A made-up key id makes the keys be fetched anew, but not at every request.
REFETCH_SECONDS = 10
FETCH_TIMEOUT_MS = 5_000
KEYS_BYTES = 256_000
"""Two or three keys, each as numbers and as a certificate, take about ten thousand."""

_RS256 = {"name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256"}


def _unavailable() -> ApiError:
    return upstream_failed(502, "The keys of Cloudflare Access could not be fetched.", code="access_keys_unavailable")


_KEYS: Shared[dict[str, object]] = Shared("access_keys", FETCH_TIMEOUT_MS, _unavailable)
"""The keys of the team, by key id."""


async def verify(token: str, team: str, audience: str) -> Identity:
    """The person whom a Cf-Access-Jwt-Assertion names.

    Parameters: `team`, the team's address, which issues the token and publishes the keys; `audience`, the application's tag.
    Raises `ApiError`: 401 `invalid_assertion`, 502 when the keys cannot be fetched.
    """
    try:
        assertion = take_apart(token)
        await _check_signature(assertion, team)
        return Identity(f"access:{subject(assertion.claims, team, audience, time.time())}")
    except BadAssertion as problem:
        message = f"The assertion of Cloudflare Access was not accepted: {problem}."
        raise ApiError(401, message, code="invalid_assertion", type=AUTHENTICATION) from None


async def _check_signature(assertion: Assertion, team: str) -> None:
    key = await _key(assertion.key_id, team)
    if key is None:
        raise BadAssertion("signed with an unknown key")
    subtle = crypto.subtle
    signature, signed = to_js(assertion.signature), to_js(assertion.signed)
    valid = await js_call(subtle.verify, _RS256["name"], key, signature, signed, this=subtle)
    if not valid:
        raise BadAssertion("a wrong signature")


async def _key(key_id: str, team: str) -> object | None:
    known = _KEYS.value or {}
    age = time.monotonic() - _KEYS.fetched_at
    if age > KEYS_SECONDS or (key_id not in known and age > REFETCH_SECONDS):
        try:
            known = await _KEYS.fetch(lambda signal: _fetch_keys(team, signal))
        except ApiError:
            if key_id not in known:
                raise
    return known.get(key_id)


async def _fetch_keys(team: str, signal: AbortSignal) -> dict[str, object]:
    answer = await js_call(fetch, f"{team}/cdn-cgi/access/certs", redirect="manual", signal=signal)
    text = (await read_at_most(answer.body, KEYS_BYTES)).decode()
    if not answer.ok or too_deep(text):
        raise ValueError("no keys")
    return {key["kid"]: await _import(key) for key in json.loads(text)["keys"] if key.get("kty") == "RSA"}


async def _import(key: dict[str, str]) -> object:
    public = js_object({"kty": "RSA", "n": key["n"], "e": key["e"], "alg": "RS256", "ext": True})
    subtle = crypto.subtle
    return await js_call(subtle.importKey, "jwk", public, js_object(_RS256), False, to_js(["verify"]), this=subtle)
