"""A Worker as an owner deploys it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import StartWorker, Worker
from tests.tokens import ALICE, ENTRIES, OTHER, bearing

ORIGINS = "https://app.example, https://*.team.example, http://localhost:5173"


@pytest.fixture(scope="module")
def closed(start_worker: StartWorker) -> Worker:
    """A Worker for those with a token, and for pages of a few origins."""
    return start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES, ALLOWED_ORIGINS=ORIGINS)


@pytest.fixture(scope="module")
def local(start_worker: StartWorker) -> Worker:
    """A Worker as `make dev` sets it up in front of io.net."""
    return start_worker(ALLOWED_HOSTS="loopback", ALLOWED_ORIGINS="loopback")


@pytest.fixture(scope="module")
def kept(start_worker: StartWorker) -> Worker:
    """An edge with two people and their history."""
    return start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES)


@pytest.fixture
def alice(kept: Worker) -> Iterator[httpx.Client]:
    """Alice, whose history is empty."""
    with httpx.Client(base_url=kept.url, headers=bearing(ALICE), timeout=30) as client:
        client.delete("/api/history")
        yield client


@pytest.fixture
def other(kept: Worker) -> Iterator[httpx.Client]:
    """Somebody else, with an empty history."""
    with httpx.Client(base_url=kept.url, headers=bearing(OTHER), timeout=30) as client:
        client.delete("/api/history")
        yield client
