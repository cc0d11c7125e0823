"""What may be asked of embeddings and of the older completions."""

import json
from typing import Any

import pytest

from gateway.access.identity import Identity
from gateway.base import settings
from gateway.base.errors import ApiError
from gateway.limits.settlement import Takes
from gateway.request.others import permit

ANYBODY = Identity("anonymous")


def permitted(name: str, body: dict[str, Any], **owner: str) -> tuple[dict[str, Any], Takes]:
    raw = json.dumps(body).encode()
    parsed = settings.parse({"IONET_API_KEY": "key", "ALLOW_ANONYMOUS": "true", **owner})
    sent, takes = permit(name, raw, body, parsed, ANYBODY)
    return json.loads(sent), takes


def refused(name: str, body: dict[str, Any], **owner: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        permitted(name, body, **owner)
    return caught.value


def test_without_limits_the_request_stays_as_it_is() -> None:
    body = {"model": "org/a", "input": ["x"], "whatever": 1}
    assert permitted("embeddings", body)[0] == body


@pytest.mark.parametrize("model", [None, "", 7, "x" * 201])
def test_a_model_has_to_be_named(model: object) -> None:
    assert refused("embeddings", {"model": model, "input": "x"}).param == "model"
    assert refused("completions", {"prompt": "x"}).param == "model"


def test_the_owners_models_and_fields_hold() -> None:
    limits = {"ALLOWED_MODELS": "org/*", "DEFAULT_MODEL": "org/a"}
    assert refused("embeddings", {"model": "other/a", "input": "x"}, **limits).code == "model_not_allowed"
    assert refused("embeddings", {"model": "org/a", "input": "x", "prompt": "y"}, **limits).code == "field_not_allowed"
    assert refused("completions", {"model": "org/a", "Model": "other/a"}).code == "ambiguous_name"
    permitted("completions", {"model": "org/a", "prompt": "x", "seed": 1, "stream": True}, **limits)


@pytest.mark.parametrize(
    ("asked", "each"),
    [
        ({"prompt": "x"}, 100),
        ({"prompt": "x", "max_tokens": 7}, 7),
        ({"prompt": "x", "max_tokens": 700}, 100),
        ({"prompt": "x", "n": 4}, 25),
        ({"prompt": "x", "n": 2, "best_of": 5}, 20),
        ({"prompt": ["x", "y"], "n": 2}, 25),
        ({"prompt": [[1, 2], [3]], "n": 2}, 25),
        ({"prompt": [1, 2, 3]}, 100),
        ({"prompt": []}, 100),
        ({}, 100),
    ],
)
def test_all_texts_share_the_limit(asked: dict[str, Any], each: int) -> None:
    assert permitted("completions", {"model": "a", **asked}, MAX_COMPLETION_TOKENS="100")[0]["max_tokens"] == each


def test_more_texts_than_tokens_are_too_many() -> None:
    body = {"model": "a", "prompt": ["x"] * 51, "n": 2}
    assert refused("completions", body, MAX_COMPLETION_TOKENS="100").status == 400
    for wrong in (0, -1, True, "5", 1.5):
        assert refused("completions", {"model": "a", "prompt": "x", "n": wrong}, MAX_COMPLETION_TOKENS="100").param == "n"


def test_the_cost_is_at_least_that_of_every_token() -> None:
    numbers = {"model": "a", "input": [1] * 1000}
    assert permitted("embeddings", numbers)[1].model.prompt >= 1000
    texts = {"model": "a", "prompt": ["x" * 300, "y" * 300], "n": 2, "max_tokens": 10}
    takes = permitted("completions", texts, MAX_COMPLETION_TOKENS="100")[1].model
    assert takes.prompt >= 200
    assert takes.completion >= 2 * 2 * 10


def test_completions_are_not_switched_on_where_a_chat_has_a_guard_or_a_prompt() -> None:
    for name in ("SYSTEM_PROMPT", "MODERATION_MODEL"):
        with pytest.raises(ApiError, match="OTHER_CALLS"):
            settings.parse({"IONET_API_KEY": "k", "ALLOW_ANONYMOUS": "true", "OTHER_CALLS": "embeddings, completions", name: "x"})
    with pytest.raises(ApiError, match="OTHER_CALLS"):
        settings.parse({"IONET_API_KEY": "k", "ALLOW_ANONYMOUS": "true", "OTHER_CALLS": "images"})
