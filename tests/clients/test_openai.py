"""OpenAI's official clients, unmodified, with nothing changed but their base URL: one specification for each of them."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug import Response

from tests.clients import sdks
from tests.clients.sdks import Sdk, SdkError
from tests.conftest import Handler, StartWorker, Worker
from tests.conftest import question as streamed
from tests.streams import closed_by_client, endless, sample
from tools.upstream import reading
from tools.upstream.frames import Answer, Head, Json, split, stream
from tools.upstream.server import DemoUpstream

Play = Callable[[Handler], str]


def question(text: str = "Hello", **fields: object) -> dict[str, Any]:
    """A chat request; whether it streams is said by how it is asked."""
    return {name: value for name, value in streamed(text, **fields).items() if name != "stream"}


SDKS = {"python": sdks.python, "async-python": sdks.async_python, "node": sdks.javascript}
WAYS_TO_LEAVE = [
    ("python", "close"),
    ("python", "with"),
    ("async-python", "close"),
    ("async-python", "with"),
    ("node", "break"),
    ("node", "abort"),
]
NO_CLASS = {"APIStatusError", "APIError"}  # what Python and Node raise for a status that has no class of its own
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="module", params=SDKS)
def sdk(request: pytest.FixtureRequest) -> Iterator[Sdk]:
    with SDKS[request.param]() as running:
        yield running


@pytest.fixture
def base_url(worker: Worker) -> str:
    return f"{worker.url}/v1"


def playing(play: Play, name: str) -> str:
    body = sample(name)
    return play(lambda _: Response(body, mimetype="text/event-stream"))


def deltas(chunks: list[Json], name: str) -> list[Any]:
    found = [choice["delta"].get(name) for chunk in chunks for choice in chunk["choices"]]
    return [value for value in found if value]


class TestTheAnswer:
    @pytest.mark.parametrize("name", ["chat", "japanese", "length", "llama-cpp-smollm2"])
    def test_is_the_upstreams_text(self, sdk: Sdk, base_url: str, play: Play, name: str) -> None:
        chunks = sdk.read(base_url, **question(model=playing(play, name)))
        assert "".join(deltas(chunks, "content")) == reading.text(sample(name)) != ""
        finish_reasons = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
        assert finish_reasons[-1] == reading.finish_reason(sample(name))

    @pytest.mark.parametrize(("name", "field"), [("reasoning", "reasoning_content"), ("reasoning-newer", "reasoning")])
    def test_has_its_reasoning(self, sdk: Sdk, base_url: str, play: Play, name: str, field: str) -> None:
        chunks = sdk.read(base_url, **question(model=playing(play, name)))
        assert deltas(chunks, field) == reading.deltas(sample(name), field) != []

    def test_is_put_together_by_the_client(self, sdk: Sdk, base_url: str, play: Play) -> None:
        completion = sdk.assemble(base_url, **question(model=playing(play, "chat")))
        assert completion["choices"][0]["message"]["content"] == reading.text(sample("chat"))

    def test_has_the_usage_that_was_asked_for(self, sdk: Sdk, base_url: str, upstream: DemoUpstream) -> None:
        asked = question(model="demo/friendly", max_tokens=5)
        *others, last = sdk.read(base_url, **asked, stream_options={"include_usage": True})
        assert last["choices"] == []
        assert (last["usage"]["completion_tokens"], last["usage"]["total_tokens"]) == (5, last["usage"]["prompt_tokens"] + 5)
        assert not any(chunk.get("usage") for chunk in others)
        assert not any(chunk.get("usage") for chunk in sdk.read(base_url, **asked, stream_options={"include_usage": False}))


def test_parse(sdk: Sdk, base_url: str, upstream: DemoUpstream, play: Play) -> None:
    """A whole answer in the form of a class: the upstream gets its schema, and the client an object."""
    written = {"name": "東京", "inhabitants": 14000000}
    head = Head("chatcmpl-city", 1790000000, "city")
    body = b"".join(stream(head, Answer(split(json.dumps(written))), prompt_tokens=1))
    city = sdk.parse(base_url, **question(model=play(lambda _: Response(body, mimetype="text/event-stream"))))
    assert city == written
    asked = json.loads(upstream.calls[0].body)
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["name", "inhabitants"]
    assert asked["stream"] is True


class TestToolCalls:
    def test_are_put_together_from_fragments(self, sdk: Sdk, base_url: str, play: Play) -> None:
        completion = sdk.assemble(base_url, **question(model=playing(play, "tool-calls"), tools=[WEATHER]))
        (choice,) = completion["choices"]
        assert choice["finish_reason"] == "tool_calls"
        (call,) = choice["message"]["tool_calls"]
        assert (call["id"], call["function"]["name"]) == ("call_7a", "get_weather")
        assert json.loads(call["function"]["arguments"]) == {"city": "Tokyo"}

    def test_go_back_and_forth(self, sdk: Sdk, base_url: str, upstream: DemoUpstream) -> None:
        about_tools = {"model": "demo/tools", "tools": [WEATHER], "tool_choice": "auto"}
        asking = {"role": "user", "content": "Tokyo"}
        (call,) = sdk.assemble(base_url, messages=[asking], **about_tools)["choices"][0]["message"]["tool_calls"]
        assert json.loads(call["function"]["arguments"]) == {"city": "Tokyo"}

        function = {"name": call["function"]["name"], "arguments": call["function"]["arguments"]}
        calling = {"role": "assistant", "tool_calls": [{"id": call["id"], "type": "function", "function": function}]}
        result = {"role": "tool", "tool_call_id": call["id"], "content": "17 degrees and clear"}
        answer = sdk.assemble(base_url, messages=[asking, calling, result], **about_tools)
        assert "17 degrees and clear" in answer["choices"][0]["message"]["content"]


class TestAnUpstreamError:
    @pytest.mark.parametrize(
        ("fault", "status", "kinds", "says"),
        [
            ("400", 400, {"BadRequestError"}, "is not available"),
            ("401", 502, {"InternalServerError"}, "io.net refused this edge's key: Invalid API Key"),
            ("402", 402, NO_CLASS, "requires a higher IO Intelligence tier"),
            ("403", 403, {"PermissionDeniedError"}, "error code: 1010"),
            ("404", 404, {"NotFoundError"}, "Not Found"),
            ("422", 422, {"UnprocessableEntityError"}, "Field required"),
            ("429", 429, {"RateLimitError"}, "Rate limit reached."),
            ("500", 500, {"InternalServerError"}, "Internal Server Error"),
            ("524", 524, {"InternalServerError"}, "A timeout occurred"),
        ],
    )
    def test_is_the_clients_own_exception(
        self, sdk: Sdk, base_url: str, upstream: DemoUpstream, fault: str, status: int, kinds: set[str], says: str
    ) -> None:
        with pytest.raises(SdkError) as raised:
            sdk.read(base_url, **question(model=f"demo/fault-{fault}"))
        error = raised.value
        assert error.kind in kinds
        assert error.status == status
        assert says in error.text
        assert re.fullmatch(UUID, str(error.request_id))
        assert len(upstream.calls) == 1

    def test_within_the_stream_is_raised_after_the_text(self, sdk: Sdk, base_url: str, play: Play) -> None:
        with pytest.raises(SdkError) as raised:
            sdk.read(base_url, **question(model=playing(play, "error-midstream")))
        assert (raised.value.kind, raised.value.status) == ("APIError", None)
        assert "EngineCore encountered an issue." in raised.value.text


class TestAnErrorOfTheEdge:
    def assert_raised(self, error: SdkError, kinds: set[str], status: int, code: str, param: str | None = None) -> None:
        assert error.kind in kinds
        assert (error.status, error.code, error.param) == (status, code, param)
        assert re.fullmatch(UUID, str(error.request_id))

    def test_invalid_request(self, sdk: Sdk, base_url: str, upstream: DemoUpstream) -> None:
        with pytest.raises(SdkError) as raised:
            sdk.read(base_url, messages=[], model="demo/friendly")
        self.assert_raised(raised.value, {"BadRequestError"}, 400, "invalid_value", "messages")
        assert "messages is empty" in raised.value.text
        assert not upstream.calls

    def test_body_too_large(self, sdk: Sdk, start_worker: StartWorker, upstream: DemoUpstream) -> None:
        with pytest.raises(SdkError) as raised:
            sdk.read(f"{start_worker(MAX_BODY_BYTES='2000').url}/v1", **question("x" * 2000, model="demo/friendly"))
        self.assert_raised(raised.value, NO_CLASS, 413, "body_too_large")
        assert not upstream.calls

    def test_upstream_unusable(self, sdk: Sdk, base_url: str, upstream: DemoUpstream) -> None:
        with pytest.raises(SdkError) as raised:
            sdk.read(base_url, **question(model="demo/fault-redirect"))
        self.assert_raised(raised.value, {"InternalServerError"}, 502, "upstream_redirect")

    def test_upstream_silent(self, sdk: Sdk, start_worker: StartWorker, upstream: DemoUpstream) -> None:
        with pytest.raises(SdkError) as raised:
            sdk.read(f"{start_worker(FIRST_BYTE_TIMEOUT_MS='1000').url}/v1", **question(model="demo/fault-silent"))
        self.assert_raised(raised.value, {"InternalServerError"}, 504, "upstream_timeout")


@pytest.mark.parametrize(("sdk", "way"), WAYS_TO_LEAVE, indirect=["sdk"])
def test_leaving_early_stops_the_upstream(sdk: Sdk, way: str, base_url: str, upstream: DemoUpstream, play: Play) -> None:
    sdk.leave(way, base_url, **question(model=play(endless)))
    upstream.calls.wait_for(closed_by_client(1))
    assert sdk.read(base_url, **question(model="demo/friendly"))  # the client goes on working
