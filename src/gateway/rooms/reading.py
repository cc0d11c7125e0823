"""What a history has: rooms, messages and personas page by page, what was found in them, and what changed."""

import json
from collections.abc import Callable
from typing import Any

from gateway.door.call import Call
from gateway.rooms import statements
from gateway.rooms.database import batch
from gateway.rooms.owner import Owner
from gateway.rooms.query import MAX_NUMBER, Query, bad_cursor, cursor_after, terms
from gateway.rooms.writing import not_found, with_seq
from gateway.runtime.d1 import Rows

MAX_PAGE = 500
USUAL_PAGE = 100
MAX_HITS = 100
USUAL_HITS = 20
SCANNED_TEXTS = 1_000
"""How many texts one call looks at where a word of the search is too short for the index."""

SHORTEST_IN_INDEX = 3
MAX_QUERY_CHARS = 200
CHANGES_PAGE = 500


async def summary(call: Call, owner: Owner) -> str:
    """Answer `GET /api/history`: how much there is, how much there may be, and how far the changes go."""
    (rows,) = await batch(call.env, (statements.OWNER, (owner.name,)))
    state = rows[0] if rows else dict.fromkeys(("rooms", "messages", "bytes", "seq", "cleared"), 0)
    limits = {"rooms": call.settings.history_max_rooms, "bytes": call.settings.history_max_bytes}
    return json.dumps({**state, "limits": limits})


async def one(call: Call, owner: Owner, kind: str, known: dict[str, str]) -> str:
    """Answer the GET of one thing; `known` are the ids of the address. Raises `ApiError` 404."""
    ids = [known[name] for name in ("room", "id") if name in known]
    (rows,) = await batch(call.env, (statements.ONE[kind], (owner.name, *ids)))
    if not rows or rows[0]["deleted"]:
        raise not_found(kind)
    return with_seq(rows[0])


async def rooms(call: Call, owner: Owner) -> str:
    """Answer `GET /api/rooms`, the latest first; `archived=true` for those that were put away, which are not among the others."""
    query = Query(call.request.url)
    limit = _limit(query)
    before = query.cursor(MAX_NUMBER, "")
    (rows,) = await batch(call.env, (statements.ROOMS, (owner.name, int(query.truth("archived")), *before, limit + 1)))
    return _page("rooms", rows, limit, lambda last: cursor_after(last["updated"], last["id"]))


async def messages(call: Call, owner: Owner, known: dict[str, str]) -> str:
    """Answer `GET /api/rooms/{id}/messages`, the earliest first. Raises `ApiError` 404 where there is no such room."""
    query = Query(call.request.url)
    limit = _limit(query)
    room = (owner.name, known["id"])
    known_rooms, rows = await batch(
        call.env, (statements.ROOM, room), (statements.MESSAGES, (*room, *query.cursor(0, ""), limit + 1))
    )
    if not known_rooms or known_rooms[0]["deleted"]:
        raise not_found("room")
    return _page("messages", rows, limit, lambda last: cursor_after(last["created"], last["id"]))


async def personas(call: Call, owner: Owner) -> str:
    """Answer `GET /api/personas`, in the order of their ids."""
    query = Query(call.request.url)
    limit = _limit(query)
    (rows,) = await batch(call.env, (statements.PERSONAS, (owner.name, *query.cursor(""), limit + 1)))
    return _page("personas", rows, limit, lambda last: cursor_after(last["id"]))


async def versions(call: Call, owner: Owner, known: dict[str, str]) -> str:
    """Answer `GET /api/personas/{id}/versions`, the latest first, also those of a deleted persona. Raises `ApiError` 404."""
    query = Query(call.request.url)
    limit = _limit(query)
    persona = (owner.name, known["id"])
    known_personas, rows = await batch(
        call.env, (statements.PERSONA, persona), (statements.VERSIONS, (*persona, *query.cursor(MAX_NUMBER), limit + 1))
    )
    if not known_personas:
        raise not_found("persona")
    return _page("versions", rows, limit, lambda last: cursor_after(last["version"]), lambda row: str(row["value"]))


