"""The token of Cloudflare Access: a JSON Web Token (RFC 7519), taken apart and its claims checked. The signature is checked elsewhere."""

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from gateway.base.nesting import too_deep

LEEWAY_SECONDS = 60
LONGEST_SECONDS = 366 * 86_400
"""How far ahead an expiry is believed: sessions of Cloudflare Access last a month at most."""

_MAX_CHARS = 16_384
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class BadAssertion(Exception):
    """The token cannot be trusted. The message says why, for the log."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A token in its parts: `key_id` names the signing key, `signed` is what `signature` signs."""

    key_id: str
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def take_apart(token: str) -> Assertion:
    """Read a token in compact form (RFC 7515, section 3.1).

    Raises `BadAssertion` for any other form, for any algorithm but RS256, and for extensions that change what the token means: this
    edge knows none of those that `crit` may name (section 4.1.11), nor an unencoded payload, `b64` (RFC 7797).
    """
    parts = _COMPACT.fullmatch(token) if len(token) <= _MAX_CHARS else None
    if parts is None:
        raise BadAssertion("not a token")
    try:
        head, claims = _parse(parts[1]), _parse(parts[2])
        signature = _decode(parts[3])
    except ValueError:
        raise BadAssertion("not a token") from None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        raise BadAssertion("not a token")
    # The algorithm is this edge's to choose, never the token's (RFC 8725, section 3.1).
    if head.get("alg") != "RS256" or not isinstance(head.get("kid"), str):
        raise BadAssertion("not signed with RS256 and a named key")
    if "crit" in head or "b64" in head:
        raise BadAssertion("with an extension that is not understood")
    return Assertion(head["kid"], claims, f"{parts[1]}.{parts[2]}".encode(), signature)


def subject(claims: Mapping[str, Any], issuer: str, audience: str, now: float) -> str:
    """The e-mail address of the person, or the name of the service token, that valid claims speak of.

    Parameters: `issuer`, the team's address; `audience`, the application's tag; `now`, seconds since 1970.
    An address is one person in whatever case it is written, so its letters, which are ASCII, come back in lower case. A service token's
    name is compared to the letter.
    Raises `BadAssertion` for another issuer or audience, outside of the token's time (a minute's leeway), or without a subject.
    """
    if claims.get("iss") != issuer:
        raise BadAssertion("another issuer")
    audiences = claims.get("aud")
    if audience not in (audiences if isinstance(audiences, list) else [audiences]):
        raise BadAssertion("another audience")
    expiry = claims.get("exp")
    if not (_is_time(expiry) and now < expiry + LEEWAY_SECONDS):
        raise BadAssertion("expired")
    if expiry > now + LONGEST_SECONDS:
        raise BadAssertion("valid for longer than any session")
    for claim in ("nbf", "iat"):
        if claim in claims and not (_is_time(claims[claim]) and claims[claim] - LEEWAY_SECONDS <= now):
            raise BadAssertion("not yet valid")
    name = claims.get("email") or claims.get("common_name")
    if not isinstance(name, str) or not re.fullmatch(r"[\x21-\x7e]{1,254}", name):
        raise BadAssertion("no subject")
    return name.lower() if claims.get("email") else name


def _parse(part: str) -> object:
    text = _decode(part).decode()
    if too_deep(text):
        raise ValueError("nested too deep")
    return json.loads(text)


def _is_time(value: object) -> TypeGuard[float]:
    """Whether a claim is a time (NumericDate of RFC 7519, section 2), which no infinity, NaN or truth value is."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def _decode(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
