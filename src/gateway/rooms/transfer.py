"""A history as a file: all of it out, page by page, and in again."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from gateway.base.errors import invalid
from gateway.door.call import Call
from gateway.rooms import statements
from gateway.rooms.database import batch
from gateway.rooms.owner import Owner
from gateway.rooms.query import Query, cursor_after
from gateway.rooms.shapes import Item, item
from gateway.rooms.writing import now, read_json, write
from gateway.runtime.d1 import Rows

FORMAT = "ionet-edge"
FORMAT_VERSION = 1
EXPORTED_ROWS = 2_000

_PERSONAS, _ROOMS = 0, 1


async def export(call: Call, owner: Owner) -> str:
    """Answer `GET /api/export`: personas with their versions, then rooms with their messages, without what is the edge's own.

    Things come in the order of their ids, versions and messages in that of their time, so an empty history that takes them gives the same
    again. Each page can be imported by itself; a room that goes on in the next page is named there again.
    """
    stage, id, after, last = Query(call.request.url).cursor(_PERSONAS, "", 0, "")
    in_rooms = stage == _ROOMS
    persona_rows, room_rows = await batch(
        call.env,
        (statements.EXPORT_PERSONAS, (owner.name, *(("g", 0) if in_rooms else (id, after)), EXPORTED_ROWS + 1)),
        (statements.EXPORT_ROOMS, (owner.name, *((id, after, last) if in_rooms else ("", 0, "")), EXPORTED_ROWS + 1)),
    )
    personas = persona_rows[:EXPORTED_ROWS]
    following: str | None = None
    if _goes_on(persona_rows, personas):
        rooms: Rows = []
        following = cursor_after(_PERSONAS, personas[-1]["id"], personas[-1]["version"], "")
    else:
        rooms = room_rows[:EXPORTED_ROWS]
        if _goes_on(room_rows, rooms):
            following = cursor_after(_ROOMS, rooms[-1]["id"], rooms[-1]["created"] or 0, rooms[-1]["message"] or "")
    return (
        f'{{"format":"{FORMAT}","format_version":{FORMAT_VERSION},"personas":{_nested(personas, "versions")},'
        f'"rooms":{_nested(rooms, "messages")},"next":{json.dumps(following)}}}'
    )


async def import_(call: Call, owner: Owner) -> str:
    """Answer `POST /api/import`: take what an export gave, all of it or, where anything in it is wrong, nothing.

    What is stored in a higher version stays, and so does what was deleted.
    """
    body = await read_json(call)
    if body.get("format") != FORMAT:
        raise invalid(f'format is not "{FORMAT}".', param="format")
    if body.get("format_version") != FORMAT_VERSION:
        raise invalid(f"format_version is not {FORMAT_VERSION}.", param="format_version")
    items = [*_personas(body), *_rooms(body)]
    outcomes = await write(call, owner, items)
    for outcome in outcomes:
        if outcome.refused:
            raise outcome.refused
    stored = sum(outcome.stored for outcome in outcomes)
    return json.dumps({"stored": stored, "unchanged": len(items) - stored})


def _goes_on(rows: Rows, shown: Rows) -> bool:
    return bool(rows) and rows[0]["found"] > len(shown)


def _nested(rows: Rows, name: str) -> str:
    """Things with their parts: those of one thing are rows that follow each other, of which the first has the thing too."""
    things = []
    for _, of_one in itertools.groupby(rows, lambda row: row["id"]):
        thing, *more = of_one
        parts = ",".join(row["part"] for row in (thing, *more) if row["part"] is not None)
        things.append(f'{thing["value"][:-1]},"{name}":[{parts}]}}')
    return f"[{','.join(things)}]"


def _personas(body: dict[str, Any]) -> Iterator[Item]:
    for param, thing, versions in _things(body, "personas", "versions"):
        persona = item("persona", thing, param, now())
        earlier = [item("persona", each, place, now(), {"id": persona.id}) for place, each in versions]
        yield from sorted((each for each in earlier if each.version != persona.version), key=lambda each: each.version)
        yield persona


def _rooms(body: dict[str, Any]) -> Iterator[Item]:
    for param, thing, messages in _things(body, "rooms", "messages"):
        room = item("room", thing, param, now())
        yield room
        for place, each in messages:
            yield item("message", each, place, now(), {"room": room.id})


def _things(body: dict[str, Any], name: str, parts: str) -> Iterator[tuple[str, dict[str, Any], list[tuple[str, object]]]]:
    """The things of a list: where each stands, the thing without its parts, and these with where they stand."""
    for index, thing in enumerate(_list(body.get(name, []), name)):
        param = f"{name}[{index}]"
        if not isinstance(thing, dict):
            raise invalid(f"{param} is not an object.", param=param, code="invalid_type")
        inner = _list(thing.get(parts, []), f"{param}.{parts}")
        without = {member: value for member, value in thing.items() if member != parts}
        yield param, without, [(f"{param}.{parts}[{place}]", each) for place, each in enumerate(inner)]


def _list(value: object, param: str) -> list[object]:
    if not isinstance(value, list):
        raise invalid(f"{param} is not a list.", param=param, code="invalid_type")
    return value
