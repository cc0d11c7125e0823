"""The database of history: batches of statements, each one transaction and one round trip."""

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from js import JSON
from pyodide.ffi import JsException, to_js

from gateway.base.errors import SERVER, ApiError
from gateway.base.settings import not_configured
from gateway.runtime.promises import js_call

if TYPE_CHECKING:
    from js import Env

RETRY_SECONDS = 5

REASON_CHARS = 200

_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")

Statement = tuple[str, Sequence[object]]
"""SQL and what is bound to it: texts, and whole numbers of at most 10^15, for of 2^53 - 1 Pyodide makes a BigInt, which D1 refuses."""

Rows = list[dict[str, Any]]


async def batch(env: "Env", *statements: Statement) -> list[Rows]:
    """Run statements as one transaction, and give the rows of each.

    Raises `ApiError` 503: `not_configured` where the tables are missing, `history_unavailable` where the database does not answer.
    """
    database = env.DB
    try:
        bound = [database.prepare(sql).bind(*values) for sql, values in statements]
        answers = await js_call(database.batch, to_js(bound), this=database)
    except JsException as error:
        raise _failed(str(error)) from None
    # As one text: to hand over each row and each value by itself takes longer, and a null would come as one of JavaScript's.
    return [json.loads(JSON.stringify(answer.results)) for answer in answers]


def _failed(reason: str) -> ApiError:
    if "no such table" in reason:
        return not_configured({"HISTORY": "expected its tables (npx wrangler d1 migrations apply DB --remote), or off"})
    told = _QUOTED.sub("…", reason)[:REASON_CHARS]  # what stands in quotes may be somebody's words
    print(json.dumps({"level": "error", "event": "history_unavailable", "reason": told}))
    message = "The history cannot be reached: the database does not answer. Try again."
    return ApiError(503, message, code="history_unavailable", type=SERVER, headers={"retry-after": str(RETRY_SECONDS)})
