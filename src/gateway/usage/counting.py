"""Who used how much of what: one statement an answer, in D1."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gateway.door.call import Call
from gateway.runtime import d1
from gateway.usage.ending import Usage

if TYPE_CHECKING:
    from js import Env

_COUNT = """
INSERT INTO usage (day, identity, model, outcome, requests, prompt_tokens, cached_tokens, completion_tokens,
  estimated_prompt_tokens, estimated_completion_tokens, cost_microusd, unpriced)
VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (day, identity, model, outcome) DO UPDATE SET
  requests = requests + 1,
  prompt_tokens = prompt_tokens + excluded.prompt_tokens,
  cached_tokens = cached_tokens + excluded.cached_tokens,
  completion_tokens = completion_tokens + excluded.completion_tokens,
  estimated_prompt_tokens = estimated_prompt_tokens + excluded.estimated_prompt_tokens,
  estimated_completion_tokens = estimated_completion_tokens + excluded.estimated_completion_tokens,
  cost_microusd = cost_microusd + excluded.cost_microusd,
  unpriced = unpriced + excluded.unpriced
"""
_FORGET = "DELETE FROM usage WHERE day < ?1"

NOTHING = Usage(0, 0)


async def count(call: Call, identity: str, model: str, outcome: str, usage: Usage = NOTHING, cost: float | None = 0) -> None:
    """Count one request on today's day (UTC). One that cannot be counted is logged, and that is all.

    Parameters: `outcome`, how it ended: `done`, `left`, `broke_off`, `unsafe`, the code of an error of this edge, or `http_` and the status
    of one of io.net's; `cost` in millionths of a USD, None where there is no price.
    """
    told = (
        (0, 0, 0, usage.prompt, usage.completion) if usage.is_estimated else (usage.prompt, usage.cached, usage.completion, 0, 0)
    )
    try:
        values = (datetime.now(UTC).date().isoformat(), identity, model, outcome, *told, cost or 0, int(cost is None))
        await d1.run(call.env, (_COUNT, values))
    except Exception as error:  # the answer is what it is
        lost = {"level": "error", "event": "usage_not_counted", "request_id": call.log["request_id"]}
        print(json.dumps(lost | {"error": type(error).__name__}))


async def forget(env: "Env", days: int) -> None:
    """Delete what was counted more than `days` days ago."""
    first_kept = datetime.now(UTC).date() - timedelta(days=days)
    await d1.run(env, (_FORGET, (first_kept.isoformat(),)))
