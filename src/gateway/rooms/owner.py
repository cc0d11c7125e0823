"""Whose history a request is about."""

import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.access.identify import identify
from gateway.access.identity import ANONYMOUS
from gateway.base.errors import invalid
from gateway.base.tokens import digest
from gateway.door.call import Call
from gateway.door.config import has_history
from gateway.limits import rate

COOKIE = "ionet_device"
COOKIE_SECONDS = 365 * 86_400

_SECRET = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose history it is: `name` is what it is kept under; `headers` go with the answer."""

    name: str
    headers: dict[str, str]


async def owner_of(call: Call) -> Owner:
    """The owner of a history by the proof in the request: a token, Cloudflare Access, or else the secret of a device.

    A device's secret is 256 random bits in a cookie, of which the database has the SHA-256. It is set with the first answer.
    Raises `ApiError`: 404 `history_off`, 401 where a token is needed, 403 `origin_not_allowed`, 429 where there were too many requests.
    """
    if not has_history(call):
        raise invalid("This edge keeps no history.", code="history_off", status=404)
    identity = await identify(call)
    call.log["identity"] = identity.name
    if not identity.name.startswith("token:"):
        _check_site(call)
    await rate.limit_history(call, identity)
    return _device(call) if identity is ANONYMOUS else Owner(identity.name, {})


def _check_site(call: Call) -> None:
    """Refuse a page that is not the edge's own.

    A browser sends cookies, and Cloudflare Access its assertion, whichever page it is that asks (CSRF); a bearer token only a page that has
    it. Browsers tell truly which page it is: Origin (RFC 6454, section 7) and Sec-Fetch-Site (W3C Fetch Metadata, section 2.4).
    """
    address = urlsplit(call.request.url)
    origin = call.header("origin")
    site = call.header("sec-fetch-site") or "none"
    if origin not in (None, f"{address.scheme}://{address.netloc}") or site not in ("same-origin", "none"):
        message = "Without an access token, history is for the edge's own page alone."
        raise invalid(message, code="origin_not_allowed", status=403)


def _device(call: Call) -> Owner:
    known = _secret(call.header("cookie") or "")
    secret = known or secrets.token_hex(32)
    secure = "; Secure" if call.request.url.startswith("https:") else ""
    cookie = f"{COOKIE}={secret}; HttpOnly; SameSite=Strict; Path=/api/; Max-Age={COOKIE_SECONDS}{secure}"
    return Owner(f"device:{digest(secret)}", {"set-cookie": cookie})


def _secret(header: str) -> str | None:
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE and _SECRET.fullmatch(value):
            return value
    return None
