"""What the last bytes of a stream tell: how it ended, and what it took."""

import json

import pytest

from gateway.usage.ending import Ending, Usage, read
from tests.streams import sample


def event(**chunk: object) -> bytes:
    return b"data: %b\n\n" % json.dumps(chunk).encode()


TELLS = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
STOP = event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
DONE = b"data: [DONE]\n\n"


@pytest.mark.parametrize(
    ("tail", "ending"),
    [
        (STOP + event(choices=[], usage=TELLS) + DONE, Ending(True, "stop", Usage(7, 3, 4))),
        (STOP + event(choices=[], usage=TELLS), Ending(True, "stop", Usage(7, 3, 4))),
        (b'alf an event"}\n\n' + STOP + DONE, Ending(True, "stop", None)),
        (event(choices=[{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]), Ending(False, None, None)),
        (
            event(choices=[], usage={**TELLS, "completion_tokens": 1}) + event(choices=[], usage=TELLS),
            Ending(False, None, Usage(7, 3, 4)),
        ),
        (
            event(choices=[{"delta": {"content": '"usage": {"prompt_tokens": 1, "completion_tokens": 1}'}}]),
            Ending(False, None, None),
        ),
        (event(error={"message": "broken"}), Ending(False, None, None)),
        (STOP + event(error={"message": "broken"}) + DONE, Ending(False, "stop", None)),
        (b"", Ending(False, None, None)),
        (b"\xff\xfe garbage", Ending(False, None, None)),
        (DONE, Ending(True, None, None)),
    ],
)
def test_of_a_stream(tail: bytes, ending: Ending) -> None:
    assert read(tail) == ending


def test_of_a_completion_that_came_whole() -> None:
    body = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "length"}], "usage": TELLS}
    assert read(json.dumps(body).encode()) == Ending(True, "length", Usage(7, 3, 4))


def test_of_embeddings_whose_beginning_is_cut_off() -> None:
    body = {"object": "list", "data": [{"embedding": [0.25] * 9000}], "usage": {"prompt_tokens": 8, "total_tokens": 8}}
    whole = json.dumps(body).encode()
    assert read(whole[-16_000:]) == read(whole) == Ending(True, None, Usage(8, 0))
    assert read(whole[-16_000:-1]) == Ending(False, None, None)


NO_USAGE: list[object] = [
    None,
    [],
    "many",
    {"prompt_tokens": 7},
    {"prompt_tokens": "7", "completion_tokens": 3},
    {"prompt_tokens": -7, "completion_tokens": 3},
    {"prompt_tokens": True, "completion_tokens": 3},
]


@pytest.mark.parametrize("usage", NO_USAGE)
def test_a_usage_that_makes_no_sense_is_none(usage: object) -> None:
    assert read(event(choices=[], usage=usage) + DONE).usage is None


@pytest.mark.parametrize(
    ("name", "finish_reason", "usage"), [("chat", "stop", Usage(21, 10)), ("length", "length", None), ("truncated", None, None)]
)
def test_of_the_samples(name: str, finish_reason: str | None, usage: Usage | None) -> None:
    ending = read(sample(name))
    assert ending.finish_reason == finish_reason
    assert usage is None or ending.usage == usage
    assert ending.is_whole is (name != "truncated")
