"""The demo upstream, over the wire: its streams are io.net's, and its answers show what was asked."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import codes
from hypothesis import given
from hypothesis import strategies as st

from tools.upstream import FAULTS, DemoUpstream, models
from tools.upstream.frames import Answer, Head, ToolCall, split, stream
from tools.upstream.reading import chunks, deltas, finish_reason, shape, text

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
HUMAN = {"role": "user", "content": "Why does the sky look blue?"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[DemoUpstream]:
    with DemoUpstream(pace=0) as server:
        yield server


@pytest.fixture
def client(upstream: DemoUpstream) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=upstream.base_url, headers={"authorization": "Bearer key"}, timeout=20) as client:
        yield client


def chat(client: httpx.Client, *messages: dict[str, Any], **fields: Any) -> httpx.Response:
    body = {"model": models.FRIENDLY, "messages": list(messages) or [HUMAN], "stream": True} | fields
    return client.post("/chat/completions", json=body)


class TestStream:
    def test_has_the_shape_of_a_vllm_stream(self, client: httpx.Client) -> None:
        response = chat(client)
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert shape(response.content) == shape((DATA / "chat.sse").read_bytes())

    def test_of_a_reasoning_model_has_the_reasoning_before_the_content(self, client: httpx.Client) -> None:
        body = chat(client, model=models.REASONING).content
        assert shape(body) == shape((DATA / "reasoning.sse").read_bytes())

    def test_of_a_tool_call_has_its_arguments_in_fragments(self, client: httpx.Client) -> None:
        parameters = {"type": "object", "properties": {"city": {"enum": ["Tokyo", "Oslo"]}, "days": {"type": "integer"}}}
        tools = [{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}]
        body = chat(client, model=models.TOOLS, tools=tools, tool_choice="auto").content
        assert shape(body) == shape((DATA / "tool-calls.sse").read_bytes())
        fragments = [call["function"] for [call] in deltas(body, "tool_calls")]
        assert fragments[0]["name"] == "get_weather"
        assert json.loads("".join(f["arguments"] for f in fragments)) == {"city": "Tokyo", "days": 1}

    def test_repeats_id_time_and_model_in_every_chunk(self, client: httpx.Client) -> None:
        heads = {(c["id"], c["created"], c["model"]) for c in chunks(chat(client).content)}
        assert [model for _, _, model in heads] == [models.FRIENDLY]

    def test_counts_the_tokens_it_sent(self, client: httpx.Client) -> None:
        body = chat(client, {"role": "user", "content": "one two three"}, model=models.REASONING).content
        sent = len(deltas(body, "reasoning_content")) + len([token for token in deltas(body, "content") if token])
        assert chunks(body)[-1]["usage"] == {"prompt_tokens": 3, "total_tokens": 3 + sent, "completion_tokens": sent}

    def test_has_no_usage_where_none_is_wanted(self, client: httpx.Client) -> None:
        body = chat(client, stream_options={"include_usage": False}).content
        assert all(chunk["choices"] for chunk in chunks(body))

    @pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
    def test_stops_at_the_token_limit(self, client: httpx.Client, field: str) -> None:
        limit = 5
        body = chat(client, **{field: limit}).content
        assert chunks(body)[-1]["usage"]["completion_tokens"] == limit
        assert finish_reason(body) == "length"

    def test_of_a_reasoning_model_with_few_tokens_has_no_content(self, client: httpx.Client) -> None:
        body = chat(client, model=models.REASONING, max_tokens=5).content
        assert (text(body), finish_reason(body)) == ("", "length")

    def test_and_the_json_of_a_request_that_does_not_stream_say_the_same(self, client: httpx.Client) -> None:
        streamed = chat(client, model=models.REASONING)
        whole = chat(client, model=models.REASONING, stream=False).json()
        message = {"role": "assistant", "content": text(streamed.content)}
        message["reasoning_content"] = "".join(deltas(streamed.content, "reasoning_content"))
        assert (whole["object"], whole["choices"][0]["message"]) == ("chat.completion", message)
        assert whole["usage"] == chunks(streamed.content)[-1]["usage"]


class TestAnswer:
    def test_says_what_was_asked_and_that_there_is_no_model(self, client: httpx.Client) -> None:
        answer = text(chat(client, {"role": "system", "content": "Be brief."}, HUMAN, temperature=0.25).content)
        assert "demo upstream on your machine; no model is behind it" in answer
        assert "> Why does the sky look blue?" in answer
        assert "> Be brief." in answer
        assert "the last of 2 messages" in answer
        assert "temperature at 0.25" in answer

    def test_to_a_question_in_japanese_is_japanese(self, client: httpx.Client) -> None:
        answer = text(chat(client, {"role": "user", "content": "空はなぜ青いのですか"}).content)
        assert "> 空はなぜ青いのですか" in answer
        assert "デモ用の上流サーバー" in answer

    @pytest.mark.parametrize("question", ["Show me code, please", "コードを見せて"])
    def test_to_a_question_for_code_is_markdown(self, client: httpx.Client, question: str) -> None:
        answer = text(chat(client, {"role": "user", "content": question}).content)
        assert re.search(r"^- ", answer, re.MULTILINE)
        assert re.search(r"^```python\n.*^```$", answer, re.MULTILINE | re.DOTALL)

    def test_reads_the_text_of_content_in_parts(self, client: httpx.Client) -> None:
        parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
        assert "> What is this?" in text(chat(client, {"role": "user", "content": parts}).content)

    def test_to_a_tools_result_tells_it(self, client: httpx.Client) -> None:
        result = {"role": "tool", "tool_call_id": "call_1", "content": "12 degrees"}
        assert "> 12 degrees" in text(chat(client, HUMAN, result, model=models.TOOLS).content)

    @pytest.mark.parametrize("question", ["How is the weather?", "天気はどうですか"])
    def test_calls_no_tool_unless_tool_choice_asks_and_says_so(self, client: httpx.Client, question: str) -> None:
        asked = {"role": "user", "content": question}
        tools = [{"type": "function", "function": {"name": "get_weather"}}]
        answer = chat(client, asked, model=models.TOOLS, tools=tools).content
        assert finish_reason(answer) == "stop"
        assert '`"tool_choice": "auto"`' in text(answer)
        assert "tool_choice" not in text(chat(client, asked, model=models.TOOLS, tools=tools, tool_choice="none").content)
        assert "tool_choice" not in text(chat(client, asked, model=models.TOOLS).content)

    def test_survives_half_a_surrogate_pair_in_the_question(self, client: httpx.Client) -> None:
        body = b'{"model":"demo/friendly","stream":true,"messages":[{"role":"user","content":"a \\ud83d b"}]}'
        assert "> a ? b" in text(client.post("/chat/completions", content=body).content)


class TestRequest:
    @pytest.mark.parametrize("authorization", ["", "Bearer", "Basic abc"])
    def test_without_a_key_is_refused(self, client: httpx.Client, authorization: str) -> None:
        client.headers["authorization"] = authorization
        response = chat(client)
        assert (response.status_code, response.json()) == (401, {"detail": "Invalid API Key"})

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"model": 7}, "model"),
            ({"messages": []}, "messages"),
            ({"messages": "hello"}, "messages"),
            ({"messages": [{"role": "robot", "content": ""}]}, "messages"),
            ({"max_tokens": 0}, "max_tokens"),
        ],
    )
    def test_that_is_wrong_is_refused_by_field(self, client: httpx.Client, fields: dict[str, Any], wrong: str) -> None:
        response = chat(client, **fields)
        assert response.status_code == codes.UNPROCESSABLE_ENTITY
        assert [error["loc"] for error in response.json()["detail"]] == [["body", wrong]]

    def test_that_is_not_json_is_refused(self, client: httpx.Client) -> None:
        assert client.post("/chat/completions", content=b"{").status_code == codes.UNPROCESSABLE_ENTITY

    @pytest.mark.parametrize("model", ["demo/unknown", "demo/fault-unknown", "401"])
    def test_for_an_unknown_model_is_refused_with_the_names_of_the_known(self, client: httpx.Client, model: str) -> None:
        response = chat(client, model=model)
        assert response.status_code == codes.BAD_REQUEST
        assert models.DEFAULT in response.text

    def test_for_a_model_of_a_higher_tier_is_refused(self, client: httpx.Client) -> None:
        response = chat(client, model=models.HIGHER_TIER)
        assert response.status_code == codes.PAYMENT_REQUIRED
        assert response.json() == {"detail": f"Model '{models.HIGHER_TIER}' requires a higher IO Intelligence tier"}

    def test_for_an_unknown_path_is_not_found(self, client: httpx.Client) -> None:
        assert client.get("/elsewhere").status_code == codes.NOT_FOUND


class TestModels:
    def test_are_public_with_a_row_for_every_fault(self, upstream: DemoUpstream) -> None:
        ids = [row["id"] for row in httpx.get(f"{upstream.base_url}/models").json()["data"]]
        assert {models.DEFAULT, models.FRIENDLY, models.REASONING, models.TOOLS} < set(ids)
        assert {models.FAULT + name for name in FAULTS} < set(ids)
        assert len(ids) == len(set(ids)) + 1, "one id is there twice"

    def test_can_be_searched_and_paged(self, client: httpx.Client) -> None:
        def ids(**query: str | int) -> list[str]:
            return [row["id"] for row in client.get("/models", params=query).json()["data"]]

        assert ids(q="llama") == [models.DEFAULT]
        assert ids(page=2, page_size=2) == ids()[2:4]


class TestTokens:
    def test_are_those_of_the_sample(self) -> None:
        tokens = [token for token in deltas((DATA / "chat.sse").read_bytes(), "content") if token]
        assert list(split("".join(tokens))) == tokens

    @given(st.text())
    def test_joined_are_the_text_again(self, text_: str) -> None:
        tokens = split(text_)
        assert "".join(tokens) == text_
        assert all(tokens)

    @given(content=st.text(), reasoning=st.text(), arguments=st.text(), limit=st.none() | st.integers(0, 20))
    def test_sent_are_never_more_than_the_limit_and_always_the_beginning(
        self, content: str, reasoning: str, arguments: str, limit: int | None
    ) -> None:
        answer = Answer(split(content), split(reasoning), ToolCall("call_1", "f", split(arguments)))
        body = b"".join(stream(Head("id", 0, "m"), answer.cut(limit), 0))
        usage = chunks(body)[-1]["usage"]
        assert usage["completion_tokens"] == (answer.tokens if limit is None else min(limit, answer.tokens))
        assert finish_reason(body) == ("length" if limit is not None and limit < answer.tokens else "stop")
        sent = [call["function"]["arguments"] for [call] in deltas(body, "tool_calls")]
        everything = reasoning + content + arguments
        assert everything.startswith("".join(deltas(body, "reasoning_content")) + text(body) + "".join(sent))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_standing_alone_it_serves_until_a_signal(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "tools.upstream", "--port", "0", "--pace", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(20, process.kill)
        watchdog.start()
        assert process.stdout
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        assert httpx.get(f"{address[0]}/models").status_code == codes.OK
        assert re.fullmatch(r"\d\d:\d\d:\d\d GET /v1/models 200 finished\n", process.stdout.readline())
        process.send_signal(number)
        _, errors = process.communicate()
        watchdog.cancel()
    assert (process.returncode, errors) == (0, "")
