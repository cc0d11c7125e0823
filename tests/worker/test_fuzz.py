"""No body makes the real Worker fail."""

import json

import httpx
from hypothesis import HealthCheck, given, settings

from tests.bodies import bodies
from tests.conftest import Worker
from tools.upstream.server import DemoUpstream


def test_any_body(worker: Worker, upstream: DemoUpstream) -> None:
    with httpx.Client(timeout=30) as client:

        @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(variants=bodies())
        def ask(variants: list[bytes]) -> None:
            for raw in variants:
                with client.stream("POST", worker.chat, content=raw) as response:
                    # The edge's word is a client error; the upstream's may be anything, and is passed on.
                    assert response.headers["x-answered-by"] == "upstream" or 400 <= response.status_code < 500

        ask()
    for call in upstream.calls:
        assert json.loads(call.body)["stream"] is True
    assert '"level": "error"' not in worker.log.read_text()
