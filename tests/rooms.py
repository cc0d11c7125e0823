"""Rooms, messages and personas as a client puts them."""

import uuid
from typing import Any

import httpx

NOW = 1_790_000_000_000


def new_id() -> str:
    return uuid.uuid4().hex


def room(id: str | None = None, **members: Any) -> dict[str, Any]:
    return {"id": id or new_id(), "title": "Tea", "created": NOW, "updated": NOW, "version": 1} | members


def message(room: str, id: str | None = None, **members: Any) -> dict[str, Any]:
    usual = {"id": id or new_id(), "room": room, "role": "user", "content": "Green or black?", "created": NOW, "version": 1}
    return usual | members


def persona(id: str | None = None, **members: Any) -> dict[str, Any]:
    usual = {"id": id or new_id(), "name": "Critic", "prompt": "You judge tea.", "created": NOW, "updated": NOW, "version": 1}
    return usual | members


def put(client: httpx.Client, thing: dict[str, Any]) -> dict[str, Any]:
    """Put a room or a message, and give what is stored then."""
    path = f"/api/rooms/{thing['room']}/messages/{thing['id']}" if "room" in thing else f"/api/rooms/{thing['id']}"
    response = client.put(path, json=thing)
    assert response.status_code == 200, response.text
    stored: dict[str, Any] = response.json()
    return stored
