"""The Worker's door: which path and method go where, and what becomes of a failure."""

import json
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from js import Response, console, crypto
from workers import Request as SdkRequest
from workers import WorkerEntrypoint, import_from_javascript

from gateway.base import settings
from gateway.base.errors import ApiError, internal, invalid
from gateway.base.settings import Settings
from gateway.chat import complete, say, stream
from gateway.door import cors, hosts
from gateway.door.answers import own, refuse, respond, text
from gateway.door.call import Call
from gateway.door.config import config
from gateway.door.headers import is_request_id
from gateway.door.leaving import let_go_when_left
from gateway.limits import budget
from gateway.runtime.promises import Later, js_call
from gateway.upstream.models import get_model, list_models

if TYPE_CHECKING:
    from js import Env, Request

SHOWN_CHARS = 200
"""How much of a path stands in the log and in an error: anybody may send one of many thousands."""

Fetch = Callable[[SdkRequest], Later]
Handler = Callable[[Call], Awaitable[Response]]


async def page(call: Call) -> Response:
    """Answer with the page, or the description of the API: files whose addresses the Worker is asked for before the static files are."""
    call.log["answered_by"] = None
    assets = call.env.ASSETS
    return await js_call(assets.fetch, call.request, this=assets)


async def health(call: Call) -> Response:
    """Answer `GET /api/health`: 200 when the settings are right. Never calls the upstream."""
    return own(json.dumps({"status": "ok", "default_model": call.settings.default_model}), 200, call.headers)


def first_asked_for(module: str, name: str) -> Handler:
    """The handler `name` of a module that is imported with the first request for it: no chat waits for what it does without."""

    async def answer(call: Call) -> Response:
        handler: Handler = getattr(import_module(module), name)
        return await handler(call)

    return answer


other = first_asked_for("gateway.other_calls", "pass_on")
usage = first_asked_for("gateway.usage.view", "usage")
left = first_asked_for("gateway.usage.view", "left")
verdict = first_asked_for("gateway.judging.view", "verdict")

ROUTES: dict[str, Mapping[str, Handler]] = {
    "/": {"GET": page, "HEAD": page, "POST": stream},
    "/chat": {"POST": say},
    "/v1/chat/completions": {"POST": complete},
    "/v1/completions": {"POST": other},
    "/v1/embeddings": {"POST": other},
    "/v1/models": {"GET": list_models, "HEAD": list_models},
    "/v1/models/{id}": {"GET": get_model, "HEAD": get_model},
    "/api/config": {"GET": config, "HEAD": config},
    "/api/health": {"GET": health, "HEAD": health},
    "/api/budget": {"GET": left, "HEAD": left},
    "/api/usage": {"GET": usage, "HEAD": usage},
    "/api/verdicts/{request_id}": {"GET": verdict, "HEAD": verdict},
    "/api/openapi.json": {"GET": page, "HEAD": page},
}
"""Path and method to handler. What matches a file of public/ does not get here (wrangler.toml, run_worker_first)."""


class _Quick:
    """What makes an object of the Worker at little cost: the SDK wraps a constructor that stands in a Worker's own class.

    Each object has the handler for its own: a plain function costs the runtime less than a method, whose signature it looks at anew.
    """

    def __init__(self, *_: object) -> None:
        vars(self)["fetch"] = door()


class Default(_Quick, WorkerEntrypoint):
    """The Worker. The runtime makes one object a request; what outlives a request is kept by `door`."""

    def fetch(self, request: SdkRequest) -> Later:
        """Answer a request. By this method Cloudflare knows at an upload that the Worker has a handler."""
        return door()(request)

    def scheduled(self, _controller: object, _env: object = None, _ctx: object = None) -> Later:
        """What the cron trigger in wrangler.toml starts: forget what is counted no longer."""
        return Later(forget())


async def forget() -> None:
    """Delete what counts no longer, and what is left of histories that were deleted."""
    env = bindings()
    configured = configuration(env)
    if not isinstance(configured, Settings):
        return
    if configured.has_budget:
        await budget.forget(env)
    if configured.usage:
        from gateway.usage.counting import forget as forget_usage  # noqa: PLC0415  # a chat does without

        await forget_usage(env, configured.usage_keep_days)
    if configured.moderate_answers != "off":
        from gateway.judging.verdicts import forget as forget_verdicts  # noqa: PLC0415  # a chat does without

        await forget_verdicts(env)
    if configured.history:
        from gateway.rooms.writing import purge  # noqa: PLC0415  # a chat does without

        await purge(env)


def bindings() -> "Env":
    """The Worker's bindings as the runtime has them. The SDK's wrapper would make each call of one a future of asyncio's."""
    env: Env = import_from_javascript("cloudflare:workers").env
    return env


def configuration(env: "Env") -> Settings | ApiError:
    """The owner's settings, or what is wrong with them."""
    try:
        return settings.parse({name: getattr(env, name, None) for name in settings.READERS})
    except ApiError as problem:
        return problem


