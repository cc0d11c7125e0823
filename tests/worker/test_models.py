"""The list of models, and what a page is told before it asks."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from werkzeug import Request, Response

from gateway.base.tokens import digest
from tests.conftest import KEY, StartWorker, Worker
from tools.upstream.calls import CallLog
from tools.upstream.recording import RecordingServer
from tools.upstream.server import DemoUpstream

LISTED: list[dict[str, object]] = [
    {"id": "org/a", "object": "model", "created": 1, "context_window": 8192, "input_token_price": 1e-07, "secret_field": "x"},
    {"id": "org/b", "supports_tools": True, "higher_tier_required": True, "owned_by": None},
    {"id": "org/a", "object": "model"},
    {"name": "no id"},
    {"id": "other/c"},
]
KEPT = [
    {"id": "org/a", "object": "model", "created": 1, "context_window": 8192, "input_token_price": 1e-07},
    {"id": "org/b", "object": "model", "higher_tier_required": True, "supports_tools": True},
    {"id": "other/c", "object": "model"},
]


class Catalogue:
    """An upstream with a list of models that a test may take away."""

    def __init__(self) -> None:
        self.calls = CallLog()
        self.up = True
        self.listed: list[dict[str, object]] = LISTED
        self.server = RecordingServer(0, self.calls)
        self.server.expect_request("/v1/models").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        if not self.up:
            return Response("down", 503)
        return Response(
            json.dumps({"object": "list", "data": self.listed if request.args["page"] == "1" else []}),
            mimetype="application/json",
        )


@pytest.fixture
def catalogue(upstream_ports: set[int]) -> Iterator[Catalogue]:
    listing = Catalogue()
    with listing.server:
        upstream_ports.add(listing.server.port)
        yield listing


def test_the_list_is_in_openais_shape_each_model_once(
    start_worker: StartWorker, client: httpx.Client, catalogue: Catalogue
) -> None:
    worker = start_worker(IONET_BASE_URL=catalogue.server.url_for("/v1"))
    response = client.get(f"{worker.url}/v1/models", headers={"origin": "https://app.example"})
    assert response.json() == {"object": "list", "data": KEPT}
    assert response.headers["access-control-allow-origin"] == "*"
    assert catalogue.calls[0].header("authorization") == f"Bearer {KEY}"

    assert client.get(f"{worker.url}/v1/models/org/b").json() == KEPT[1]
    assert client.get(f"{worker.url}/v1/models/org%2Fb").json() == KEPT[1]
    missing = client.get(f"{worker.url}/v1/models/org/nope")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")
    assert len(catalogue.calls) == 1  # the cache answered the rest

    catalogue.up = False
    assert client.get(f"{worker.url}/v1/models").json()["data"] == KEPT


def test_an_old_list_is_given_and_refreshed_behind_the_answer(
    start_worker: StartWorker, client: httpx.Client, catalogue: Catalogue
) -> None:
    worker = start_worker(IONET_BASE_URL=catalogue.server.url_for("/v1"), MODELS_FRESH_SECONDS="0")
    assert client.get(f"{worker.url}/v1/models").json()["data"] == KEPT
    catalogue.listed = [{"id": "org/new"}]
    assert client.get(f"{worker.url}/v1/models").json()["data"] == KEPT
    catalogue.calls.wait_for(lambda calls: len(calls) >= 2)

    def refreshed() -> bool:
        return [model["id"] for model in client.get(f"{worker.url}/v1/models").json()["data"]] == ["org/new"]

    deadline = time.monotonic() + 20
    while not refreshed():
        assert time.monotonic() < deadline, "the old list was never replaced"

    catalogue.up = False
    assert refreshed()
    assert refreshed()


def test_without_a_list_it_says_so(start_worker: StartWorker, client: httpx.Client, catalogue: Catalogue) -> None:
    catalogue.up = False
    worker = start_worker(IONET_BASE_URL=catalogue.server.url_for("/v1"))
    response = client.get(f"{worker.url}/v1/models")
    assert (response.status_code, response.json()["error"]["code"]) == (502, "models_unavailable")
    catalogue.up = True
    deadline = time.monotonic() + 20
    while client.get(f"{worker.url}/v1/models").status_code != 200:
        assert time.monotonic() < deadline, "the list was never asked for again"


def test_only_what_the_caller_may_use(start_worker: StartWorker, client: httpx.Client, catalogue: Catalogue) -> None:
    worker = start_worker(
        IONET_BASE_URL=catalogue.server.url_for("/v1"),
        ALLOW_ANONYMOUS=None,
        ALLOWED_MODELS="org/*",
        DEFAULT_MODEL="org/a",
        ACCESS_TOKENS=f"all:{digest('models-all')} some:{digest('models-some')}::*/b",
    )

    def ids(token: str) -> list[str]:
        data = client.get(f"{worker.url}/v1/models", headers={"authorization": f"Bearer {token}"}).json()["data"]
        return [model["id"] for model in data]

    assert ids("models-all") == ["org/a", "org/b"]
    assert ids("models-some") == ["org/b"]
    assert client.get(f"{worker.url}/v1/models").status_code == 401
    assert client.get(f"{worker.url}/v1/models/other/c", headers={"authorization": "Bearer models-all"}).status_code == 404


def test_config_for_everybody(worker: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
    assert client.get(f"{worker.url}/api/config").json() == {
        "version": "0.1.0",
        "default_model": "meta-llama/Llama-3.3-70B-Instruct",
        "token_required": False,
        "history": True,
        "titles": False,
        "usage": False,
        "budget": False,
        "moderate_answers": "off",
        "limits": {
            "max_body_bytes": 1_000_000,
            "max_completion_tokens": None,
            "max_messages": None,
            "max_message_chars": None,
            "daily_token_budget": None,
        },
    }
    assert not upstream.calls


def test_config_where_a_token_is_needed(start_worker: StartWorker, client: httpx.Client) -> None:
    worker = start_worker(
        ALLOW_ANONYMOUS=None,
        ACCESS_TOKENS=f"all:{digest('config')}",
        MAX_COMPLETION_TOKENS="100",
        MAX_MESSAGES="7",
        TITLES="on",
        USAGE="on",
    )
    told = client.get(f"{worker.url}/api/config").json()
    assert told["token_required"] is True
    assert told["titles"] is True
    assert told["usage"] is True
    assert told["limits"] == {
        "max_body_bytes": 1_000_000,
        "max_completion_tokens": 100,
        "max_messages": 7,
        "max_message_chars": None,
        "daily_token_budget": None,
    }
