"""Reading a stream back, for tests that look at what arrived."""

import json
from itertools import groupby
from typing import Any

from tools.upstream.frames import DONE, Json


def chunks(body: bytes) -> list[Json]:
    """The JSON events of a whole stream. Raises `ValueError` when it does not end with `[DONE]`."""
    if not body.endswith(b"\n\n" + DONE):
        raise ValueError(f"no [DONE] at the end: {body[-200:]!r}")
    events = body.removesuffix(b"\n\n" + DONE).split(b"\n\n")
    return [json.loads(event.removeprefix(b"data: ")) for event in events]


def deltas(body: bytes, name: str) -> list[Any]:
    """The values of the field `name` in the deltas that have it."""
    return [c["choices"][0]["delta"][name] for c in chunks(body) if c["choices"] and name in c["choices"][0]["delta"]]


def text(body: bytes) -> str:
    """The content of the deltas, joined."""
    return "".join(deltas(body, "content"))


def finish_reason(body: bytes) -> object:
    """The finish reason in the last chunk that has a choice."""
    return [c["choices"][0]["finish_reason"] for c in chunks(body) if c["choices"]][-1]


def shape(body: bytes) -> list[object]:
    """What the events of a stream look like: keys in their order, with the values' types; each run of equal events once."""
    return [key for key, _ in groupby(_shape(chunk) for chunk in chunks(body))]


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return [(key, _shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return value if value in (None, "", "stop", "tool_calls", "assistant", "function") else type(value)
