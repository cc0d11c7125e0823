"""No body makes the core fail, and none gets more than the owner allows."""

import dataclasses
import json
from collections import Counter

from hypothesis import HealthCheck, given
from hypothesis import settings as fuzzing

from gateway.access.identity import ANONYMOUS, Identity
from gateway.base import settings
from gateway.base.errors import ApiError
from gateway.base.globs import matches
from gateway.base.settings import Settings
from gateway.request import completion, policy
from tests.bodies import bodies

PROMPT = 'Be "kind".'
BOUND = 50
OPEN = settings.parse({"IONET_API_KEY": "key", "ALLOW_ANONYMOUS": "true"})
STRICT = dataclasses.replace(
    OPEN,
    allowed_models=("demo/*", "meta-llama/*"),
    fallback_models=("demo/b", "other/y"),
    max_messages=4,
    max_message_chars=200,
    max_completion_tokens=BOUND,
    system_prompt=PROMPT,
)
BOB = Identity("token:bob", ("demo/*",))

outcomes: Counter[str] = Counter()


def sent(raw: bytes, limits: Settings, identity: Identity) -> list[tuple[str, bytes]]:
    """What would be sent for each model that would be tried; nothing where the request is refused."""
    try:
        body = completion.parse(raw)
        completion.check(body)
        permitted = policy.permit(raw, body, limits, identity)
    except ApiError as error:
        outcomes["refused"] += 1
        assert 400 <= error.status < 500  # noqa: PT017  # that it was raised at all is not the point
        json.loads(error.body())
        error.body().encode()
        return []
    outcomes["sent"] += 1
    return [(model, permitted.body_for(model, raw, body)) for model in permitted.models]


@fuzzing(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(variants=bodies())
def test_any_body(variants: list[bytes]) -> None:
    for raw in variants:
        outcomes["bodies"] += 1
        assert_within(raw, OPEN, ANONYMOUS)
        assert_within(raw, STRICT, ANONYMOUS)
        assert_within(raw, STRICT, BOB)


def test_enough_bodies_of_either_kind_were_tried() -> None:
    assert outcomes["bodies"] >= 5_000
    assert min(outcomes["sent"], outcomes["refused"]) >= 1_000


def assert_within(raw: bytes, limits: Settings, identity: Identity) -> None:
    """Whatever is sent for a body is sound, and within the limits."""
    for model, upstream in sent(raw, limits, identity):
        body = completion.parse(upstream)  # strict, so no name stands twice
        assert body["stream"] is True
        assert body["model"] == model
        assert matches(limits.allowed_models, model)
        assert matches(identity.models, model)
        if limits is STRICT:
            first, *rest = body["messages"]
            assert first == {"role": "system", "content": PROMPT}
            assert rest
            assert not {"system", "developer"} & {message["role"] for message in rest}
            caps = [body[name] for name in ("max_completion_tokens", "max_tokens") if name in body]
            answers = max(body.get("n") or 1, body.get("best_of") or 1)
            assert 0 < answers * max(caps) <= BOUND