async def version(call: Call, owner: Owner, known: dict[str, str]) -> str:
    """Answer `GET /api/personas/{id}/versions/{n}`. Raises `ApiError` 404."""
    (rows,) = await batch(call.env, (statements.VERSION, (owner.name, known["id"], int(known["n"]))))
    if not rows:
        raise not_found("version")
    return str(rows[0]["value"])


async def search(call: Call, owner: Owner) -> str:
    """Answer `GET /api/search`: messages, and titles of rooms, in which all words of `q` stand, the latest stored first.

    The index finds words of three characters and more, in any case. A shorter one is looked for in at most `SCANNED_TEXTS` texts: the
    latest of all, or of those that the other words found. Then a page may have few hits, or none, and a next one all the same.
    """
    query = Query(call.request.url)
    words = terms(query.text("q", MAX_QUERY_CHARS))
    limit = query.whole("limit", 1, MAX_HITS, USUAL_HITS)
    indexed = [word for word in words if len(word) >= SHORTEST_IN_INDEX]
    short = [word for word in words if len(word) < SHORTEST_IN_INDEX]
    (before,) = query.cursor(1 << statements.NUMBER_BITS)
    if not isinstance(before, int) or before > 1 << statements.NUMBER_BITS:
        raise bad_cursor()
    match = " AND ".join('"' + word.replace('"', '""') + '"' for word in indexed)
    looked_at = SCANNED_TEXTS if short else limit + 1
    sql = statements.SEARCH if indexed else statements.SCAN
    (rows,) = await batch(call.env, (sql, (owner.name, match, before, looked_at, json.dumps([*map(_pattern, short)]), words[0])))
    return _hits(rows, limit, looked_at)


async def changes(call: Call, owner: Owner) -> str:
    """Answer `GET /api/changes`: what was stored after the seq `since`, in the order in which it was, and how often all was cleared.

    `owner` differs from person to person, so that a device does not mix what it has of two.
    """
    since = Query(call.request.url).whole("since", 0, MAX_NUMBER, 0)
    states, rows = await batch(
        call.env, (statements.OWNER, (owner.name,)), (statements.CHANGES, (owner.name, since, CHANGES_PAGE))
    )
    state = states[0] if states else {"seq": 0, "cleared": 0}
    values = ",".join(f'{{"kind":"{row["kind"]}","value":{with_seq(row)}}}' for row in rows)
    more = bool(rows) and rows[-1]["seq"] < state["seq"]
    following = rows[-1]["seq"] if more else state["seq"]
    told = {"next": following, "more": more, "cleared": state["cleared"], "owner": owner.tag}
    return f'{{"changes":[{values}],{json.dumps(told)[1:]}'


def _limit(query: Query) -> int:
    return query.whole("limit", 1, MAX_PAGE, USUAL_PAGE)


def _page(
    name: str, rows: Rows, limit: int, cursor: Callable[[dict[str, Any]], str], value: Callable[[dict[str, Any]], str] = with_seq
) -> str:
    """A page of at most `limit` rows. Those that were found, of which each row has the number, are more where there is a next page."""
    shown = rows[:limit]
    following = cursor(shown[-1]) if rows and rows[0]["found"] > len(shown) else None
    return f'{{"{name}":[{",".join(map(value, shown))}],"next":{json.dumps(following)}}}'


def _pattern(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _hits(rows: Rows, limit: int, looked_at: int) -> str:
    hits: list[dict[str, Any]] = []
    last: dict[str, Any] | None = None
    for row in rows:
        if len(hits) == limit:
            break
        last = row
        if row["hit"]:
            hits.append({name: row[name] for name in ("room", "title", "message", "role", "snippet", "created")})
    all_seen = last is None or (last is rows[-1] and len(rows) < looked_at)
    return json.dumps({"hits": hits, "next": None if all_seen or last is None else str(last["cursor"])}, ensure_ascii=False)
