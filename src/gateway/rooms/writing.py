"""What changes a history: rooms, messages and personas put and deleted, one by one and many at once."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyodide.ffi import JsException

from gateway.base.errors import ApiError, invalid
from gateway.door.call import Call
from gateway.request import completion
from gateway.request.body import read_body
from gateway.rooms import statements
from gateway.rooms.database import batch
from gateway.rooms.owner import Owner
from gateway.rooms.query import Query
from gateway.rooms.shapes import KINDS, MAX_VERSION, Item, item, tombstone
from gateway.runtime.behind import run_behind
from gateway.runtime.d1 import Statement

if TYPE_CHECKING:
    from js import Env

MAX_BODY_BYTES = 3_000_000
MAX_CHANGES = 100
LIST_BYTES = 1_900_000
"""Of what is bound to one statement; D1 takes 2,000,000."""

PURGED_ROWS = 1_000
"""How many messages one statement deletes of a history that was let go of."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a thing: whether it was stored, and under which seq; `value`, the JSON of what is stored now; what `refused` it."""

    stored: bool
    value: str = "null"
    seq: int = 0
    refused: ApiError | None = None


async def put(call: Call, owner: Owner, kind: str, known: dict[str, str]) -> str:
    """Answer a PUT with what is stored then; `known` are the ids of the address."""
    given = item(kind, await read_json(call), "", now(), known)
    return only(await write(call, owner, [given]), given)


async def delete(call: Call, owner: Owner, kind: str, known: dict[str, str]) -> str:
    """Answer a DELETE with what is stored then: what is left of the thing; `known` are the ids of the address."""
    version = Query(call.request.url).whole("version", 1, MAX_VERSION, 0)
    ids = [known[name] for name in ("room", "id") if name in known]
    (rows,) = await batch(call.env, (statements.ONE[kind], (owner.name, *ids)))
    if not rows:
        raise not_found(kind)
    stored = json.loads(rows[0]["value"])
    if rows[0]["deleted"]:
        return with_seq(rows[0])
    gone = tombstone(kind, stored, version or stored["version"] + 1, now())
    return only(await write(call, owner, [gone]), gone)


async def put_changes(call: Call, owner: Owner) -> str:
    """Answer `POST /api/changes`: each change is taken or refused by itself."""
    changes = (await read_json(call)).get("changes")
    if not isinstance(changes, list):
        raise invalid("changes is not a list.", param="changes", code="invalid_type")
    if len(changes) > MAX_CHANGES:
        raise invalid(f"changes has more than {MAX_CHANGES} entries.", param="changes")
    checked = [_checked(change, f"changes[{index}]") for index, change in enumerate(changes)]
    outcomes, cleared = await write_all(call, owner, [each for each in checked if isinstance(each, Item)])
    became = iter(outcomes)
    results = [
        _result(each, next(became)) if isinstance(each, Item) else _refusal(change, each)
        for change, each in zip(changes, checked, strict=True)
    ]
    return f'{{"results":[{",".join(results)}],"cleared":{cleared}}}'


async def clear(call: Call, owner: Owner) -> str:
    """Answer `DELETE /api/history`: everything is let go of at once, and deleted behind the answer, or by the daily trigger."""
    *_, (state,) = await batch(
        call.env,
        (statements.KNOW, (owner.name,)),
        *((sql, (owner.name,)) for sql in statements.CLEAR),
        (statements.OWNER, (owner.name,)),
    )
    run_behind(purge(call.env))
    return json.dumps({"seq": state["seq"], "cleared": state["cleared"]})


async def purge(env: "Env") -> None:
    """Delete, portion by portion, what belongs to nobody any more. What fails is logged, and the daily trigger goes on with it."""
    portion = ((statements.PURGE_MESSAGES, (PURGED_ROWS,)), (statements.PURGE_OWNERS, ()), (statements.LEFT, ()))
    try:
        while (await batch(env, *portion))[2]:
            pass
    except Exception as error:
        print(json.dumps({"level": "warning", "event": "history_not_purged", "error": type(error).__name__}))


async def write(call: Call, owner: Owner, items: Sequence[Item]) -> list[Outcome]:
    """Store things; gives what became of each, in their order."""
    return (await write_all(call, owner, items))[0]


