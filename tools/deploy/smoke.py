"""A look at the deployed edge from outside."""

import time
from contextlib import suppress
from typing import Any

import httpx

from tools.deploy.problem import CannotDeploy

READY_SECONDS = 120
"""How long a new address may take: its name and its certificate are made at the first deployment."""

PAUSE_SECONDS = 1
QUESTION = {"messages": [{"role": "user", "content": "Say hello."}], "max_completion_tokens": 32, "stream": True}
CHAT = "/v1/chat/completions"
ACCESS = ".cloudflareaccess.com"


def look(address: str, token: str, *, may_be_open: bool) -> list[str]:
    """Ask the edge for its health, for a chat without a token, and for one with it.

    Parameters: `address`, without a final slash; `token`, an access token, or empty; `may_be_open`, whether the owner lets everybody in.
    Returns what was found good, a sentence each. Raises `CannotDeploy` with what was not.
    """
    with httpx.Client(base_url=address, timeout=90) as client:
        health = _first_answer(client)
        if health.has_redirect_location and (httpx.URL(health.headers["location"]).host or "").endswith(ACCESS):
            return ["Cloudflare Access stands before it and asks who comes, so nothing more was looked at."]
        if health.status_code != 200:
            raise CannotDeploy(f"it is deployed, but does not serve: {_said(health)}")
        closed = _token_required(client)
        if not closed and not may_be_open:
            raise CannotDeploy("it is deployed, but serves everybody, which its settings do not say")
        found = ["Its settings are right.", "A chat without a token is refused." if closed else "Everybody may use it."]
        if closed:
            _refused(client)
        if token or not closed:
            _answered(client, token)
            return [*found, "A chat is answered, as a stream."]
        return [*found, "No answer was asked for, because SMOKE_TOKEN is not set to an access token."]


def _first_answer(client: httpx.Client) -> httpx.Response:
    """The health, once the edge, or Cloudflare Access before it, answers at its address."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            answer = client.get("/api/health")
            if "x-answered-by" in answer.headers or answer.has_redirect_location:
                return answer
        time.sleep(PAUSE_SECONDS)
    raise CannotDeploy(f"it is deployed, but nothing of it answered at {client.base_url} within {READY_SECONDS} s")


def _token_required(client: httpx.Client) -> bool:
    answer = _ask(client, "GET", "/api/config")
    try:
        return bool(answer.json()["token_required"])
    except (ValueError, KeyError, TypeError):
        raise CannotDeploy("it is deployed, but does not tell at /api/config whether it needs a token") from None


def _refused(client: httpx.Client) -> None:
    answer = _ask(client, "POST", CHAT, json=QUESTION)
    if answer.status_code != 401:
        raise CannotDeploy(f"it is deployed, but a chat without a token got {answer.status_code} in place of 401")


def _answered(client: httpx.Client, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = _ask(client, "POST", CHAT, json=QUESTION, headers=headers)
    if answer.status_code != 200:
        raise CannotDeploy(f"it is deployed, but a chat got {_said(answer)}")
    if not answer.headers.get("content-type", "").startswith("text/event-stream") or "data: [DONE]" not in answer.text:
        raise CannotDeploy("it is deployed, but the answer to a chat is no whole stream")


def _ask(client: httpx.Client, method: str, path: str, **what: Any) -> httpx.Response:
    try:
        return client.request(method, path, **what)
    except httpx.TransportError as problem:
        raise CannotDeploy(f"it is deployed, but {path} broke off ({type(problem).__name__})") from None


def _said(answer: httpx.Response) -> str:
    """The status and what an error says, of which an upstream may say anything: so one line of it, and not a long one."""
    try:
        message = str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        message = answer.reason_phrase
    return f"{answer.status_code} ({' '.join(message.split())[:200]})"
