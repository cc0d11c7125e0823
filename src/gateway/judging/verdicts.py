"""The table of verdicts: what was found of each answer, for the identity that asked for it."""

import json
import time
from typing import TYPE_CHECKING, Any

from gateway.door.call import Call
from gateway.runtime import d1
from gateway.upstream.verdict import Verdict

if TYPE_CHECKING:
    from js import Env

KEEP_SECONDS = 30 * 86_400

# A request's id may be its client's own. Of two answers with one the later counts, but none that is hidden is shown for that.
_KEEP = """
INSERT INTO verdicts (identity, request_id, verdict, categories, hidden, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (identity, request_id) DO UPDATE SET
  verdict = excluded.verdict, categories = excluded.categories, hidden = excluded.hidden, created = excluded.created
  WHERE excluded.hidden >= hidden
"""
_FIND = "SELECT verdict, categories, hidden FROM verdicts WHERE identity = ?1 AND request_id = ?2"
_FORGET = "DELETE FROM verdicts WHERE created < ?1"


async def keep(call: Call, identity: str, verdict: Verdict, *, is_hidden: bool) -> None:
    """Keep the verdict on this request's answer. One that cannot be kept is logged, and that is all."""
    request_id = call.log["request_id"]
    values = (identity, request_id, verdict.word, json.dumps(verdict.categories), int(is_hidden), int(time.time()))
    try:
        await d1.run(call.env, (_KEEP, values))
    except Exception as error:  # the answer is what it is
        lost = {"level": "error", "event": "verdict_not_kept", "request_id": request_id}
        print(json.dumps(lost | {"error": type(error).__name__}))


async def find(call: Call, identity: str, request_id: str) -> dict[str, Any] | None:
    """The row of an answer of this identity's, if there is one; raises `ApiError` 503 where the database does not answer."""
    (rows,) = await d1.batch(
        call.env,
        (_FIND, (identity, request_id)),
        setting="MODERATE_ANSWERS",
        code="verdicts_unavailable",
        unavailable="Verdicts cannot be read",
    )
    return rows[0] if rows else None


async def forget(env: "Env") -> None:
    """Delete what was kept for long enough."""
    await d1.run(env, (_FORGET, (int(time.time()) - KEEP_SECONDS,)))
