"""How often: by address and by identity, counted by Cloudflare's rate-limiting binding."""

from gateway.access.identity import ANONYMOUS, Identity
from gateway.base.errors import RATE_LIMIT, ApiError
from gateway.door.call import Call
from gateway.limits.address import network_of
from gateway.runtime.promises import js_call

PERIOD_SECONDS = 60
"""The period that wrangler.toml gives the binding, which does not tell how much of it is left."""


async def limit_address(call: Call, binding: str = "RATE_LIMITER") -> None:
    """Count this request for its address with the limiter of that name; raises `ApiError` 429 when there were too many.

    Cloudflare sets CF-Connecting-IP itself and overwrites a client's.
    """
    address = call.header("cf-connecting-ip")
    if address and (network := network_of(address)):
        await _count(call, f"address:{network}", binding)


async def limit_identity(call: Call, identity: Identity) -> None:
    """Count this request for its identity, unless that is everybody's; raises `ApiError` 429 when there were too many."""
    if identity is not ANONYMOUS:
        await _count(call, identity.name)


async def limit_history(call: Call, identity: Identity) -> None:
    """Count this request for history by itself: for its identity, or its address where that is everybody's; raises `ApiError` 429."""
    if identity is not ANONYMOUS:
        await _count(call, identity.name, "HISTORY_RATE_LIMITER")
    else:
        await limit_address(call, "HISTORY_RATE_LIMITER")


async def _count(call: Call, key: str, binding: str = "RATE_LIMITER") -> None:
    limiter = getattr(call.env, binding, None)
    if limiter is None or (await js_call(limiter.limit, this=limiter, key=key)).success:
        return
    message = f"Too many requests. Wait up to {PERIOD_SECONDS} seconds, then try again."
    raise ApiError(429, message, code="rate_limit_exceeded", type=RATE_LIMIT, headers={"retry-after": str(PERIOD_SECONDS)})
