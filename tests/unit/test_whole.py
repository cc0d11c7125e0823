"""One completion out of a stream of chunks."""

import json
from typing import Any

import pytest

from gateway.answers.completion import Completion
from gateway.answers.events import EventParser
from gateway.answers.text import Text
from tests.streams import sample

Json = dict[str, Any]


def stream(*chunks: object, done: bool = True) -> bytes:
    lines = [json.dumps(chunk) for chunk in chunks] + (["[DONE]"] if done else [])
    return "".join(f"data: {line}\n\n" for line in lines).encode()


def delta(index: int = 0, finish_reason: str | None = None, **fields: object) -> Json:
    return {"choices": [{"index": index, "delta": fields, "finish_reason": finish_reason}]}


def read(raw: bytes) -> Completion:
    completion = Completion()
    for event in EventParser().feed(raw):
        completion.take(event)
    return completion


def body(*chunks: object) -> Json:
    return read(stream(*chunks)).body()


def message(*chunks: object) -> Json:
    found: Json = body(*chunks)["choices"][0]["message"]
    return found


def text(raw: bytes, size: int = 5) -> str:
    reader = Text()
    said = "".join(reader.feed(raw[start : start + size]) for start in range(0, len(raw), size))
    return said + (reader.ending or "")


def test_openais_shape() -> None:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1790000000, "model": "demo/friendly"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    chunks = [
        head | delta(role="assistant", content=""),
        head | delta(content="Hel"),
        head | delta(content="lo", finish_reason="stop"),
        head | {"choices": [], "usage": usage},
    ]
    assert body(*chunks) == {
        **head,
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello"},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": usage,
    }


def test_reasoning_and_refusal() -> None:
    assert message(delta(reasoning_content="Hm"), delta(reasoning_content="m."), delta(content="Yes", refusal=None)) == {
        "role": "assistant",
        "content": "Yes",
        "reasoning_content": "Hmm.",
        "refusal": None,
    }
    assert message(delta(refusal="I ca"), delta(refusal="n't.")) == {"role": "assistant", "content": None, "refusal": "I can't."}


def test_tool_calls_in_their_order() -> None:
    found = message(
        delta(tool_calls=[{"index": 1, "id": "b", "type": "function", "function": {"name": "time", "arguments": ""}}]),
        delta(tool_calls=[{"index": 0, "id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"ci'}}]),
        delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "weather", "arguments": 'ty":1}'}}]),
        delta(tool_calls=[{"index": 1, "function": {"arguments": "{}"}}], finish_reason="tool_calls"),
    )
    assert found["content"] is None
    assert found["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"city":1}'}},
        {"id": "b", "type": "function", "function": {"name": "time", "arguments": "{}"}},
    ]


def test_several_choices_each_with_its_end() -> None:
    choices = body(
        delta(1, content="B"),
        delta(0, content="A"),
        delta(1, content="b", finish_reason="length"),
        delta(0, finish_reason="stop"),
    )["choices"]
    assert [(choice["index"], choice["message"]["content"], choice["finish_reason"]) for choice in choices] == [
        (0, "A", "stop"),
        (1, "Bb", "length"),
    ]


def test_log_probabilities() -> None:
    pieces = [{"token": "A", "logprob": -0.1}, {"token": "B", "logprob": -1e-7}]
    chunks = [
        {"choices": [{"index": 0, "delta": {"content": piece["token"]}, "logprobs": {"content": [piece], "refusal": None}}]}
        for piece in pieces
    ]
    assert body(*chunks)["choices"][0]["logprobs"] == {"content": pieces, "refusal": None}


def test_unknown_fields_are_kept() -> None:
    found = body(
        {"provider": "io", "kv": {"a": 1}, **delta(content="A", annotations=[{"url": "u"}])},
        {"provider": "io", "kv": {"a": 2}, "choices": [{"index": 0, "delta": {"annotations": [{"url": "v"}]}, "stop_reason": 7}]},
    )
    assert (found["provider"], found["kv"]) == ("io", {"a": 2})
    assert found["choices"][0]["stop_reason"] == 7
    assert found["choices"][0]["message"]["annotations"] == [{"url": "u"}, {"url": "v"}]


