"""The database of history."""

from typing import TYPE_CHECKING

from gateway.runtime import d1
from gateway.runtime.d1 import Rows, Statement

if TYPE_CHECKING:
    from js import Env


async def batch(env: "Env", *statements: Statement) -> list[Rows]:
    """Run statements as one transaction, and give the rows of each.

    Raises `ApiError` 503: `not_configured` where the tables are missing, `history_unavailable` where the database does not answer.
    """
    return await d1.batch(
        env, *statements, setting="HISTORY", code="history_unavailable", unavailable="The history cannot be reached"
    )
