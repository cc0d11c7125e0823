"""What a room, a message and a persona are: what comes from a client, checked, and as the one text that is kept."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.base.errors import ApiError, invalid

MAX_VALUE_BYTES = 1_800_000
"""Of one thing as JSON: D1 takes texts and rows of 2,000,000 bytes."""

MAX_TIME = MAX_VERSION = 10**15 - 1

_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UNPAIRED = re.compile("[\ud800-\udfff]")

Check = Callable[[object, str], object]
"""Takes a value and where it stands, and gives the value as it is kept; raises `ApiError` 400 with `param`."""

REQUIRED = object()
"""In place of a default."""

LEFT_OUT = object()
"""In place of a default: what is not given is not kept."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be stored: `room` is a message's, `text` the JSON that is kept of it."""

    kind: str
    id: str
    room: str | None
    version: int
    deleted: bool
    text: str


def identifier(text: str) -> str | None:
    """A UUID as it is kept, 32 hexadecimal digits in lower case, of one with or without its dashes (RFC 9562, section 4); else None."""
    return text.replace("-", "").lower() if _ID.fullmatch(text) else None


def item(kind: str, value: object, param: str, now: int, known: Mapping[str, str] | None = None) -> Item:
    """Check a thing of a client's.

    Parameters: `kind`, a key of `KINDS`; `value`, the thing as parsed JSON; `param`, where it stands; `now`, milliseconds since 1970, the
    time of a deletion that names none; `known`, ids that its place has given: it may leave them out, but not contradict them.
    Raises `ApiError` 400, whose `param` names the member at fault, 409 `id_mismatch`, and 413 `value_too_large`.
    """
    if not isinstance(value, dict):
        raise _wrong(param or kind, "an object")
    deleted = _truth(value.get("deleted", False), _at(param, "deleted"))
    checks = _DELETED[kind] if deleted else KINDS[kind]
    ignored = {"seq", "deleted", *(KINDS[kind].keys() - checks.keys())}
    given = {name: member for name, member in value.items() if name not in ignored}
    checked = _members({**(known or {}), **given}, checks, param)
    for name, text in (known or {}).items():
        if checked[name] != text:
            # RFC 9110, section 9.3.4
            message = f"{_at(param, name)} is not that of the place where it stands."
            raise invalid(message, param=_at(param, name), code="id_mismatch", status=409)
    return _kept(kind, _dated(checked, now) if deleted else checked, param)


def tombstone(kind: str, stored: Mapping[str, Any], version: int, now: int) -> Item:
    """What stays of a thing that is deleted at `now`, milliseconds since 1970; `stored` is the thing."""
    members = {name: stored[name] for name in ("id", "room") if name in stored}
    return _kept(kind, members | {"version": version, "created": stored["created"], "updated": now, "deleted": True}, "")


def _dated(checked: dict[str, Any], now: int) -> dict[str, Any]:
    updated = now if checked["updated"] is None else checked["updated"]
    created = updated if checked["created"] is None else checked["created"]
    return checked | {"created": created, "updated": updated, "deleted": True}


def _kept(kind: str, members: Mapping[str, Any], param: str) -> Item:
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    if _UNPAIRED.search(text):  # half of a pair, which no UTF-8 can hold, becomes U+FFFD, as in JavaScript's toWellFormed
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(text.encode()) > MAX_VALUE_BYTES:
        message = f"The {kind} is larger than {MAX_VALUE_BYTES} bytes as JSON."
        raise ApiError(413, message, code="value_too_large", param=param or None)
    return Item(kind, members["id"], members.get("room"), members["version"], "deleted" in members, text)


def _members(value: Mapping[str, Any], checks: Mapping[str, tuple[Check, object]], param: str) -> dict[str, Any]:
    for name in value:
        if name not in checks:
            message = f"{_at(param, name[:64])} is not known here; leave it out."
            raise invalid(message, param=_at(param, name[:64]), code="field_not_allowed")
    checked = {}
    for name, (check, default) in checks.items():
        if name in value:
            checked[name] = check(value[name], _at(param, name))
        elif default is REQUIRED:
            raise invalid(f"{_at(param, name)} is missing.", param=_at(param, name), code="missing_field")
        elif default is not LEFT_OUT:
            checked[name] = default
    return checked


def _at(param: str, name: str) -> str:
    return f"{param}.{name}" if param else name


def _wrong(param: str, expected: str) -> ApiError:
    return invalid(f"{param} is not {expected}.", param=param, code="invalid_type")


def _id(value: object, param: str) -> str:
    found = identifier(value) if isinstance(value, str) else None
    if found is None:
        raise invalid(f"{param} is not a UUID.", param=param)
    return found


def _text(limit: int) -> Check:
    def check(value: object, param: str) -> str:
        if not isinstance(value, str):
            raise _wrong(param, "a text")
        if len(value) > limit:
            raise invalid(f"{param} is longer than {limit} characters.", param=param)
        return value

    return check


def _one_of(*texts: str) -> Check:
    def check(value: object, param: str) -> object:
        if value not in texts:
            raise invalid(f"{param} is not one of: {', '.join(texts)}.", param=param)
        return value

    return check


def _whole(lowest: int, highest: int) -> Check:
    def check(value: object, param: str) -> int:
        # 2.0 is JSON's way to write 2 as well; true is not.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
            raise _wrong(param, "a whole number")
        if not lowest <= value <= highest:
            raise invalid(f"{param} is not from {lowest} to {highest}.", param=param)
        return int(value)

    return check


