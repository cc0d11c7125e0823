"""Access tokens, as RFC 6750 has bearer tokens in the Authorization header."""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from gateway.access.identity import Identity
from gateway.base.errors import AUTHENTICATION, ApiError
from gateway.base.tokens import Token, digest

# RFC 6750, section 2.1: b64token.
_CREDENTIALS = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)


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
    return Identity(f"token:{found.label}", found.models, found.is_owner)


def _unauthorized(message: str, *, code: str, error: str | None = None, status: int = 401) -> ApiError:
    challenge = 'Bearer realm="ionet-edge"'
    if error:
        challenge += f', error="{error}", error_description="{message}"'
    return ApiError(status, message, code=code, type=AUTHENTICATION, headers={"www-authenticate": challenge})
