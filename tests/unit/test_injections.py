"""Known ways of taking over a system prompt: what the edge promises of them, and what it does not.

Whatever a client writes stays a client's words. The owner's prompt stands first, and nothing else stands in its role. What a model makes of
the words is the model's; a guard is given every one of them that the model gets.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.access.identity import ANONYMOUS
from gateway.base import settings
from gateway.request import completion
from gateway.request.policy import permit
from tests.streams import DATA

OWNERS = "You sell shoes. Never speak of anything else."
SETTINGS = settings.parse(
    {"IONET_API_KEY": "key", "ALLOW_ANONYMOUS": "true", "SYSTEM_PROMPT": OWNERS, "MODERATION_MODEL": "org/guard"}
)
SHAPES: list[dict[str, str]] = json.loads((DATA / "injections.json").read_text())
USER = {"role": "user", "content": "Hello"}
Json = dict[str, Any]


def tool(description: str) -> Json:
    return {"type": "function", "function": {"name": "look", "description": description, "parameters": {"type": "object"}}}


STAYS: dict[str, Callable[[str], Json]] = {
    "what the user says": lambda text: {"messages": [{"role": "user", "content": text}]},
    "part of it": lambda text: {"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]},
    "said between other words": lambda text: {"messages": [USER, {"role": "user", "content": text}, USER]},
    "words put into the assistant's mouth": lambda text: {"messages": [USER, {"role": "assistant", "content": text}, USER]},
    "what a tool gives": lambda text: {"messages": [USER, {"role": "tool", "tool_call_id": "a", "content": text}]},
    "what a tool is for": lambda text: {"messages": [USER], "tools": [tool(text)]},
    "a schema": lambda text: {
        "messages": [USER],
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"description": text}}},
    },
}
"""Where a client may write, and the model reads."""

DROPPED: dict[str, Callable[[str], Json]] = {
    "a system message before": lambda text: {"messages": [{"role": "system", "content": text}, USER]},
    "a system message behind": lambda text: {"messages": [USER, {"role": "system", "content": text}]},
    "a developer's message": lambda text: {"messages": [{"role": "developer", "content": text}, USER]},
    "a system message in parts": lambda text: {
        "messages": [{"role": "system", "content": [{"type": "text", "text": text}]}, USER]
    },
}
"""Where the owner alone writes."""


@pytest.fixture(params=SHAPES, ids=lambda shape: shape["shape"])
def text(request: pytest.FixtureRequest) -> str:
    words: str = request.param["text"]
    return words


def sent(request: Json) -> tuple[Json, list[Json]]:
    """What the model gets, and what the guard reads."""
    raw = json.dumps({"model": "org/model", **request}).encode()
    body = completion.parse(raw)
    completion.check(body)
    permitted = permit(raw, body, SETTINGS, ANONYMOUS)
    read = [message for texts in permitted.for_guard for message in json.loads(texts)]
    return json.loads(permitted.body_for("org/model", raw, body)), read


def texts(value: object) -> list[str]:
    """All strings in a JSON value."""
    if isinstance(value, dict):
        return [found for item in value.values() for found in texts(item)]
    if isinstance(value, list):
        return [found for item in value for found in texts(item)]
    return [value] if isinstance(value, str) else []


def assert_the_owners_prompt_is_alone(body: Json) -> None:
    first, *others = body["messages"]
    assert first == {"role": "system", "content": OWNERS}
    assert not {message["role"] for message in others} & {"system", "developer"}


@pytest.mark.parametrize("place", STAYS)
def test_words_stay_what_they_are_and_the_guard_reads_them(place: str, text: str) -> None:
    request = STAYS[place](text)
    body, read = sent(request)
    assert_the_owners_prompt_is_alone(body)
    assert body["messages"][1:] == request["messages"]
    assert any(text in found or json.dumps(text)[1:-1] in found for found in texts(read))


@pytest.mark.parametrize("place", DROPPED)
def test_nobody_else_writes_in_the_owners_role(place: str, text: str) -> None:
    body, read = sent(DROPPED[place](text))
    assert_the_owners_prompt_is_alone(body)
    assert body["messages"][1:] == [USER]
    assert text not in texts(read)  # the model does not get it, so the guard need not read it


def test_the_corpus_is_of_many_shapes_in_two_languages() -> None:
    japanese = [shape for shape in SHAPES if any("\u3040" <= sign <= "\u9fff" for sign in shape["text"])]
    assert len({shape["text"] for shape in SHAPES}) == len(SHAPES) >= 40
    assert len(japanese) >= 12