@cache
def door() -> Fetch:
    """The handler of every request, made at this isolate's first one."""
    env = bindings()
    configured = configuration(env)
    # Without settings nothing is served, and any page may read why.
    origins = configured.allowed_origins if isinstance(configured, Settings) else ("*",)
    own_hosts = configured.allowed_hosts if isinstance(configured, Settings) else ("*",)

    def fetch(sdk_request: SdkRequest, *_: object) -> Later:
        request = sdk_request.js_object
        serving = serve(request)
        let_go_when_left(request, serving)
        return Later(serving)

    async def serve(request: "Request") -> Response:
        started = time.monotonic()
        get_header = request.headers.get
        given_id = text(get_header("x-request-id"))
        request_id = given_id if given_id and is_request_id(given_id) else crypto.randomUUID()
        log: dict[str, object] = {"request_id": request_id}
        origin = text(get_header("origin"))
        headers = {"x-request-id": request_id, **cors.headers(origin, origins)}
        call = Call(request, get_header, env, configured, headers, log)
        try:
            response = await answer(call, origin, origins, own_hosts)
        except GeneratorExit:  # the client left
            console.log(json.dumps(log | {"code": "client_left", "ms": milliseconds_since(started)}))
            raise
        except ApiError as error:
            log["code"] = error.code
            response = refuse(error, headers)
        except Exception as error:
            log |= failure(error)
            response = refuse(internal(), headers)
        log.setdefault("answered_by", "edge")
        log |= {"status": response.status, "ms": milliseconds_since(started)}
        console.log(json.dumps(log))
        return response

    fetch.__signature__ = ()  # type: ignore[attr-defined]  # without one that can be read, the runtime binds no arguments to it
    return fetch


def milliseconds_since(started: float) -> int:
    """How long it is since `started`, on the clock of `time.monotonic`."""
    return round((time.monotonic() - started) * 1000)


async def answer(call: Call, origin: str | None, origins: Sequence[str], own_hosts: Sequence[str]) -> Response:
    """Find the handler and let it answer.

    Parameters: `origin`, the request's Origin header; `origins`, those that are allowed beside the edge's own; `own_hosts`, the hosts that
    the edge's own may be.
    Raises `ApiError` 403, 404 and 405, and what the handler raises.
    """
    scheme, _, rest = call.request.url.partition("//")
    host, _, target = rest.partition("/")
    path = "/" + target.partition("?")[0].partition("#")[0]
    method = call.request.method
    shown = path[:SHOWN_CHARS]
    call.log.update(method=method, path=shown)
    methods = ROUTES.get("/v1/models/{id}" if path.startswith("/v1/models/") else path)
    if methods is None and path.startswith("/api/verdicts/"):
        methods = ROUTES["/api/verdicts/{request_id}"]
    elif methods is None and path.startswith("/api/"):
        from gateway.rooms.routes import methods_of  # noqa: PLC0415  # a chat does without

        methods = methods_of(path)
    if methods and methods.get(method) is page:
        return await page(call)
    if not hosts.is_allowed(host, own_hosts):
        raise invalid("The edge does not answer under this host (ALLOWED_HOSTS).", code="host_not_allowed", status=403)
    if origin is None and "*" not in origins:
        origin = cors.unnamed(call.header("sec-fetch-site"))
    if not cors.is_allowed(origin, origins, f"{scheme}//{host}"):
        raise invalid("Pages of this origin may not call the edge (ALLOWED_ORIGINS).", code="origin_not_allowed", status=403)
    if method == "OPTIONS":
        return respond(None, 204, {**call.headers, **cors.preflight(call.header("access-control-request-headers"))})
    if methods is None:
        raise invalid(f"There is nothing at {shown}.{_served(path, call.configured)}", code="not_found", status=404)
    if method in methods:
        return await methods[method](call)
    allow = ", ".join((*methods, "OPTIONS"))
    raise ApiError(405, f"{shown} answers {allow} only.", code="method_not_allowed", headers={"allow": allow})


def _served(path: str, configured: Settings | ApiError) -> str:
    """What there is, for a client of OpenAI's API that asks for more of it, or for some of it elsewhere."""
    others = configured.other_calls if isinstance(configured, Settings) else ()
    served = {
        known: ", ".join(f"{method} {known}" for method in methods if method != "HEAD")
        for known, methods in ROUTES.items()
        if known.startswith("/v1/") and (other not in methods.values() or known.removeprefix("/v1/") in others)
    }
    for known, shown in served.items():
        if path.rstrip("/").endswith(known.removeprefix("/v1")):
            return f" Did you mean {shown}? The base URL of OpenAI's clients ends with /v1."
    return f" This edge serves {', '.join(served.values())}." if path.startswith("/v1/") else ""


def failure(error: Exception) -> dict[str, object]:
    """What the log says of a defect. The exception's own text is left out: it may quote a header, and so a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"level": "error", "error": type(error).__name__, "at": places}
