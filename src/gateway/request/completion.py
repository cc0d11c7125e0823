"""A chat completion's request body, parsed and checked."""

import json
from collections import Counter
from typing import Any, NoReturn

from gateway.base.errors import invalid
from gateway.base.nesting import MAX_DEPTH, MAX_TOKENS, too_deep, too_many_tokens
from gateway.request.fields import GOVERNED, GOVERNED_IN_MESSAGE, GOVERNED_IN_PART, check_spelling

MAX_MODEL_CHARS = 200
ROLES = frozenset({"developer", "system", "user", "assistant", "tool", "function"})


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
    if too_many_tokens(text):
        message = f"The body is made of more than {MAX_TOKENS} brackets, commas and strings."
        raise invalid(message, code="too_complex")
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
    check_spelling(body, GOVERNED)
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


def _check_message(message: object, param: str) -> None:
    if not isinstance(message, dict):
        raise invalid(f"{param} is not an object.", param=param, code="invalid_type")
    check_spelling(message, GOVERNED_IN_MESSAGE, param)
    role = message.get("role")
    if not isinstance(role, str) or role not in ROLES:
        known = ", ".join(sorted(ROLES))
        raise invalid(f"{param}.role is not one of: {known}.", param=f"{param}.role")
    content = message.get("content")
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, dict):
            check_spelling(part, GOVERNED_IN_PART, f"{param}.content[{index}]")


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
