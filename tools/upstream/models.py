"""The models of the demo upstream, in rows like those of io.net's `GET /models`."""

from collections.abc import Iterable

from tools.upstream.frames import Json

DEFAULT = "meta-llama/Llama-3.3-70B-Instruct"
FRIENDLY = "demo/friendly"
REASONING = "demo/reasoning"
TOOLS = "demo/tools"
HIGHER_TIER = "demo/higher-tier"
FAULT = "demo/fault-"


def _row(name: str, **fields: object) -> Json:
    return {"id": name, "object": "model", "created": 1790000000, "owned_by": "io-intelligence", **fields}


# Uneven on purpose: only the id of a row can be relied on, and ids repeat. Prices are USD for one token.
ROWS: tuple[Json, ...] = (
    _row(
        DEFAULT,
        context_window=131072,
        max_model_len=131072,
        supports_tools=True,
        supports_reasoning=False,
        supports_images_input=False,
        input_token_price=0.0000001,
        output_token_price=0.0000003,
    ),
    _row(FRIENDLY, context_window=8192),
    _row(REASONING, context_window=65536, supports_reasoning=True, input_token_price=0.0000004, output_token_price=0.00000175),
    _row(TOOLS, context_window=32768, supports_tools=True, supports_reasoning=False),
    {"id": FRIENDLY},
    _row(HIGHER_TIER, context_window=262144, higher_tier_required=True, input_token_price=0.000003, output_token_price=0.000015),
)


def rows(faults: Iterable[str]) -> list[Json]:
    """All rows, with one for each name in `faults`."""
    return [*ROWS, *({"id": FAULT + name} for name in faults)]


def row(model: str) -> Json:
    """The first row of `model`, or an empty one."""
    return next((known for known in ROWS if known["id"] == model), {})
