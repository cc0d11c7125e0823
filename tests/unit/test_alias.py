"""`{"message": …}`, as front ends write it after the well-known tutorials."""

import json
from typing import Any

import pytest

from gateway.base.errors import ApiError
from gateway.request.alias import unfolded
from gateway.request.completion import parse


def messages(raw: bytes) -> Any:
    return json.loads(unfold(raw))["messages"]


def unfold(raw: bytes) -> bytes:
    return unfolded(raw, parse(raw))


def test_the_message_is_the_users_last() -> None:
    raw = '{"messages": [{"role": "user", "content": "あ"}, {"role":"assistant","content":"い"}], "message": "う"}'.encode()
    said = [{"role": "user", "content": "あ"}, {"role": "assistant", "content": "い"}, {"role": "user", "content": "う"}]
    assert messages(raw) == said
    assert messages(b'{"message": "Hello"}') == [{"role": "user", "content": "Hello"}]
    assert messages(b'{"message": "Hello", "messages": []}') == [{"role": "user", "content": "Hello"}]


def test_every_other_value_stays_to_the_letter() -> None:
    raw = b'{"seed": 12345678901234567890123, "message": "A \\u00e9", "temperature": 0.10, "we\\"ird": [ 1 ]}'
    assert unfold(raw) == (
        b'{"seed":12345678901234567890123,"temperature":0.10,"we\\"ird":[ 1 ],"messages":[{"role": "user", "content": "A \\u00e9"}]}'
    )


def test_a_request_of_the_api_stays_as_it_is() -> None:
    raw = b'{ "messages": [{"role": "user", "content": "Hello"}] }'
    assert unfold(raw) is raw


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (b'{"message": ""}', "message"),
        (b'{"message": null}', "message"),
        (b'{"message": ["Hello"]}', "message"),
        (b'{"message": {"role": "system"}}', "message"),
        (b'{"message": "Hello", "messages": "no"}', "messages"),
        (b'{"message": "Hello", "messages": null}', "messages"),
    ],
)
def test_what_makes_no_sense_is_named(raw: bytes, param: str) -> None:
    with pytest.raises(ApiError) as refused:
        unfold(raw)
    assert (refused.value.status, refused.value.param) == (400, param)
