"""Changes to a JSON text: one member is put in or replaced, and every other byte stays as it was."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_WHITE_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def with_members(raw: bytes, body: dict[str, Any], changes: Mapping[str, str]) -> bytes:
    """A request body with members put in or replaced, and every other byte as it was.

    Parameters: `raw` and `body`, the same body as bytes and parsed; `changes`, the JSON text of each member to set. One that `body`
    has is replaced in place, others go to the front.
    """
    replaced = {name: value for name, value in changes.items() if name in body}
    if replaced:
        raw = _replace(raw.decode(), replaced).encode()
    added = ",".join(f"{json.dumps(name)}:{value}" for name, value in changes.items() if name not in body)
    if added and body:
        added += ","
    start = raw.index(b"{") + 1
    return raw[:start] + added.encode() + raw[start:]


def member(raw: bytes, name: str) -> str:
    """The JSON text of the member `name` of a request body that has it, as the client wrote it."""
    text = raw.decode()
    return next(text[start:end] for found, start, end in _members(text) if found == name)


def elements(raw: bytes, name: str) -> list[str]:
    """The JSON texts of the elements of the list that the member `name` of a request body is."""
    text = raw.decode()
    start = next(start for found, start, _ in _members(text) if found == name)
    return [text[slice(*span)] for span in _spans(text, start)]


def _replace(text: str, changes: Mapping[str, str]) -> str:
    pieces: list[str] = []
    copied = 0
    for name, start, end in _members(text):
        if name in changes:
            pieces += (text[copied:start], changes[name])
            copied = end
    return "".join((*pieces, text[copied:]))


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """The name of each member of `text`, a JSON object that was parsed before, with the start and end of its value."""
    at = _skip(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)  # past the colon
        _, end = _DECODER.raw_decode(text, start)
        yield name, start, end
        at = _next(text, end)


def _spans(text: str, start: int) -> Iterator[tuple[int, int]]:
    """The start and end of each element of the JSON list that begins at `start`."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at = _next(text, end)


def _next(text: str, end: int) -> int:
    """Where the next item begins after one that ended at `end`, or where the closing bracket is."""
    at = _skip(text, end)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    match = _WHITE_SPACE.match(text, at)
    return match.end() if match else at
