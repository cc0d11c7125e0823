"""What is asked of the table of usage, and how it is told."""

import csv
import io
from datetime import date

import pytest

from gateway.base.errors import ApiError
from gateway.usage.report import SUMS, Wanted, as_csv, wanted

TODAY = date(2026, 11, 29)


def asked(query: str) -> Wanted:
    return wanted(f"https://edge.example/api/usage{query}", TODAY, None)


@pytest.mark.parametrize(
    ("query", "first", "last", "by"),
    [
        ("", date(2026, 10, 31), TODAY, ("day",)),
        ("?to=2026-03-01", date(2026, 1, 31), date(2026, 3, 1), ("day",)),
        ("?from=2026-01-31&to=2026-02-01&by=identity,model", date(2026, 1, 31), date(2026, 2, 1), ("identity", "model")),
        ("?by=day,day", date(2026, 10, 31), TODAY, ("day",)),
        ("?to=0001-01-02", date(1, 1, 1), date(1, 1, 2), ("day",)),
    ],
)
def test_which_days_and_by_what(query: str, first: date, last: date, by: tuple[str, ...]) -> None:
    assert asked(query) == Wanted(first, last, by, None)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("?from=yesterday", "from"),
        ("?from=2026-02-30", "from"),
        ("?to=2026-W05-1", "to"),
        ("?to=", "to"),
        ("?by=", "by"),
        ("?by=cost", "by"),
        ("?by=day;DROP TABLE usage", "by"),
    ],
)
def test_what_makes_no_sense_is_refused(query: str, param: str) -> None:
    with pytest.raises(ApiError) as refused:
        asked(query)
    assert (refused.value.status, refused.value.param) == (400, param)


@pytest.mark.parametrize("model", ["=HYPERLINK(A1)", "+1", "-1", "@a", "\tx"])
def test_no_cell_of_the_table_is_a_formula(model: str) -> None:
    row = {"model": model, "requests": 1, "refused": 0, **dict.fromkeys(SUMS, 0), "cost_usd": 0.5}
    names, cells = csv.reader(io.StringIO(as_csv(asked("?by=model"), [row])))
    assert dict(zip(names, cells, strict=True))["model"] == f"'{model}"
