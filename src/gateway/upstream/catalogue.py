"""io.net's list of models, as this edge gives it on."""

from typing import Any

from gateway.access.identity import Identity
from gateway.base.settings import Settings
from gateway.request.policy import may_use

KEPT = (
    "created",
    "owned_by",
    "context_window",
    "max_model_len",
    "input_token_price",
    "output_token_price",
    "higher_tier_required",
    "supports_tools",
    "supports_reasoning",
    "supports_images_input",
)
"""What a model's row may hold beside its id and `object`, where io.net has it; prices are USD for one token."""


def rows(published: object) -> list[dict[str, Any]]:
    """The models of io.net's answer in OpenAI's shape, each once, in io.net's order. What is no model is left out."""
    data = published.get("data") if isinstance(published, dict) else None
    found: dict[str, dict[str, Any]] = {}
    for row in data if isinstance(data, list) else []:
        if isinstance(row, dict) and isinstance(row.get("id"), str):
            kept = {name: row[name] for name in KEPT if row.get(name) is not None}
            found.setdefault(row["id"], {"id": row["id"], "object": "model", **kept})
    return list(found.values())


def usable(models: list[dict[str, Any]], settings: Settings, identity: Identity) -> list[dict[str, Any]]:
    """Those of `models` that `identity` may ask."""
    return [model for model in models if may_use(model["id"], settings, identity)]
