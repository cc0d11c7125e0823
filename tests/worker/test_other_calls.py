"""Other calls of OpenAI's API: passed on where the owner has switched them on."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from werkzeug import Request, Response

from tests.conftest import KEY, StartWorker, Worker
from tests.database import rows_once
from tests.streams import closed_by_client
from tests.tokens import BOB, BUSY, ENTRIES, OTHER, bearing
from tools.upstream.connection import connection, wait
from tools.upstream.server import DemoUpstream

Plays = Callable[[str, Callable[[Request], Response]], None]

VECTORS = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}], "model": "org/embed"}
ASKED = {"model": "org/embed", "input": "Hello"}


@pytest.fixture(scope="module")
def open_to_all(start_worker: StartWorker) -> Worker:
    return start_worker(OTHER_CALLS="embeddings, completions", UPSTREAM_RETRIES="0")


@pytest.fixture
def plays(upstream: DemoUpstream) -> Plays:
    """Has the upstream answer the next call of a path."""

    def play(path: str, handler: Callable[[Request], Response]) -> None:
        upstream.httpserver.expect_oneshot_request(path, method="POST").respond_with_handler(handler)

    return play


@pytest.fixture(scope="module")
def strict(start_worker: StartWorker) -> Worker:
    return start_worker(
        OTHER_CALLS="embeddings",
        ALLOW_ANONYMOUS=None,
        ACCESS_TOKENS=ENTRIES,
        MAX_COMPLETION_TOKENS="50",
        DAILY_TOKEN_BUDGET="100",
        MAX_BODY_BYTES="1000",
    )


def test_an_answer_passes_to_the_byte(open_to_all: Worker, client: httpx.Client, upstream: DemoUpstream, plays: Plays) -> None:
    body = json.dumps(VECTORS, indent=3).encode()
    plays("/v1/embeddings", lambda _: Response(body, mimetype="application/json"))
    response = client.post(f"{open_to_all.url}/v1/embeddings", json=ASKED)
    assert (response.status_code, response.content) == (200, body)
    assert response.headers["x-answered-by"] == "upstream"
    assert response.headers["x-model"] == "org/embed"
    (call,) = upstream.calls
    assert json.loads(call.body) == ASKED
    assert ("Authorization", f"Bearer {KEY}") in [(name.title(), value) for name, value in call.headers]
    line = open_to_all.log_line(response)
    assert (line["path"], line["model"], line["answered_by"]) == ("/v1/embeddings", "org/embed", "upstream")


def test_an_error_passes_with_its_status(open_to_all: Worker, client: httpx.Client, plays: Plays) -> None:
    error = {"error": {"message": "No such model", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}}
    plays("/v1/embeddings", lambda _: Response(json.dumps(error), 404, mimetype="application/json"))
    response = client.post(f"{open_to_all.url}/v1/embeddings", json=ASKED)
    assert (response.status_code, response.json()) == (404, error)


def test_a_stream_passes_as_it_comes_and_stops_with_its_client(
    open_to_all: Worker, client: httpx.Client, upstream: DemoUpstream, plays: Plays
) -> None:
    def stream(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            while True:
                yield b'data: {"choices":[{"text":"on "}]}\n\n'
                wait(connection(request), 0.01)

        return Response(body(), mimetype="text/event-stream")

    plays("/v1/completions", stream)
    asked = {"model": "org/a", "prompt": "Go", "stream": True}
    with client.stream("POST", f"{open_to_all.url}/v1/completions", json=asked) as response:
        assert next(response.iter_raw()).startswith(b"data: ")
    upstream.calls.wait_for(closed_by_client(1))


def test_they_are_among_what_is_served(strict: Worker, client: httpx.Client) -> None:
    message = client.get(f"{strict.url}/v1/files").json()["error"]["message"]
    assert "POST /v1/embeddings" in message
    assert "POST /v1/completions" not in message


@pytest.mark.parametrize("name", ["embeddings", "completions"])
def test_they_are_off_by_default(worker: Worker, client: httpx.Client, upstream: DemoUpstream, name: str) -> None:
    response = client.post(f"{worker.url}/v1/{name}", json=ASKED)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert "OTHER_CALLS" in response.json()["error"]["message"]
    assert not upstream.calls


class TestWhoMay:
    def url(self, worker: Worker) -> str:
        return f"{worker.url}/v1/embeddings"

    def test_a_token_is_needed(self, strict: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        assert client.post(self.url(strict), json=ASKED).status_code == 401
        assert not upstream.calls

    def test_and_a_model_that_it_may_use(self, strict: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        response = client.post(self.url(strict), json=ASKED, headers=bearing(BOB))
        assert (response.status_code, response.json()["error"]["code"]) == (403, "model_not_allowed")
        assert not upstream.calls

    def test_a_call_is_counted_against_the_budget(
        self, strict: Worker, client: httpx.Client, upstream: DemoUpstream, plays: Plays
    ) -> None:
        plays("/v1/embeddings", lambda _: Response(json.dumps(VECTORS), mimetype="application/json"))
        asked = {**ASKED, "input": "x" * 200}
        assert client.post(self.url(strict), json=asked, headers=bearing(OTHER)).status_code == 200
        refused = client.post(self.url(strict), json=asked, headers=bearing(OTHER))
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "budget_exceeded")
        assert len(upstream.calls) == 1

    def test_a_body_may_be_as_large_as_any(self, strict: Worker, client: httpx.Client) -> None:
        response = client.post(self.url(strict), json={**ASKED, "input": "x" * 2000}, headers=bearing(BUSY))
        assert response.status_code == 413


class TestWhatTheyTook:
    @pytest.fixture(scope="module")
    @staticmethod
    def counting(start_worker: StartWorker) -> Worker:
        return start_worker(OTHER_CALLS="embeddings, completions", USAGE="on", UPSTREAM_RETRIES="0")

    def counted(self, worker: Worker, model: str) -> dict[str, object]:
        (row,) = rows_once(worker, bool, "SELECT * FROM usage WHERE model = ?", model)
        return {name: row[name] for name in ("outcome", "prompt_tokens", "completion_tokens", "estimated_completion_tokens")}

    def test_embeddings_whose_usage_stands_behind_many_numbers(
        self, counting: Worker, client: httpx.Client, plays: Plays
    ) -> None:
        data = [{"object": "embedding", "index": 0, "embedding": [0.25] * 20_000}]
        body = {**VECTORS, "data": data, "usage": {"prompt_tokens": 8, "total_tokens": 8}}
        plays("/v1/embeddings", lambda _: Response(json.dumps(body), mimetype="application/json"))
        assert client.post(f"{counting.url}/v1/embeddings", json=ASKED).json() == body
        row = self.counted(counting, "org/embed")
        assert row == {"outcome": "done", "prompt_tokens": 8, "completion_tokens": 0, "estimated_completion_tokens": 0}

    def test_completions_that_stream_are_asked_for_their_usage_and_estimated_without(
        self, counting: Worker, client: httpx.Client, upstream: DemoUpstream, plays: Plays
    ) -> None:
        chunks = b"".join(b'data: {"choices":[{"text":"on "}]}\n\n' for _ in range(5)) + b"data: [DONE]\n\n"
        plays("/v1/completions", lambda _: Response(chunks, mimetype="text/event-stream"))
        asked = {"model": "org/older", "prompt": "Go", "stream": True}
        assert client.post(f"{counting.url}/v1/completions", json=asked).content == chunks
        assert json.loads(next(iter(upstream.calls)).body)["stream_options"] == {"include_usage": True}
        row = self.counted(counting, "org/older")
        assert row == {"outcome": "done", "prompt_tokens": 0, "completion_tokens": 0, "estimated_completion_tokens": 5}

    def test_a_refusal_counts_as_one(self, counting: Worker, client: httpx.Client) -> None:
        assert client.post(f"{counting.url}/v1/embeddings", json={"input": "x"}).status_code == 400
        assert rows_once(counting, bool, "SELECT requests FROM usage WHERE outcome = 'missing_field'") == [{"requests": 1}]
