"""`GET /api/usage`: who used how much of what. `GET /api/budget`: what one has left."""

import json
from datetime import UTC, datetime

from js import Response

from gateway.access.identify import identify
from gateway.access.identity import Identity
from gateway.base.errors import invalid
from gateway.door.answers import own
from gateway.door.call import Call
from gateway.limits import budget
from gateway.limits.rate import limit_history
from gateway.runtime import d1
from gateway.usage import report


async def usage(call: Call) -> Response:
    """Answer an owner with rows of the table of usage, and anybody else with their own, as JSON, or as CSV where `Accept` names `text/csv`.

    Raises `ApiError`: 404 `usage_off`, 400 for what is asked, 401 and 429 as elsewhere, 503 where the database does not answer.
    """
    if not call.settings.usage:
        raise invalid("This edge does not count what answers take (USAGE).", code="usage_off", status=404)
    identity = await identified(call)
    wanted = report.wanted(call.request.url, datetime.now(UTC).date(), None if identity.is_owner else identity.name)
    rows = await _rows(call, wanted)
    if len(rows) > report.MAX_ROWS:
        raise invalid(
            f"These are more than {report.MAX_ROWS} rows. Ask for fewer days, or by less.", param="by", code="too_many_rows"
        )
    headers = {**call.headers, "vary": f"{call.headers['vary']}, Accept" if "vary" in call.headers else "Accept"}
    if "text/csv" in (call.header("accept") or "").lower():
        return own(report.as_csv(wanted, rows), 200, {**headers, "content-type": "text/csv; charset=utf-8"})
    return own(report.as_json(wanted, rows), 200, headers)


async def left(call: Call) -> Response:
    """Answer with the budgets that hold for the caller, and how much of each is left. Those that all share, only an owner is told.

    Raises `ApiError` 401, 429 and 503.
    """
    identity = await identified(call)
    now = datetime.now(UTC)
    data = [left.told(now) for left in await budget.left(call, identity)]
    return own(json.dumps({"object": "list", "data": data}), 200, call.headers)


async def identified(call: Call) -> Identity:
    """Who asks, counted for how often; raises `ApiError` 401 and 429."""
    identity = await identify(call)
    call.log["identity"] = identity.name
    await limit_history(call, identity)
    return identity


async def _rows(call: Call, wanted: report.Wanted) -> d1.Rows:
    sql, bound = wanted.statement()
    (rows,) = await d1.batch(
        call.env, (sql, bound), setting="USAGE", code="usage_unavailable", unavailable="Usage cannot be read"
    )
    return rows
