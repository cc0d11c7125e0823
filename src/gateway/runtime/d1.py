"""Statements for D1: batches, each one transaction and one round trip, and what is told where one fails."""

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


async def batch(env: "Env", *statements: Statement, setting: str, code: str, unavailable: str) -> list[Rows]:
    """Run statements as one transaction, and give the rows of each.

    Parameters: `setting`, the one that wants the database; `code` and `unavailable`, a word and a sentence on what cannot be had where
    the database does not answer.
    Raises `ApiError` 503: `not_configured`, which names `setting`, without the binding or the table, and else `code`.
    """
    try:
        return await run(env, *statements)
    except AttributeError:
        raise not_configured({setting: "expected the D1 binding DB in wrangler.toml"}) from None
    except JsException as error:
        reason = str(error)
        if "no such table" in reason or "no such column" in reason:
            raise not_configured({setting: "expected its tables (npx wrangler d1 migrations apply DB --remote)"}) from None
        told = _QUOTED.sub("…", reason)[:REASON_CHARS]  # what stands in quotes may be somebody's words
        print(json.dumps({"level": "error", "event": code, "reason": told}))
        message = f"{unavailable}: the database does not answer. Try again."
        raise ApiError(503, message, code=code, type=SERVER, headers={"retry-after": str(RETRY_SECONDS)}) from None


async def run(env: "Env", *statements: Statement) -> list[Rows]:
    """As `batch` does, raising what the runtime raises: for work behind an answer."""
    database = env.DB
    bound = [database.prepare(sql).bind(*values) for sql, values in statements]
    answers = await js_call(database.batch, to_js(bound), this=database)
    # As one text: to hand over each row and each value by itself takes longer, and a null would come as one of JavaScript's.
    return [json.loads(JSON.stringify(answer.results)) for answer in answers]
