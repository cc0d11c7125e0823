"""The token of Cloudflare Access: a JSON Web Token (RFC 7519), taken apart and its claims checked. The signature is checked elsewhere."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.base.nesting import too_deep

LEEWAY_SECONDS = 60
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
    """Read a token in compact form (RFC 7515, section 3.1); raises `BadAssertion` for any algorithm but RS256 and for any other form."""
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
    return Assertion(head["kid"], claims, f"{parts[1]}.{parts[2]}".encode(), signature)


def subject(claims: Mapping[str, Any], issuer: str, audience: str, now: float) -> str:
    """The e-mail address of the person, or the name of the service token, that valid claims speak of.

    Parameters: `issuer`, the team's address; `audience`, the application's tag; `now`, seconds since 1970.
    Raises `BadAssertion` for another issuer or audience, outside of the token's time (a minute's leeway), or without a subject.
    """
    if claims.get("iss") != issuer:
        raise BadAssertion("another issuer")
    audiences = claims.get("aud")
    if audience not in (audiences if isinstance(audiences, list) else [audiences]):
        raise BadAssertion("another audience")
    if not (_number(claims.get("exp")) and now < claims["exp"] + LEEWAY_SECONDS):  # NaN is never later
        raise BadAssertion("expired")
    if "nbf" in claims and not (_number(claims["nbf"]) and claims["nbf"] - LEEWAY_SECONDS <= now):
        raise BadAssertion("not yet valid")
    name = claims.get("email") or claims.get("common_name")
    if not isinstance(name, str) or not re.fullmatch(r"[\x21-\x7e]{1,254}", name):
        raise BadAssertion("no subject")
    return name


def _parse(part: str) -> object:
    text = _decode(part).decode()
    if too_deep(text):
        raise ValueError("nested too deep")
    return json.loads(text)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _decode(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
