"""Who asks: by Cloudflare Access, by an access token, or nobody in particular where the owner allows it."""

from datetime import UTC, datetime

from gateway.access import cloudflare_access
from gateway.access.bearer import bearer_identity
from gateway.access.identity import ANONYMOUS, Identity
from gateway.door.call import Call


async def identify(call: Call) -> Identity:
    """The identity behind a request; raises `ApiError` 400 or 401 that says what is wrong with the proof of it.

    Where anonymous use is allowed and there are no tokens to compare with, an Authorization header means nothing: OpenAI's clients
    always send one.
    """
    settings = call.settings
    if settings.access_team_domain and (assertion := call.header("cf-access-jwt-assertion")):
        return await cloudflare_access.verify(assertion, settings.access_team_domain, settings.access_audience)
    authorization = call.header("authorization")
    if settings.allow_anonymous and not (settings.access_tokens and authorization):
        return ANONYMOUS
    return bearer_identity(authorization, settings.access_tokens, datetime.now(UTC))
