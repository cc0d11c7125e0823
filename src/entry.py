"""The Worker's door: which path and method go where, and what becomes of a failure."""

import json
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from js import Date, Response, crypto
from workers import Request as SdkRequest
from workers import WorkerEntrypoint

from gateway.base import settings
from gateway.base.errors import ApiError, internal, invalid
from gateway.base.settings import Settings
from gateway.chat import chat
from gateway.door import cors, hosts
from gateway.door.answers import header, own, refuse, respond
from gateway.door.call import Call
from gateway.door.config import config
from gateway.door.headers import is_request_id
from gateway.door.leaving import let_go_when_left
from gateway.limits import budget
from gateway.upstream.models import get_model, list_models

if TYPE_CHECKING:
    from js import Env, ExecutionContext

SHOWN_CHARS = 200
"""How much of a path stands in the log and in an error: anybody may send one of many thousands."""

Fetch = Callable[[SdkRequest], Awaitable[object]]


async def page(call: Call) -> Response:
    """Answer `GET /` with the page, which shares its address with the API and so does not come straight from the static files."""
    return await call.env.ASSETS.fetch(call.request)


async def health(call: Call) -> Response:
    """Answer `GET /api/health`: 200 when the settings are right. Never calls the upstream."""
    return own(json.dumps({"status": "ok", "default_model": call.settings.default_model}), 200, call.headers)


ROUTES: dict[str, dict[str, Callable[[Call], Awaitable[Response]]]] = {
    "/": {"GET": page, "HEAD": page, "POST": chat},
    "/v1/chat/completions": {"POST": chat},
    "/v1/models": {"GET": list_models, "HEAD": list_models},
    "/v1/models/{id}": {"GET": get_model, "HEAD": get_model},
    "/api/config": {"GET": config, "HEAD": config},
    "/api/health": {"GET": health, "HEAD": health},
}
"""Path and method to handler. What matches a file of public/ does not get here (wrangler.toml, run_worker_first)."""


class Default(WorkerEntrypoint):
    """The Worker. The runtime makes one object a request; what outlives a request is kept by `door`."""

    def __init__(self, ctx: "ExecutionContext", env: "Env") -> None:
        super().__init__(ctx, env)
        self.fetch = door(env)

    async def scheduled(self, _controller: object, _env: object = None, _ctx: object = None) -> None:
        """What the cron trigger in wrangler.toml starts: forget what is counted no longer."""
        configured = configuration(self.env)
        if isinstance(configured, Settings) and configured.daily_token_budget:
            await budget.forget(self.env)


_door: Fetch | None = None


def door(env: "Env") -> Fetch:
    """The handler of every request, made at this isolate's first one. A plain function costs the runtime less than a method."""
    global _door  # noqa: PLW0603  # an isolate has one
    if _door is None:
        _door = _make_door(env)
    return _door


def configuration(env: "Env") -> Settings | ApiError:
    """The owner's settings, or what is wrong with them."""
    try:
        return settings.parse({name: getattr(env, name, None) for name in settings.READERS})
    except ApiError as problem:
        return problem


def _make_door(env: "Env") -> Fetch:
    configured = configuration(env)
    # Without settings nothing is served, and any page may read why.
    origins = configured.allowed_origins if isinstance(configured, Settings) else ("*",)
    own_hosts = configured.allowed_hosts if isinstance(configured, Settings) else ("*",)

    async def fetch(sdk_request: SdkRequest) -> object:
        started = Date.now()
        request = sdk_request.js_object
        let_go_when_left(request)
        given_id = header(request, "x-request-id")
        request_id = given_id if given_id and is_request_id(given_id) else crypto.randomUUID()
        log: dict[str, object] = {"request_id": request_id}
        origin = header(request, "origin")
        headers = {"x-request-id": request_id, **cors.headers(origin, origins)}
        call = Call(request, env, configured, headers, log)
        try:
            response = await answer(call, origin, origins, own_hosts)
        except GeneratorExit:  # the client left
            print(json.dumps(log | {"code": "client_left", "ms": Date.now() - started}))
            raise
        except ApiError as error:
            log["code"] = error.code
            response = refuse(error, headers)
        except Exception as error:
            log |= failure(error)
            response = refuse(internal(), headers)
        log |= {
            "status": response.status,
            "answered_by": header(response, "x-answered-by"),
            "ms": Date.now() - started,
        }
        print(json.dumps(log))
        return response

    return fetch


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
    methods = ROUTES.get("/v1/models/{id}" if path.startswith("/v1/models/") else path)
    if methods is None:
        raise invalid(f"There is nothing at {shown}.", code="not_found", status=404)
    call.log.update(method=method, path=shown)
    if methods.get(method) is page:
        return await page(call)
    if not hosts.is_allowed(host, own_hosts):
        raise invalid("The edge does not answer under this host (ALLOWED_HOSTS).", code="host_not_allowed", status=403)
    if origin is None and "*" not in origins:
        origin = cors.unnamed(header(call.request, "sec-fetch-site"))
    if not cors.is_allowed(origin, origins, f"{scheme}//{host}"):
        raise invalid("Pages of this origin may not call the edge (ALLOWED_ORIGINS).", code="origin_not_allowed", status=403)
    if method in methods:
        return await methods[method](call)
    if method == "OPTIONS":
        asked = header(call.request, "access-control-request-headers")
        return respond(None, 204, {**call.headers, **cors.preflight(asked, tuple(methods))})
    allow = ", ".join((*methods, "OPTIONS"))
    raise ApiError(405, f"{shown} answers {allow} only.", code="method_not_allowed", headers={"allow": allow})


def failure(error: Exception) -> dict[str, object]:
    """What the log says of a defect. The exception's own text is left out: it may quote a header, and so a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"level": "error", "error": type(error).__name__, "at": places}
