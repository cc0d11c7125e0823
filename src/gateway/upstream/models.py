"""`GET /v1/models`: io.net's list, kept at the edge, and given from there while io.net is down."""

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote

from js import AbortSignal, Date, Response, caches, fetch
from pyodide.ffi import JsException, create_proxy
from workers import wait_until

from gateway.access.identify import identify
from gateway.base.errors import invalid, upstream_failed
from gateway.base.nesting import too_deep
from gateway.base.settings import Settings
from gateway.door.answers import js_object, own, respond
from gateway.door.call import Call
from gateway.upstream import catalogue
from gateway.upstream.headers import for_upstream

KEPT_SECONDS = 86_400
TIMEOUT_MS = 10_000
PAGE_SIZE = 100
MAX_PAGES = 10

Models = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A list of models, and when it was fetched, in milliseconds since 1970."""

    models: Models
    fetched_at: int


class _Isolate:
    """What this isolate keeps. Cloudflare's cache shares it between isolates, but does nothing on workers.dev."""

    kept: Kept | None = None


async def list_models(call: Call) -> Response:
    """Answer `GET /v1/models` with the models that the caller may use, in OpenAI's shape; raises `ApiError` 400, 401 and 502."""
    return own(json.dumps({"object": "list", "data": await _usable(call)}), 200, call.headers)


async def get_model(call: Call) -> Response:
    """Answer `GET /v1/models/{id}` with one of them; raises `ApiError` as `list_models` does, and 404."""
    asked = unquote(call.request.url.partition("?")[0].partition("/v1/models/")[2])
    for model in await _usable(call):
        if model["id"] == asked:
            return own(json.dumps(model), 200, call.headers)
    raise invalid("There is no such model, or it may not be used here.", param="model", code="model_not_found", status=404)


async def _usable(call: Call) -> Models:
    identity = await identify(call)
    call.log["identity"] = identity.name
    return catalogue.usable(await _current(call.settings), call.settings, identity)


async def _current(settings: Settings) -> Models:
    """The list that is kept, refreshed behind the answer when it is older than the owner wants, or io.net's where none is kept."""
    kept = _Isolate.kept or await _from_cache(settings)
    if kept is None:
        return (await _refresh(settings)).models
    if Date.now() - kept.fetched_at > settings.models_fresh_seconds * 1000:
        wait_until(create_proxy(asyncio.ensure_future(_refresh_quietly(settings))))
    return kept.models


async def _refresh(settings: Settings) -> Kept:
    try:
        models = await _fetch(settings)
    except (JsException, ValueError, LookupError, TypeError):
        raise upstream_failed(502, "io.net did not give its list of models.", code="models_unavailable") from None
    kept = _Isolate.kept = Kept(models, Date.now())
    headers = {"cache-control": f"max-age={KEPT_SECONDS}"}
    await caches.default.put(_cache_key(settings), respond(json.dumps(asdict(kept)), 200, headers))
    return kept


async def _refresh_quietly(settings: Settings) -> None:
    try:
        await _refresh(settings)
    except Exception as error:  # the old list stays, and there is no answer left to tell it
        print(json.dumps({"level": "warning", "event": "models_not_refreshed", "error": type(error).__name__}))


async def _from_cache(settings: Settings) -> Kept | None:
    answer = await caches.default.match(_cache_key(settings))
    if not answer:
        return None
    kept = _Isolate.kept = Kept(**json.loads(await answer.text()))
    return kept


def _cache_key(settings: Settings) -> str:
    return f"{settings.ionet_base_url}/models?kept-by=ionet-edge"


async def _fetch(settings: Settings) -> Models:
    """All pages of io.net's list; raises what reading it may raise when one of them cannot be had."""
    found: list[object] = []
    for page in range(1, MAX_PAGES + 1):
        url = f"{settings.ionet_base_url}/models?page={page}&page_size={PAGE_SIZE}"
        headers = for_upstream(settings.ionet_api_key) | {"accept": "application/json"}
        answer = await fetch(
            url, js_object({"headers": headers, "redirect": "manual", "signal": AbortSignal.timeout(TIMEOUT_MS)})
        )
        text = await answer.text()
        if not answer.ok or too_deep(text):
            raise ValueError("not a list of models")
        data = json.loads(text)["data"]
        found += data
        if len(data) < PAGE_SIZE:
            break
    return catalogue.rows({"data": found})
