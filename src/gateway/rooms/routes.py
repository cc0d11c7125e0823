"""The routes of history. This module, and those that it needs, are imported with the first request for one of them."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from js import Response

from gateway.door.answers import own
from gateway.door.call import Call
from gateway.rooms import reading, writing
from gateway.rooms.owner import Owner, owner_of
from gateway.rooms.shapes import identifier

MAX_VERSION_DIGITS = 15

Handler = Callable[..., Awaitable[str]]
"""Takes the call, its owner, and the ids of the address by name where it has any; gives JSON."""


def _each(kind: str) -> dict[str, Handler]:
    def bound(function: Callable[..., Awaitable[str]]) -> Handler:
        return lambda call, owner, known: function(call, owner, kind, known)

    return {"GET": bound(reading.one), "PUT": bound(writing.put), "DELETE": bound(writing.delete)}


ROUTES: dict[str, Mapping[str, Handler]] = {
    "/api/history": {"GET": reading.summary, "DELETE": writing.clear},
    "/api/rooms": {"GET": reading.rooms},
    "/api/rooms/{id}": {**_each("room")},
    "/api/rooms/{id}/messages": {"GET": reading.messages},
    "/api/rooms/{room}/messages/{id}": {**_each("message")},
    "/api/personas": {"GET": reading.personas},
    "/api/personas/{id}": {**_each("persona")},
    "/api/personas/{id}/versions": {"GET": reading.versions},
    "/api/personas/{id}/versions/{n}": {"GET": reading.version},
    "/api/search": {"GET": reading.search},
    "/api/changes": {"GET": reading.changes, "POST": writing.put_changes},
}
"""Path and method to handler."""

_BY_PARTS = [(path.split("/"), methods) for path, methods in ROUTES.items()]


def methods_of(path: str) -> dict[str, Callable[[Call], Awaitable[Response]]] | None:
    """The handlers of a path by method, with the ids that stand in it; None where it is no route of history."""
    parts = path.split("/")
    for names, methods in _BY_PARTS:
        if len(names) == len(parts) and (known := _ids(names, parts)) is not None:
            return {method: partial(_answer, handler, known) for method, handler in methods.items()}
    return None


async def _answer(handler: Handler, known: dict[str, str], call: Call) -> Response:
    owner: Owner = await owner_of(call)
    body = await (handler(call, owner, known) if known else handler(call, owner))
    return own(body, 200, {**call.headers, **owner.headers})


def _ids(names: list[str], parts: list[str]) -> dict[str, str] | None:
    """The ids that `parts` of a path have where `names` have braces; None where any other part differs."""
    known = {}
    for name, part in zip(names, parts, strict=True):
        if not name.startswith("{"):
            if name != part:
                return None
        elif (found := _version(part) if name == "{n}" else identifier(part)) is None:
            return None
        else:
            known[name[1:-1]] = found
    return known


def _version(part: str) -> str | None:
    return part if part.isascii() and part.isdecimal() and len(part) <= MAX_VERSION_DIGITS else None
