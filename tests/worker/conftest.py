"""A Worker as an owner deploys it."""

import pytest

from tests.conftest import StartWorker, Worker
from tests.tokens import ENTRIES

ORIGINS = "https://app.example, https://*.team.example, http://localhost:5173"


@pytest.fixture(scope="module")
def closed(start_worker: StartWorker) -> Worker:
    """A Worker for those with a token, and for pages of a few origins."""
    return start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES, ALLOWED_ORIGINS=ORIGINS)


@pytest.fixture(scope="module")
def local(start_worker: StartWorker) -> Worker:
    """A Worker as `make dev` sets it up in front of io.net."""
    return start_worker(ALLOWED_HOSTS="loopback", ALLOWED_ORIGINS="loopback")
