"""How often one address and one identity may ask, counted by the platform's own binding."""

import itertools

import httpx
import pytest

from tests.conftest import Worker
from tests.tokens import BUSY, OLD, OTHER, bearing
from tools.upstream.server import DemoUpstream

LIMIT = 60  # as in wrangler.toml
SENT_AT_MOST = 2 * LIMIT + 1  # a minute may begin in between


def ask(client: httpx.Client, worker: Worker, address: str | None = None, token: str | None = None) -> httpx.Response:
    """A request that is counted, but is not made: its body is empty."""
    headers = ({"cf-connecting-ip": address} if address else {}) | (bearing(token) if token else {})
    return client.post(worker.chat, headers=headers)


def assert_stops(
    client: httpx.Client, worker: Worker, upstream: DemoUpstream, addresses: list[str | None], token: str | None
) -> None:
    """Ask from each address in turn until it is too often, and look at the answer."""
    served = 0
    for address in itertools.islice(itertools.cycle(addresses), SENT_AT_MOST):
        response = ask(client, worker, address, token)
        if response.status_code == 429:
            break
        served += 1
    assert LIMIT <= served < SENT_AT_MOST
    error = response.json()["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert "Wait up to 60 seconds" in error["message"]
    assert response.headers["retry-after"] == "60"
    assert worker.log_line(response)["status"] == 429
    assert not upstream.calls


def status(response: httpx.Response) -> int:
    return response.status_code


class TestByAddress:
    @pytest.mark.parametrize(
        ("addresses", "neighbour"),
        [
            (["203.0.113.7"], "203.0.113.8"),
            (["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:DB8:1:2:0:0:0:3"], "2001:db8:1:3::1"),
        ],
        ids=["IPv4", "IPv6"],
    )
    def test_whoever_asks_from_it(
        self, closed: Worker, client: httpx.Client, upstream: DemoUpstream, addresses: list[str | None], neighbour: str
    ) -> None:
        assert_stops(client, closed, upstream, addresses, None)
        assert status(ask(client, closed, neighbour)) == 401
        assert status(ask(client, closed)) == 401

    def test_guessing_tokens_is_counted(self, closed: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        assert_stops(client, closed, upstream, ["198.51.100.1"], OLD)

    def test_this_machine_is_not_counted(self, closed: Worker, client: httpx.Client) -> None:
        assert {status(ask(client, closed, address)) for address in ["127.0.0.1"] * SENT_AT_MOST} == {401}


class TestByIdentity:
    def test_from_wherever_it_asks(self, closed: Worker, client: httpx.Client, upstream: DemoUpstream) -> None:
        addresses = [f"192.0.2.{number}" for number in range(200)]
        assert_stops(client, closed, upstream, list(addresses), BUSY)
        assert status(ask(client, closed, addresses[0], OTHER)) == 400


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/org/a"])
def test_asking_for_models_is_counted_for_its_address(
    closed: Worker, client: httpx.Client, upstream: DemoUpstream, path: str
) -> None:
    address = {"cf-connecting-ip": f"198.51.100.{len(path)}"}
    statuses = [client.get(f"{closed.url}{path}", headers=address).status_code for _ in range(SENT_AT_MOST)]
    assert statuses[:LIMIT] == [401] * LIMIT
    assert 429 in statuses
    assert not upstream.calls
