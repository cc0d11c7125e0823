"""The description of the API is right: it is OpenAPI, and the edge answers as it says, to what it says and to what it does not."""

import json
import re
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from gateway.base.tokens import digest
from gateway.rooms.shapes import KINDS
from tests.conftest import StartWorker, Worker
from tests.tokens import bearing
from tools.pyodide_bundle import ROOT

DOCUMENT: dict[str, Any] = json.loads((ROOT / "public" / "api" / "openapi.json").read_text())
CALLS = [f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods]
TOKENS = {call: f"ionet_canary{number}" for number, call in enumerate(CALLS)}
"""Each call is made by somebody of its own: one alone would soon be told to wait, which tells nothing more."""

# What the edge passes on is its upstream's to judge.
JUDGED_ELSEWHERE = [negative_data_rejection, positive_data_acceptance]

API = schemathesis.openapi.from_dict(DOCUMENT).exclude(path="/api/import")
"""But for what takes minutes to be made up, things within things: test_rooms_sync.py has its cases."""


@pytest.fixture(scope="module")
def kept(start_worker: StartWorker) -> Worker:
    """An edge with a token for each call of its description."""
    entries = " ".join(f"call-{number}:{digest(token)}" for number, token in enumerate(TOKENS.values()))
    return start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=entries, OTHER_CALLS="embeddings, completions")


def test_it_is_openapi() -> None:
    validate(DOCUMENT)


def test_it_knows_the_members_of_each_thing() -> None:
    for kind, members in KINDS.items():
        described = DOCUMENT["components"]["schemas"][f"Stored{kind.capitalize()}"]["properties"]
        assert [*described] == [*members, "seq"]


def test_it_has_every_call_that_there_is() -> None:
    entry = (ROOT / "src" / "entry.py").read_text()
    routes = set(re.findall(r'^    "(/\S*)": ', entry, re.MULTILINE)) - {"/api/openapi.json"}
    assert {path.replace("{id}", "{model}") for path in routes} <= DOCUMENT["paths"].keys()


def test_it_is_served_to_any_page(kept: Worker, client: httpx.Client) -> None:
    answer = client.get(f"{kept.url}/api/openapi.json")
    assert answer.json() == DOCUMENT
    assert answer.headers["access-control-allow-origin"] == "*"


@API.parametrize()
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_edge_answers_as_it_is_described(kept: Worker, case: schemathesis.Case[Any]) -> None:
    # That nobody is served without a proof is tested elsewhere: the header that is given here is not taken away for that check.
    excluded = [ignored_auth, *([] if case.operation.path.startswith("/api/") else JUDGED_ELSEWHERE)]
    case.call_and_validate(base_url=kept.url, headers=bearing(TOKENS[case.operation.label]), excluded_checks=excluded, timeout=60)
