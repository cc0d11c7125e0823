"""Many who need the same from elsewhere at once, with or without a token, make one call; what is broken is not called at once again."""

import asyncio
import base64
import json
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from werkzeug import Request, Response

from tests.conftest import StartWorker, Worker
from tools.upstream.calls import Call, CallLog
from tools.upstream.connection import connection, wait
from tools.upstream.recording import RecordingServer

RETRY_SECONDS = 5  # as in gateway/base/shared.py
SLOW_SECONDS = 0.5
MANY = 200
PATIENCE_SECONDS = 30


@dataclass
class Elsewhere:
    """io.net's list and Cloudflare Access's keys, given slowly, or not at all."""

    calls: CallLog = field(default_factory=CallLog)
    up: bool = True

    def __post_init__(self) -> None:
        self.server = RecordingServer(0, self.calls)
        self.server.expect_request("/v1/models").respond_with_handler(
            lambda request: self._answer(request, '{"data":[{"id":"a/b"}]}')
        )
        self.server.expect_request("/cdn-cgi/access/certs").respond_with_handler(
            lambda request: self._answer(request, '{"keys":[]}')
        )

    def _answer(self, request: Request, text: str) -> Response:
        wait(connection(request), SLOW_SECONDS)
        return Response(text, mimetype="application/json") if self.up else Response("down", 503)

    @property
    def url(self) -> str:
        return self.server.url_for("").rstrip("/")


@pytest.fixture
def elsewhere(upstream_ports: set[int]) -> Iterator[Elsewhere]:
    place = Elsewhere()
    with place.server:
        upstream_ports.add(place.server.port)
        yield place


@pytest.fixture
def listing(start_worker: StartWorker, elsewhere: Elsewhere) -> Worker:
    """A Worker that has no list yet."""
    return start_worker(IONET_BASE_URL=f"{elsewhere.url}/v1")


@pytest.fixture
def behind_access(start_worker: StartWorker, elsewhere: Elsewhere) -> Worker:
    """A Worker that has no keys yet."""
    return start_worker(ALLOW_ANONYMOUS=None, ACCESS_TEAM_DOMAIN=elsewhere.url, ACCESS_AUDIENCE="tag")


def invented(number: int) -> dict[str, str]:
    """An assertion that anybody can write, of a key that nobody has."""
    head, claims = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "RS256", "kid": f"key-{number}"}, {})
    )
    return {"cf-access-jwt-assertion": f"{head}.{claims}.AAAA"}


async def ask_at_once(worker: Worker, headers: list[dict[str, str]]) -> set[int]:
    """Ask for the list once with each of `headers`, all at the same time; gives the statuses."""
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as http:
        answers = await asyncio.gather(*(http.get(f"{worker.url}/v1/models", headers=each) for each in headers))
    return {answer.status_code for answer in answers}


def paths(calls: list[Call] | CallLog) -> list[str]:
    return [call.path.partition("?")[0] for call in calls]


class TestTheList:
    async def test_is_fetched_once_for_all_who_wait(self, listing: Worker, elsewhere: Elsewhere) -> None:
        assert await ask_at_once(listing, [{}] * MANY) == {200}
        assert paths(elsewhere.calls) == ["/v1/models"]

    async def test_is_not_asked_for_again_at_once_when_it_failed(
        self, listing: Worker, elsewhere: Elsewhere, client: httpx.Client
    ) -> None:
        elsewhere.up = False
        assert await ask_at_once(listing, [{}] * MANY) == {502}
        failed_at = time.monotonic()
        assert {client.get(f"{listing.url}/v1/models").status_code for _ in range(10)} == {502}
        assert len(elsewhere.calls) <= 1 + (time.monotonic() - failed_at) // RETRY_SECONDS
        elsewhere.up = True
        while client.get(f"{listing.url}/v1/models").status_code != 200:
            assert time.monotonic() < failed_at + PATIENCE_SECONDS, "it was never asked for again"

    async def test_that_is_old_is_refreshed_once_behind_many_answers(
        self, start_worker: StartWorker, elsewhere: Elsewhere, client: httpx.Client
    ) -> None:
        worker = start_worker(IONET_BASE_URL=f"{elsewhere.url}/v1", MODELS_FRESH_SECONDS="0")
        assert client.get(f"{worker.url}/v1/models").status_code == 200
        started = time.monotonic()
        assert await ask_at_once(worker, [{}] * MANY) == {200}
        assert len(elsewhere.calls) <= 2 + (time.monotonic() - started) // SLOW_SECONDS

    def test_comes_although_the_one_who_asked_first_has_left(
        self, listing: Worker, elsewhere: Elsewhere, client: httpx.Client
    ) -> None:
        with socket.create_connection(("127.0.0.1", listing.runtime_port())) as sock:
            sock.sendall(b"GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            elsewhere.calls.wait_for(lambda calls: len(calls) == 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert client.get(f"{listing.url}/v1/models").status_code == 200
        assert len(elsewhere.calls) <= 2


class TestTheKeysOfCloudflareAccess:
    async def test_are_fetched_once_for_all_who_bring_an_invented_one(self, behind_access: Worker, elsewhere: Elsewhere) -> None:
        assert await ask_at_once(behind_access, [invented(number) for number in range(MANY)]) == {401}
        assert paths(elsewhere.calls) == ["/cdn-cgi/access/certs"]

    async def test_are_not_asked_for_again_at_once_when_that_failed(
        self, behind_access: Worker, elsewhere: Elsewhere, client: httpx.Client
    ) -> None:
        elsewhere.up = False
        started = time.monotonic()
        assert await ask_at_once(behind_access, [invented(number) for number in range(MANY)]) == {502}
        for number in range(10):
            assert client.get(f"{behind_access.url}/v1/models", headers=invented(number)).status_code == 502
        assert len(elsewhere.calls) <= 1 + (time.monotonic() - started) // RETRY_SECONDS
