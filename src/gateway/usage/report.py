"""What is asked of the table of usage, and the answer as JSON or CSV."""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gateway.base.errors import invalid

DIMENSIONS = ("day", "identity", "model", "outcome")
SUMS = (
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "estimated_prompt_tokens",
    "estimated_completion_tokens",
    "unpriced",
)
DAYS = 30
MAX_ROWS = 10_000

_ANSWERED = "('done', 'left', 'broke_off', 'unsafe')"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The days from `first` to `last`, both included, summed up `by` some of DIMENSIONS; of all identities, or of one."""

    first: date
    last: date
    by: tuple[str, ...]
    identity: str | None

    def statement(self) -> tuple[str, list[object]]:
        """SQL and what is bound to it. One row more than MAX_ROWS is asked for, to tell that there are more."""
        by = ", ".join(self.by)  # names of DIMENSIONS, and nothing else
        sums = ", ".join(f"sum({name}) AS {name}" for name in SUMS)
        whose = "" if self.identity is None else "AND identity = ?3 "
        sql = (
            f"SELECT {by}, sum(requests) AS requests, "  # noqa: S608  # put together of constants alone
            f"sum(CASE WHEN outcome IN {_ANSWERED} THEN 0 ELSE requests END) AS refused, {sums}, "
            f"sum(cost_microusd) / 1e6 AS cost_usd FROM usage WHERE day BETWEEN ?1 AND ?2 {whose}"
            f"GROUP BY {by} ORDER BY {by} LIMIT {MAX_ROWS + 1}"
        )
        bound: list[object] = [self.first.isoformat(), self.last.isoformat()]
        return sql, bound if self.identity is None else [*bound, self.identity]


def wanted(url: str, today: date, identity: str | None) -> Wanted:
    """Read `from`, `to` and `by` of an address. Left out, they are the last 30 days, by day. Raises `ApiError` 400."""
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    last = _day(query, "to", today)
    first = _day(query, "from", date.fromordinal(max(1, last.toordinal() - DAYS + 1)))
    by = tuple(dict.fromkeys(name.strip() for name in query.get("by", "day").split(",")))
    if not set(by) <= set(DIMENSIONS):
        raise invalid(f"by is not a list of {', '.join(DIMENSIONS)}, separated by commas.", param="by")
    return Wanted(first, last, by, identity)


def as_json(wanted: Wanted, rows: Sequence[dict[str, Any]]) -> str:
    """The rows as JSON."""
    whose = "all" if wanted.identity is None else "own"
    asked = {"from": wanted.first.isoformat(), "to": wanted.last.isoformat(), "by": wanted.by, "whose": whose}
    return json.dumps({"object": "list", **asked, "data": rows})


def as_csv(wanted: Wanted, rows: Sequence[dict[str, Any]]) -> str:
    """The rows as CSV (RFC 4180), under a line of names. No cell is a formula: a model's name is whatever somebody has asked for."""
    names = [*wanted.by, "requests", "refused", *SUMS, "cost_usd"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(row[name]) for name in names] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _day(query: dict[str, str], name: str, default: date) -> date:
    value = query.get(name)
    if value is None:
        return default
    try:
        day = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        raise invalid(f"{name} is not a day such as 2026-01-31.", param=name)
    return day
