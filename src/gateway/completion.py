"""A chat completion's request body: checked, and changed only where the edge must. Every other byte stays the client's."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from gateway.errors import invalid
from gateway.nesting import MAX_DEPTH, too_deep

MAX_MODEL_CHARS = 200
ROLES = frozenset({"developer", "system", "user", "assistant", "tool", "function"})

_WHITE_SPACE = re.compile(r"[ \t\n\r]*")


def parse(raw: bytes) -> dict[str, Any]:
    """Parse a request body.

    Parameters: `raw`, the body's bytes.
    Returns the JSON object (RFC 8259). Numbers are for looking at only: they may have lost digits.
    Raises `ApiError` 400: empty, not UTF-8, nested deeper than `MAX_DEPTH`, not JSON, not an object, a name twice in one object.
    """
    if not raw:
        raise invalid("The body is missing. Send a JSON object with messages.", code="missing_body")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise invalid(f"The body is not UTF-8: byte {error.start} cannot be decoded.", code="invalid_encoding") from None
    if too_deep(text):
        raise invalid(f"The body is nested deeper than {MAX_DEPTH} levels.", code="too_deep")
    try:
        parsed = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise invalid(
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).", code="invalid_json"
        ) from None
    except ValueError:
        raise invalid("The body is not JSON that can be read: a number has too many digits.", code="invalid_json") from None
    if not isinstance(parsed, dict):
        raise invalid("The body is not a JSON object.", code="invalid_json")
    return parsed


def check(body: dict[str, Any]) -> None:
    """Check what the edge relies on; the rest is the upstream's to judge. Raises `ApiError` 400 that names the field in `param`."""
    messages = body.get("messages")
    if messages is None:
        raise invalid("messages is missing: send a list with at least one message.", param="messages", code="missing_field")
    if not isinstance(messages, list):
        raise invalid("messages is not a list.", param="messages", code="invalid_type")
    if not messages:
        raise invalid("messages is empty: send at least one message.", param="messages")
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
    if "model" in body and not isinstance(body["model"], str):
        raise invalid("model is not a string.", param="model", code="invalid_type")
    if not 0 < len(body.get("model", "-")) <= MAX_MODEL_CHARS:
        raise invalid(f"model is empty or longer than {MAX_MODEL_CHARS} characters; leave it out for the default.", param="model")


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


def led_by(prompt: str, raw: bytes, kept: Sequence[int]) -> str:
    """The JSON text of `messages` with a system message of the owner's put first.

    Parameters: `prompt`, its text; `raw`, the request body; `kept`, the indexes of the client's messages that stay, as they are.
    """
    text = raw.decode()
    start = next(start for name, start, _ in _members(text) if name == "messages")
    spans = list(_elements(text, start))
    system = json.dumps({"role": "system", "content": prompt})
    return "[" + ",".join((system, *(text[slice(*spans[index])] for index in kept))) + "]"


def _check_message(message: object, param: str) -> None:
    if not isinstance(message, dict):
        raise invalid(f"{param} is not an object.", param=param, code="invalid_type")
    role = message.get("role")
    if not isinstance(role, str) or role not in ROLES:
        known = ", ".join(sorted(ROLES))
        raise invalid(f"{param}.role is not one of: {known}.", param=f"{param}.role")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of a name that stands twice, one parser takes the first and the next the last: what was checked would not be what is used.
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise invalid(f"The name {twice[:64]!r} stands twice in one object.", code="duplicate_name")
    return members


def _not_json(constant: str) -> NoReturn:
    raise invalid(f"The body is not JSON: {constant} is not a value.", code="invalid_json")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_not_json)


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


def _elements(text: str, start: int) -> Iterator[tuple[int, int]]:
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
