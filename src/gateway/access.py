"""Who may use the edge: access tokens, as RFC 6750 has bearer tokens in the Authorization header."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.errors import AUTHENTICATION, ApiError

# RFC 6750, section 2.1: b64token.
_CREDENTIALS = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Token:
    """One entry of ACCESS_TOKENS. `expires` is the first moment at which it is of no use; `models` are globs, none for all models."""

    label: str
    sha256: str
    expires: datetime | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `name` counts in limits and stands in the log; `models` are globs of the models it may use, none for all."""

    name: str
    models: tuple[str, ...] = ()


ANONYMOUS = Identity("anonymous")


def parse_tokens(text: str) -> tuple[Token, ...]:
    """Read ACCESS_TOKENS: entries `label:sha256[:expires[:models]]`, separated by white space or commas.

    `expires` is a date or a time of ISO 8601 in UTC without colons (2027-01-31, of which day the token expires at the start, or
    20270131T120000Z), or empty; `models` are globs separated by `|`.
    Raises `ValueError` with what was expected.
    """
    tokens = tuple(_parse_token(entry) for entry in re.split(r"[\s,]+", text) if entry)
    if len({token.label for token in tokens}) != len(tokens):
        raise ValueError("expected every label once")
    return tokens


def digest(token: str) -> str:
    """The SHA-256 of a token, in lower-case hexadecimal. A token of 256 random bits needs no slower hash: it cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def bearer_identity(authorization: str | None, tokens: Sequence[Token], now: datetime) -> Identity:
    """The identity that an Authorization header proves.

    Every entry is compared, in constant time, so that neither the time nor the order tells anything of an entry.
    Raises `ApiError`: 401 `missing_token` without the header or with another scheme, 400 `malformed_authorization`, 401 `invalid_token`,
    401 `expired_token`, each with WWW-Authenticate (RFC 6750, section 3).
    """
    if not authorization or not re.match(r"bearer\b", authorization, re.IGNORECASE):
        raise _unauthorized("Send an access token: Authorization: Bearer <token>.", code="missing_token")
    credentials = _CREDENTIALS.fullmatch(authorization)
    if credentials is None:
        message = "The Authorization header is malformed; expected: Bearer <token>."
        raise _unauthorized(message, code="malformed_authorization", error="invalid_request", status=400)
    given = digest(credentials[1])
    found: Token | None = None
    for token in tokens:
        if hmac.compare_digest(token.sha256, given):
            found = token
    if found is None:
        raise _unauthorized("The access token is not one of this edge's.", code="invalid_token", error="invalid_token")
    if found.expires is not None and found.expires <= now:
        message = f"The access token expired at {found.expires:%Y-%m-%d %H:%M} UTC."
        raise _unauthorized(message, code="expired_token", error="invalid_token")
    return Identity(f"token:{found.label}", found.models)


def _unauthorized(message: str, *, code: str, error: str | None = None, status: int = 401) -> ApiError:
    challenge = 'Bearer realm="ionet-edge"'
    if error:
        challenge += f', error="{error}", error_description="{message}"'
    return ApiError(status, message, code=code, type=AUTHENTICATION, headers={"www-authenticate": challenge})


def _parse_token(entry: str) -> Token:
    label, sha256, expires, models, *rest = [*entry.split(":"), "", "", ""][: max(4, entry.count(":") + 1)]
    if not _LABEL.fullmatch(label) or not _SHA256.fullmatch(sha256) or rest:
        raise ValueError("expected entries of label:sha256[:expires[:models]], as make token prints them")
    try:
        until = datetime.fromisoformat(expires) if expires else None
    except ValueError:
        raise ValueError("expected an expiry such as 2027-01-31 or 20270131T120000Z") from None
    if until is not None:
        until = until.replace(tzinfo=UTC) if until.tzinfo is None else until.astimezone(UTC)
    return Token(label, sha256, until, tuple(glob for glob in models.split("|") if glob))
