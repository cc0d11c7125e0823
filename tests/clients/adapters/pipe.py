"""The end of a pipe at which a client does what it is told: one task a line on stdin, one outcome a line on stdout.

It stays until stdin ends, so that a connection which closes meanwhile was closed by the client, not by the end of its process.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

TOOL_RESULT = "17 degrees and clear in "


@dataclass(frozen=True)
class Task:
    """What to ask, and whom. `base_url` ends with `/v1`."""

    base_url: str
    api_key: str
    model: str
    prompt: str


Way = Callable[[Task], Any]


def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return TOOL_RESULT + city


def answer(text: str, prompt_tokens: int | None, completion_tokens: int | None) -> dict[str, Any]:
    """An answer that came whole, or was read to its end."""
    return {"text": text, "usage": [prompt_tokens, completion_tokens]}


def asynchronous(ways: Mapping[str, Callable[[Task], Coroutine[Any, Any, Any]]], runner: asyncio.Runner) -> dict[str, Way]:
    """The same ways, each of which is waited for."""

    def waiting(way: Callable[[Task], Coroutine[Any, Any, Any]]) -> Way:
        return lambda task: runner.run(way(task))

    return {name: waiting(way) for name, way in ways.items()}


def serve(ways: Mapping[str, Way], errors: tuple[type[Exception], ...]) -> None:
    """Do what the lines of stdin say until it ends. `errors` are the client's own exceptions: any other ends this process."""
    for line in sys.stdin:
        task = json.loads(line)
        try:
            outcome = {"value": ways[task.pop("way")](Task(**task))}
        except errors as error:
            told = error if hasattr(error, "status_code") else error.__cause__  # instructor's has the status in its cause
            outcome = {"error": {"kind": type(error).__name__, "status": getattr(told, "status_code", None), "text": str(error)}}
        print(json.dumps(outcome), flush=True)
