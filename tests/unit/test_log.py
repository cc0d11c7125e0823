"""The log of `make dev`, as a person reads it."""

import json
from datetime import UTC, datetime

import pytest

from tools.log import readable

NOW = datetime(2026, 11, 28, 9, 5, 7, tzinfo=UTC)
ENTRY = {"request_id": "3f2a", "method": "POST", "path": "/chat", "identity": "anonymous", "model": "demo/friendly"}


def shown(*, coloured: bool = False, **fields: object) -> str | None:
    return readable(json.dumps({**ENTRY, **fields}), NOW, coloured=coloured)


def test_a_request_is_one_line() -> None:
    assert shown(status=200, ms=12) == "09:05:07 200 POST /chat demo/friendly 12 ms anonymous 3f2a"


def test_a_refusal_says_why() -> None:
    assert shown(status=429, ms=1, code="budget_exceeded", model=None) == (
        "09:05:07 429 POST /chat budget_exceeded 1 ms anonymous 3f2a"
    )


def test_a_client_that_left_has_no_status() -> None:
    assert shown(code="client_left", ms=70) == "09:05:07 left POST /chat client_left demo/friendly 70 ms anonymous 3f2a"


def test_a_defect_says_where() -> None:
    line = shown(status=500, ms=1, level="error", error="KeyError", at=["entry.py:1 serve", "chat.py:9 complete"])
    assert line
    assert "KeyError chat.py:9 complete" in line


@pytest.mark.parametrize(("status", "colour"), [(200, 32), (304, 36), (404, 33), (502, 31)])
def test_the_status_has_a_colour(status: int, colour: int) -> None:
    assert f"\x1b[{colour}m{status}\x1b[0m POST" in str(shown(status=status, ms=1, coloured=True))


@pytest.mark.parametrize(
    "line", ["⎔ Starting local server...", "{", '{"level": "warning", "event": "models_not_fetched"}', "", "[1]"]
)
def test_any_other_line_stays(line: str) -> None:
    assert readable(line, NOW, coloured=False) == line


def test_the_end_of_an_answer() -> None:
    ended = {
        "event": "answer_ended",
        "request_id": "3f2a",
        "identity": "token:alice",
        "model": "org/a",
        "outcome": "done",
        "ms": 1200,
    }
    told = {
        **ended,
        "finish_reason": "stop",
        "prompt_tokens": 21,
        "completion_tokens": 340,
        "estimated": False,
        "cost_usd": 0.0001,
    }
    guessed = {
        **ended,
        "outcome": "left",
        "finish_reason": None,
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "estimated": True,
        "cost_usd": None,
    }
    assert readable(json.dumps(told), NOW, coloured=False) == (
        "09:05:07 done org/a stop 21 + 340 tokens $0.000100 1200 ms token:alice 3f2a"
    )
    assert readable(json.dumps(guessed), NOW, coloured=False) == (
        "09:05:07 left org/a about 9 + 4 tokens 1200 ms token:alice 3f2a"
    )


def test_wranglers_own_line_for_a_request_goes() -> None:
    assert readable("[wrangler:info] GET / 200 OK (5ms)", NOW, coloured=False) is None
    assert readable("\x1b[90m[wrangler:info]\x1b[0m GET /app/main.js 304 Not Modified (1ms)", NOW, coloured=False) is None
    assert readable("[wrangler:info] Ready on http://127.0.0.1:8787", NOW, coloured=False) is not None


def test_what_the_guard_found_of_it() -> None:
    judged = {
        "event": "answer_judged",
        "request_id": "3f2a",
        "identity": "token:alice",
        "model": "org/a",
        "verdict": "unsafe",
        "categories": ["S1", "S10"],
        "ms": 310,
    }
    assert readable(json.dumps(judged), NOW, coloured=False) == "09:05:07 unsafe S1 S10 org/a 310 ms token:alice 3f2a"
