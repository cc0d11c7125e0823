"""Changes to a JSON text: one member is put in or replaced, and every other byte stays as it was.

Offsets are looked for in the bytes as Latin-1, which has a character for each byte: what JSON is made of is ASCII, and no copy is larger.
"""

import json
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

_WHITE_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def with_members(raw: bytes, body: dict[str, Any], changes: Mapping[str, bytes]) -> bytes:
    """A request body with members put in or replaced, and every other byte as it was.

    Parameters: `raw` and `body`, the same body as bytes and parsed; `changes`, the JSON text of each member to set, by its ASCII name. One
    that `body` has is replaced in place, others go to the front.
    """
    pieces: list[bytes] = []
    copied = raw.index(b"{") + 1
    start = raw[:copied]
    if not changes.keys().isdisjoint(body):
        for name, begin, end in _members(raw.decode("latin-1")):
            if name in changes:
                pieces += (raw[copied:begin], changes[name])
                copied = end
    added = b",".join(b'"%b":%b' % (name.encode(), text) for name, text in changes.items() if name not in body)
    if added and body:
        added += b","
    return b"".join((start, added, *pieces, raw[copied:]))


def members(raw: bytes, names: Container[str]) -> dict[str, bytes]:
    """The JSON texts of those members of a request body whose ASCII name is one of `names`, as the client wrote them."""
    return {name: raw[start:end] for name, start, end in _members(raw.decode("latin-1")) if name in names}


def elements(raw: bytes, name: str) -> list[bytes]:
    """The JSON texts of the elements of the list that the member `name` of a request body is."""
    text = raw.decode("latin-1")
    start = next(start for found, start, _ in _members(text) if found == name)
    return [raw[slice(*span)] for span in _spans(text, start)]


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