def _number(lowest: float, highest: float) -> Check:
    def check(value: object, param: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _wrong(param, "a number")
        if not lowest <= value <= highest:
            raise invalid(f"{param} is not from {lowest} to {highest}.", param=param)
        return value

    return check


def _truth(value: object, param: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(param, "true or false")
    return value


def _or_null(check: Check) -> Check:
    return lambda value, param: None if value is None else check(value, param)


def _list(limit: int, check: Check) -> Check:
    def check_list(value: object, param: str) -> list[object]:
        if not isinstance(value, list):
            raise _wrong(param, "a list")
        if len(value) > limit:
            raise invalid(f"{param} has more than {limit} entries.", param=param)
        return [check(entry, f"{param}[{index}]") for index, entry in enumerate(value)]

    return check_list


def _object(checks: Mapping[str, tuple[Check, object]]) -> Check:
    def check(value: object, param: str) -> object:
        if not isinstance(value, dict):
            raise _wrong(param, "an object")
        return _members(value, checks, param)

    return check


def _any_object(value: object, param: str) -> object:
    if not isinstance(value, dict):
        raise _wrong(param, "an object")
    return _finite(value, param)


def _finite(value: object, param: str) -> object:
    # 1e999 is JSON, and infinite here: nothing that could be written as JSON again.
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        raise invalid(f"{param} holds a number that is too large.", param=param) from None
    return value


def _chosen(value: object, param: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _wrong(param, "an object")
    if len(value) > MAX_FORKS:
        raise invalid(f"{param} has more than {MAX_FORKS} members.", param=param)
    return {
        parent and _id(parent, f"{param}.{parent[:64]}"): _id(child, f"{param}.{parent[:64]}") for parent, child in value.items()
    }


MAX_FORKS = 10_000

_TIME = _whole(0, MAX_TIME)
# There is always one left for its deletion.
_VERSION = _whole(1, MAX_VERSION - 1)
_IDENTITY: dict[str, tuple[Check, object]] = {"id": (_id, REQUIRED)}
_MODEL = _or_null(_text(200))
_TEMPERATURE = _or_null(_number(0, 100))
_PERSONA: dict[str, tuple[Check, object]] = {"persona": (_or_null(_id), None), "persona_version": (_or_null(_VERSION), None)}
_DATES: dict[str, tuple[Check, object]] = {"created": (_TIME, REQUIRED), "updated": (_TIME, REQUIRED)}
_LAST: dict[str, tuple[Check, object]] = {"version": (_VERSION, REQUIRED)}
_PICTURE: dict[str, tuple[Check, object]] = {
    "name": (_text(1_000), ""),
    "type": (_text(200), LEFT_OUT),
    "url": (_text(MAX_VALUE_BYTES), REQUIRED),
    "width": (_whole(0, 1_000_000), LEFT_OUT),
    "height": (_whole(0, 1_000_000), LEFT_OUT),
}
_TOOL_CALL: dict[str, tuple[Check, object]] = {"name": (_text(1_000), ""), "arguments": (_text(MAX_VALUE_BYTES), "")}
_ENDING: dict[str, tuple[Check, object]] = {"kind": (_text(100), REQUIRED), "error": (_finite, None)}

KINDS: dict[str, dict[str, tuple[Check, object]]] = {
    "persona": {
        **_IDENTITY,
        "name": (_text(200), REQUIRED),
        "avatar": (_text(200_000), ""),
        "prompt": (_text(400_000), REQUIRED),
        "model": (_MODEL, None),
        "temperature": (_TEMPERATURE, None),
        **_DATES,
        **_LAST,
    },
    "room": {
        **_IDENTITY,
        "title": (_text(1_000), REQUIRED),
        "pinned": (_truth, False),
        "archived": (_truth, False),
        **_PERSONA,
        "chosen": (_chosen, {}),
        **_DATES,
        **_LAST,
    },
    "message": {
        **_IDENTITY,
        "room": (_id, REQUIRED),
        "parent": (_or_null(_id), None),
        "role": (_one_of("user", "assistant"), REQUIRED),
        "content": (_text(MAX_VALUE_BYTES), REQUIRED),
        "pictures": (_list(100, _object(_PICTURE)), []),
        "reasoning": (_text(MAX_VALUE_BYTES), ""),
        "tool_calls": (_list(1_000, _object(_TOOL_CALL)), []),
        "model": (_MODEL, None),
        "temperature": (_TEMPERATURE, None),
        **_PERSONA,
        "ending": (_or_null(_object(_ENDING)), None),
        "facts": (_or_null(_any_object), None),
        "usage": (_or_null(_any_object), None),
        "created": (_TIME, REQUIRED),
        **_LAST,
    },
}
"""Each kind's members in the order in which they are kept: how each is checked, and what it is where it is not given.

The kinds stand in the order in which they are written: a message needs its room.
"""

_GONE: dict[str, tuple[Check, object]] = {
    "version": (_whole(1, MAX_VERSION), REQUIRED),
    "created": (_or_null(_TIME), None),
    "updated": (_or_null(_TIME), None),
}
_DELETED = {kind: {**_IDENTITY, **({"room": (_id, REQUIRED)} if kind == "message" else {}), **_GONE} for kind in KINDS}