async def write_all(call: Call, owner: Owner, items: Sequence[Item]) -> tuple[list[Outcome], int]:
    """Store things in one transaction, and tell how often this history was cleared.

    The kinds are written in the order of `KINDS`, so a message may come before its room.
    """
    lists = list(_lists(items))
    settings = call.settings
    writes: list[Statement] = []
    reads: list[Statement] = []
    offset = 0
    for kind, places in lists:
        text = f"[{','.join(items[place].text for place in places)}]"
        limits = (settings.history_max_bytes, settings.history_max_rooms)
        writes.append((statements.WRITE[kind], (owner.name, text, offset, *(limits if kind == "room" else limits[:1]))))
        reads.append((statements.BECAME[kind], (owner.name, text, len(items) - offset)))
        offset += len(places)
    _, before, *answers = await batch(
        call.env,
        (statements.KNOW, (owner.name,)),
        (statements.OWNER, (owner.name,)),
        *writes,
        (statements.WRITTEN, (owner.name, len(items))),
        *reads,
    )
    outcomes: dict[int, Outcome] = {}
    for (_, places), rows in zip(lists, answers[len(writes) + 1 :], strict=True):
        for place, row in zip(places, rows, strict=True):
            outcomes[place] = _outcome(items[place], row, before[0]["rooms"] >= settings.history_max_rooms)
    return [outcomes[place] for place in range(len(items))], before[0]["cleared"]


def only(outcomes: list[Outcome], given: Item) -> str:
    """The JSON of what is stored in place of the one thing that was given; raises what refused it."""
    (outcome,) = outcomes
    if outcome.refused:
        raise outcome.refused
    return outcome.value


async def read_json(call: Call) -> dict[str, Any]:
    """The JSON object that a request brings; raises `ApiError` 400 and 413."""
    try:
        raw = await read_body(call, MAX_BODY_BYTES)
    except JsException:  # its chunks make no sense, or the client left
        raise invalid("The body broke off.", code="incomplete_body") from None
    call.log["bytes_in"] = len(raw)
    return completion.parse(raw)


def not_found(kind: str) -> ApiError:
    return invalid(f"There is no such {kind}.", code="not_found", status=404)


def with_seq(row: dict[str, Any]) -> str:
    """The JSON of what a row keeps, with its seq."""
    return f'{row["value"][:-1]},"seq":{row["seq"]}}}'


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _lists(items: Sequence[Item]) -> Iterable[tuple[str, list[int]]]:
    """The places of the things of each kind, in portions whose JSON can be bound to one statement."""
    for kind in KINDS:
        places: list[int] = []
        size = 2
        for place, each in enumerate(items):
            if each.kind != kind:
                continue
            bytes_of = len(each.text.encode()) + 1
            if places and size + bytes_of > LIST_BYTES:
                yield kind, places
                places, size = [], 2
            places.append(place)
            size += bytes_of
        if places:
            yield kind, places


def _outcome(given: Item, row: dict[str, Any], rooms_full: bool) -> Outcome:
    if row["stored"]:
        return Outcome(True, with_seq({"value": given.text, "seq": row["seq"]}), row["seq"])
    if given.kind == "message" and row["room"] is None:
        return Outcome(False, refused=not_found("room"))
    if row.get("gone"):
        return Outcome(False, with_seq({"value": row["gone"], "seq": row["room_seq"]}))
    if row["value"] is None:
        return Outcome(False, refused=_full_of_rooms() if given.kind == "room" and rooms_full else _full())
    if row["version"] >= given.version or (given.kind == "room" and row["deleted"]):
        return Outcome(False, with_seq(row))
    return Outcome(False, refused=_full())


def _full() -> ApiError:
    return invalid("This history is as large as it may be (HISTORY_MAX_BYTES).", code="history_full", status=413)


def _full_of_rooms() -> ApiError:
    return invalid("This history has as many rooms as it may have (HISTORY_MAX_ROOMS).", code="history_full", status=409)


def _checked(change: object, param: str) -> Item | ApiError:
    try:
        if not isinstance(change, dict):
            raise invalid(f"{param} is not an object.", param=param, code="invalid_type")
        kind = change.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise invalid(f"{param}.kind is not one of: {', '.join(KINDS)}.", param=f"{param}.kind")
        return item(kind, change.get("value"), f"{param}.value", now())
    except ApiError as error:
        return error


def _result(each: Item, outcome: Outcome) -> str:
    """One entry of the answer to many changes. Of what was stored only what the client does not know comes back: its seq."""
    ids = {"id": each.id, **({"room": each.room} if each.room else {})}
    told = {"kind": each.kind, **ids, "stored": outcome.stored}
    if outcome.refused:
        return json.dumps({**told, "value": None, **_error(outcome.refused)})
    if outcome.stored:
        return json.dumps({**told, "value": {**ids, "version": each.version, "seq": outcome.seq}})
    return f'{json.dumps(told)[:-1]},"value":{outcome.value}}}'


def _refusal(change: object, error: ApiError) -> str:
    """The entry of a change that could not be understood, with as much of its names as could."""
    given = change if isinstance(change, dict) else {}
    value = given["value"] if isinstance(given.get("value"), dict) else {}
    named = {"kind": given.get("kind"), "id": value.get("id")} | ({"room": value["room"]} if "room" in value else {})
    told = {name: text if isinstance(text, str) else None for name, text in named.items()}
    return json.dumps({**told, "stored": False, "value": None, **_error(error)})


def _error(error: ApiError) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(error.body())
    return parsed
