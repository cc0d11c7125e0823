"""`GET /v1/models`: io.net's list, kept at the edge, and given from there while io.net is down."""

import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote

from js import AbortSignal, Date, Response, caches, fetch

from gateway.access.identify import identify
from gateway.access.identity import Identity
from gateway.base.errors import ApiError, invalid, upstream_failed
from gateway.base.nesting import too_deep
from gateway.base.settings import Settings
from gateway.door.answers import js_bytes, js_object, own, respond
from gateway.door.call import Call
from gateway.limits.rate import limit_address
from gateway.runtime.promises import js_call
from gateway.runtime.reading import read_at_most
from gateway.runtime.shared import Shared
from gateway.upstream import catalogue
from gateway.upstream.headers import for_upstream

KEPT_SECONDS = 86_400
TIMEOUT_MS = 10_000
PAGE_SIZE = 100
PAGE_BYTES = 1_000_000
"""A model takes one or two thousand."""

MAX_PAGES = 10

Models = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A list of models, and when it was fetched, in milliseconds since 1970."""

    models: Models
    fetched_at: int


def _unavailable() -> ApiError:
    return upstream_failed(502, "io.net did not give its list of models.", code="models_unavailable")


# Cloudflare's cache shares the list between isolates, but does nothing on workers.dev: so each keeps it as well.
_LIST: Shared[Kept] = Shared("models", TIMEOUT_MS, _unavailable)

_BODIES: dict[tuple[str, ...], tuple[Kept, object]] = {}
"""Answers, by the globs of the models that an identity may use, each with the list that it was made from."""


async def list_models(call: Call) -> Response:
    """Answer `GET /v1/models` with the models that the caller may use, in OpenAI's shape; raises `ApiError` 400, 401, 429 and 502."""
    identity = await _identified(call)
    kept = await _current(call.settings)
    encoded_from, body = _BODIES.get(identity.models, (None, None))
    if encoded_from is not kept:
        listed = {"object": "list", "data": catalogue.usable(kept.models, call.settings, identity)}
        body = js_bytes(json.dumps(listed))
        _BODIES[identity.models] = (kept, body)
    return own(body, 200, call.headers)


async def get_model(call: Call) -> Response:
    """Answer `GET /v1/models/{id}` with one of them; raises `ApiError` as `list_models` does, and 404."""
    asked = unquote(call.request.url.partition("?")[0].partition("/v1/models/")[2])
    identity = await _identified(call)
    for model in catalogue.usable((await _current(call.settings)).models, call.settings, identity):
        if model["id"] == asked:
            return own(json.dumps(model), 200, call.headers)
    raise invalid("There is no such model, or it may not be used here.", param="model", code="model_not_found", status=404)


async def listed(model: str, settings: Settings) -> dict[str, Any] | None:
    """The row of `model` in io.net's list; None where it is not there. Raises `ApiError` 502 where the list cannot be had."""
    return next((row for row in (await _current(settings)).models if row["id"] == model), None)


async def _identified(call: Call) -> Identity:
    await limit_address(call)
    identity = await identify(call)
    call.log["identity"] = identity.name
    return identity


async def _current(settings: Settings) -> Kept:
    """The list that is kept, refreshed behind the answer when it is older than the owner wants, or io.net's where none is kept."""
    kept = _LIST.value or await _LIST.fetch(lambda signal: _from_cache_or_upstream(settings, signal))
    if Date.now() - kept.fetched_at > settings.models_fresh_seconds * 1000:
        _LIST.fetch_behind(lambda signal: _from_upstream(settings, signal))
    return kept


async def _from_cache_or_upstream(settings: Settings, signal: AbortSignal) -> Kept:
    cache = caches.default
    answer = await js_call(cache.match, _cache_key(settings), this=cache)
    return Kept(**json.loads(await js_call(answer.text, this=answer))) if answer else await _from_upstream(settings, signal)


async def _from_upstream(settings: Settings, signal: AbortSignal) -> Kept:
    kept = Kept(await _fetch(settings, signal), Date.now())
    headers = {"cache-control": f"max-age={KEPT_SECONDS}"}
    cache = caches.default
    await js_call(cache.put, _cache_key(settings), respond(json.dumps(asdict(kept)), 200, headers), this=cache)
    return kept


def _cache_key(settings: Settings) -> str:
    return f"{settings.ionet_base_url}/models?kept-by=ionet-edge"


async def _fetch(settings: Settings, signal: AbortSignal) -> Models:
    """All pages of io.net's list; raises what reading it may raise when one of them cannot be had."""
    found: Models = []
    headers = for_upstream(settings.ionet_api_key) | {"accept": "application/json"}
    for page in range(1, MAX_PAGES + 1):
        url = f"{settings.ionet_base_url}/models?page={page}&page_size={PAGE_SIZE}"
        answer = await js_call(fetch, url, headers=js_object(headers), redirect="manual", signal=signal)
        text = (await read_at_most(answer.body, PAGE_BYTES)).decode()
        if not answer.ok or too_deep(text):
            raise ValueError("not a list of models")
        published = json.loads(text)
        found += catalogue.rows(published)
        if len(published["data"]) < PAGE_SIZE:
            break
    return catalogue.rows({"data": found})  # a model may stand on two pages
