"""One statement for D1, and what is told where it fails."""

from typing import TYPE_CHECKING, Any, Literal

from pyodide.ffi import JsException

from gateway.base.errors import SERVER, ApiError
from gateway.base.settings import not_configured
from gateway.runtime.promises import js_call

if TYPE_CHECKING:
    from js import Env


async def ask(
    env: "Env", how: Literal["all", "first"], sql: str, *values: object, setting: str, code: str, unavailable: str
) -> Any:
    """What `how` of a statement, a method of D1's, gives: all rows, or the first one.

    Parameters: `values`, bound to it; `setting`, the one that wants the database; `code` and `unavailable`, a word and a sentence on what
    cannot be had where the database does not answer.
    Raises `ApiError` 503: `not_configured`, which names `setting`, without the binding or the table, and else `code`.
    """
    try:
        statement = env.DB.prepare(sql).bind(*values)
        return await js_call(getattr(statement, how), this=statement)
    except AttributeError:
        raise not_configured({setting: "expected the D1 binding DB in wrangler.toml"}) from None
    except JsException as error:
        if "no such table" in str(error):
            raise not_configured({setting: "expected its table (npx wrangler d1 migrations apply DB --remote)"}) from None
        message = f"{unavailable}: the database does not answer. Try again."
        raise ApiError(503, message, code=code, type=SERVER) from None