def test_content_in_parts_and_then_as_a_text() -> None:
    thinking = {"type": "thinking", "thinking": "Hm."}
    assert message(delta(content=[thinking]), delta(content="Yes"), delta(content="!"))["content"] == [
        thinking,
        {"type": "text", "text": "Yes"},
        {"type": "text", "text": "!"},
    ]


def test_a_server_that_ignores_what_was_asked_and_sends_it_whole() -> None:
    assert message({"choices": [{"message": {"role": "assistant", "content": "All at once"}, "finish_reason": "stop"}]}) == {
        "role": "assistant",
        "content": "All at once",
    }


@pytest.mark.parametrize(
    "junk",
    [
        b"data: {\n\n",
        b"data: 7\n\n",
        b'data: {"choices": 7}\n\n',
        b'data: {"choices": [7, null]}\n\n',
        b"data: " + b"[" * 5000 + b"\n\n",
    ],
)
def test_what_makes_no_sense_is_passed_over(junk: bytes) -> None:
    raw = stream(delta(content="A"), done=False) + junk + stream(delta(content="B", finish_reason="stop"))
    assert read(raw).body()["choices"][0]["message"]["content"] == "AB"
    assert text(raw) == "AB"


class TestNotWhole:
    @pytest.mark.parametrize("name", ["truncated", "error-midstream"])
    def test_samples(self, name: str) -> None:
        completion = read(sample(name))
        assert not completion.is_whole
        assert completion.chars > 10

    @pytest.mark.parametrize(
        "error",
        [
            b'data: {"error": {"message": "Overloaded", "code": 503}}\n\n',
            b'data: {"error": "Overloaded"}\n\n',
            b'event: error\ndata: {"message": "Overloaded"}\n\n',
            b'event: error\ndata: {"detail": "Overloaded"}\n\n',
        ],
    )
    def test_an_error_is_told_in_its_own_words(self, error: bytes) -> None:
        raw = stream(delta(content="Half"), done=False) + error + stream()
        completion = read(raw)
        assert (completion.is_whole, completion.failure, completion.chars) == (False, "Overloaded", 4)
        assert text(raw) == "Half\n[The answer broke off: Overloaded]\n"

    def test_an_end_without_a_word(self) -> None:
        assert not read(b"").is_whole
        assert not read(stream(delta(content="Half"), done=False)).is_whole
        assert not read(stream(delta(0, finish_reason="stop"), delta(1, content="Half"), done=False)).is_whole
        assert "broke off" in text(stream(delta(content="Half"), done=False))

    def test_an_end_with_one(self) -> None:
        assert read(stream(delta(content="All", finish_reason="stop"), done=False)).is_whole
        assert read(stream(delta(content="All"))).is_whole
        assert text(stream(delta(content="All", finish_reason="stop"), done=False)) == "All"

    def test_one_of_which_a_guard_withholds_the_rest(self) -> None:
        raw = stream(delta(content="Half"), delta(finish_reason="content_filter"))
        assert text(raw) == "Half\n[The rest was withheld: a guard found it unsafe]\n"


@pytest.mark.parametrize(
    "name", ["chat", "crlf-comments", "japanese", "hostile", "length", "llama-cpp-smollm2", "reasoning", "tool-calls"]
)
def test_the_text_is_the_completions_content(name: str) -> None:
    raw = sample(name)
    assert text(raw, 1) == text(raw, 4096) == (read(raw).body()["choices"][0]["message"]["content"] or "")


def test_the_text_has_the_first_answer_only_and_refusals_too() -> None:
    raw = stream(
        delta(1, content="no"), delta(0, content="A"), delta(0, content=[{"type": "text", "text": "b"}]), delta(0, refusal="c")
    )
    assert text(raw) == "Abc"


def test_a_long_answer_takes_no_longer_than_its_length() -> None:
    raw = stream(*[delta(content="word " * 10)] * 20_000)
    assert len(message_content(raw)) == 1_000_000


def message_content(raw: bytes) -> str:
    content: str = read(raw).body()["choices"][0]["message"]["content"]
    return content
