"""An answer that is far too large is let go of, whatever it was asked for: the edge reads no further than it must."""

import itertools
from collections.abc import Iterator

import httpx
import pytest
from werkzeug import Response

from tests.conftest import StartWorker, question
from tests.streams import closed_by_client
from tests.worker.test_cloudflare_access import AUDIENCE, KEY
from tools.upstream.calls import CallLog
from tools.upstream.recording import RecordingServer

CHUNK = b" " * 65_536
CHUNKS = 320  # 21 MB, more than the sockets in between hold


class Flood:
    """An upstream whose every answer is 21 MB of white space, and then what would be right."""

    def __init__(self) -> None:
        self.calls = CallLog()
        self.server = RecordingServer(0, self.calls)
        self.server.expect_request("/v1/models").respond_with_handler(lambda _: self._answer(b'{"data":[{"id":"a/b"}]}'))
        self.server.expect_request("/cdn-cgi/access/certs").respond_with_handler(lambda _: self._answer(b'{"keys":[]}'))
        self.server.expect_request("/v1/chat/completions").respond_with_handler(
            lambda _: self._answer(b'{"choices":[{"message":{"content":"safe"}}]}')
        )

    def _answer(self, end: bytes) -> Response:
        return Response(itertools.chain(itertools.repeat(CHUNK, CHUNKS), [end]), mimetype="application/json")

    @property
    def url(self) -> str:
        return self.server.url_for("").rstrip("/")


@pytest.fixture
def flood(upstream_ports: set[int]) -> Iterator[Flood]:
    upstream = Flood()
    with upstream.server:
        upstream_ports.add(upstream.server.port)
        yield upstream


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_verdict(start_worker: StartWorker, client: httpx.Client, flood: Flood) -> None:
    worker = start_worker(IONET_BASE_URL=f"{flood.url}/v1", MODERATION_MODEL="guard")
    assert code(client.post(worker.chat, json=question())) == (503, "moderation_unavailable")
    flood.calls.wait_for(closed_by_client(1))


def test_a_list_of_models(start_worker: StartWorker, client: httpx.Client, flood: Flood) -> None:
    worker = start_worker(IONET_BASE_URL=f"{flood.url}/v1")
    assert code(client.get(f"{worker.url}/v1/models")) == (502, "models_unavailable")
    flood.calls.wait_for(closed_by_client(1))


def test_the_keys_of_cloudflare_access(start_worker: StartWorker, client: httpx.Client, flood: Flood) -> None:
    worker = start_worker(ACCESS_TEAM_DOMAIN=flood.url, ACCESS_AUDIENCE=AUDIENCE)
    response = client.get(f"{worker.url}/v1/models", headers={"cf-access-jwt-assertion": KEY.sign({})})
    assert code(response) == (502, "access_keys_unavailable")
    flood.calls.wait_for(closed_by_client(1))
