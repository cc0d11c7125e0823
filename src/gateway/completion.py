"""A chat completion's request body: checked, and changed only where the edge must. Every other byte stays the client's."""

import json
import re
from typing import Any, NoReturn

from gateway.errors import invalid

MAX_DEPTH = 100
ROLES = frozenset({"developer", "system", "user", "assistant", "tool", "function"})

# A string, closed or not, or one bracket. Possessive, so that no input makes it go back over what it has read.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
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
    if _too_deep(text):
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
    if body.get("model") == "":
        raise invalid("model is empty: name one, or leave it out for the default.", param="model")


def rewrite(raw: bytes, body: dict[str, Any], *, default_model: str) -> bytes:
    """The body to send upstream: streaming, with a model.

    Parameters: `raw` and `body`, the same body as bytes and parsed; `default_model`, the model to name where none is named.
    Returns `raw` itself where nothing is to change, else `raw` with members put in or replaced and all other bytes as they were.
    """
    changes: dict[str, Any] = {}
    if body.get("stream") is not True:
        changes["stream"] = True
    if "model" not in body:
        changes["model"] = default_model
    return with_members(raw, body, changes) if changes else raw


def with_members(raw: bytes, body: dict[str, Any], changes: dict[str, Any]) -> bytes:
    """`raw` with the members of `changes` set. New ones go to the front; one that is there has its value replaced in place."""
    replaced = {name: value for name, value in changes.items() if name in body}
    if replaced:
        raw = _replace(raw.decode(), replaced).encode()
    added = "".join(f"{json.dumps(name)}:{json.dumps(value)}," for name, value in changes.items() if name not in body)
    start = raw.index(b"{") + 1
    if len(body) == 0:
        added = added.removesuffix(",")
    return raw[:start] + added.encode() + raw[start:]


def _check_message(message: object, param: str) -> None:
    if not isinstance(message, dict):
        raise invalid(f"{param} is not an object.", param=param, code="invalid_type")
    role = message.get("role")
    if not isinstance(role, str) or role not in ROLES:
        known = ", ".join(sorted(ROLES))
        raise invalid(f"{param}.role is not one of: {known}.", param=f"{param}.role")


def _too_deep(text: str) -> bool:
    # json recurses on the WebAssembly stack, whose overflow ends the isolate with all its open streams: no except catches it.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in "]}":
            depth -= 1
    return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of a name that stands twice, one parser takes the first and the next the last: what was checked would not be what is used.
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise invalid(f"The name {twice[:64]!r} stands twice in one object.", code="duplicate_name")
    return members


def _not_json(constant: str) -> NoReturn:
    raise invalid(f"The body is not JSON: {constant} is not a value.", code="invalid_json")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_not_json)


def _replace(text: str, changes: dict[str, Any]) -> str:
    """`text`, a JSON object without duplicate names, with the values of its top-level members in `changes` replaced."""
    pieces: list[str] = []
    copied = 0
    at = text.index("{") + 1
    remaining = len(changes)
    while remaining:
        name, at = _DECODER.raw_decode(text, _skip(text, at))
        start = _skip(text, _skip(text, at) + 1)  # past the colon
        _, end = _DECODER.raw_decode(text, start)
        if name in changes:
            pieces += (text[copied:start], json.dumps(changes[name]))
            copied = end
            remaining -= 1
        at = _skip(text, end) + 1  # past the comma
    return "".join((*pieces, text[copied:]))


def _skip(text: str, at: int) -> int:
    match = _WHITE_SPACE.match(text, at)
    return match.end() if match else at
