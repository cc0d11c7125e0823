"""The ledger of budgets: whatever happens in whichever order, what is settled and what is reserved are never more than a budget."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from gateway.limits import ledger
from gateway.limits.allowance import ALL, Allowance
from gateway.limits.settlement import Amount
from tools.pyodide_bundle import ROOT

MIGRATIONS = sorted((ROOT / "migrations").glob("*.sql"))
PEOPLE = ("token:a", "token:b")
LIMITS = [
    *(Allowance("daily_token_budget", person, "tokens", "day", 100) for person in PEOPLE),
    *(Allowance("monthly_budget_usd", person, "microusd", "month", 300) for person in PEOPLE),
    Allowance("total_daily_budget_usd", ALL, "microusd", "day", 150),
    Allowance("total_monthly_budget_usd", ALL, "microusd", "month", 500),
]
START = datetime(2026, 11, 29, 23, 0, tzinfo=UTC)


class Ledger:
    """The statements on a real SQLite whose clock stands where it is put."""

    def __init__(self) -> None:
        self.now = START
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        for migration in MIGRATIONS:
            self.database.executescript(migration.read_text())
        self.database.create_function("unixepoch", 0, lambda: int(self.now.timestamp()))
        self.database.create_function("date", -1, self._date)

    def _date(self, _now: str, modifier: str = "start of day") -> str:
        day = self.now.date()
        return (day.replace(day=1) if modifier == "start of month" else day).isoformat()

    def reserve(self, identity: str, name: str, most: Amount, least: Amount = Amount()) -> bool:  # noqa: B008  # is frozen
        limits = [limit for limit in LIMITS if limit.identity in (identity, ALL)]
        amounts = (most.tokens, most.microusd, least.tokens, least.microusd)
        row = self.database.execute(ledger.RESERVE, (_json(limits), identity, name, *amounts)).fetchone()
        return row is not None

    def settle(self, identity: str, name: str, used: Amount) -> None:
        count, end = ledger.SETTLE
        self.database.execute(count, (identity, name, used.tokens, used.microusd))
        self.database.execute(end, (identity, name))

    def put_off(self, identity: str, name: str) -> None:
        self.database.execute(ledger.PUT_OFF, (identity, name))

    def forget(self) -> None:
        for statement in ledger.FORGET:
            self.database.execute(statement)

    def used(self, limits: Sequence[Allowance] = LIMITS) -> list[int]:
        return [row[0] for row in self.database.execute(ledger.USED, (_json(limits),))]


def _json(limits: Sequence[Allowance]) -> str:
    return json.dumps([asdict(limit) for limit in limits])


@dataclass(frozen=True)
class Asked:
    """A request that was let in: what it may take at most, and takes in any case."""

    identity: str
    name: str
    month: str
    most: Amount
    least: Amount


amounts = st.builds(Amount, st.integers(0, 60), st.integers(0, 80))


class Interleavings(RuleBasedStateMachine):
    """Requests of two people begin, end, end twice, and die, in any order, at any time."""

    living = Bundle("living")
    ended = Bundle("ended")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.number = 0
        self.alive: set[Asked] = set()
        self.spent = dict.fromkeys(product((*PEOPLE, ALL), ("2026-11", "2026-12", "2027-01")), 0)

    @rule(target=living, identity=st.sampled_from(PEOPLE), most=amounts, share=st.floats(0, 1))
    def begins(self, identity: str, most: Amount, share: float) -> object:
        least = Amount(int(most.tokens * share), int(most.microusd * share))
        self.number += 1
        asked = Asked(identity, str(self.number), f"{self.ledger.now:%Y-%m}", most, least)
        if not self.ledger.reserve(identity, asked.name, most, least):
            return multiple()
        self.alive.add(asked)
        return asked

    @rule(target=ended, asked=consumes(living), used=amounts)
    def ends(self, asked: Asked, used: Amount) -> Asked:
        self.alive.discard(asked)
        self.ledger.settle(asked.identity, asked.name, used)
        for whose in (asked.identity, ALL):
            self.spent[whose, asked.month] += min(used.microusd, asked.most.microusd)
        return asked

    @rule(asked=ended, used=amounts)
    def ends_again(self, asked: Asked, used: Amount) -> None:
        self.ledger.settle(asked.identity, asked.name, used)

    @rule(asked=consumes(living))
    def dies(self, asked: Asked) -> None:
        self.alive.discard(asked)
        for whose in (asked.identity, ALL):
            self.spent[whose, asked.month] += asked.least.microusd

    @rule(seconds=st.sampled_from([1, 599, ledger.LIFE_SECONDS, 3600, 86_400, 5 * 86_400]))
    def time_passes(self, seconds: int) -> None:
        if self.ledger.now + timedelta(seconds=seconds) > datetime(2027, 1, 31, tzinfo=UTC):
            return
        self.ledger.now += timedelta(seconds=seconds)
        for asked in self.alive:
            self.ledger.put_off(asked.identity, asked.name)

    @rule()
    def is_tidied(self) -> None:
        self.ledger.forget()

    @invariant()
    def no_budget_is_exceeded(self) -> None:
        for limit, used in zip(LIMITS, self.ledger.used(), strict=True):
            assert 0 <= used <= limit.limit, limit

    @invariant()
    def what_was_spent_counts(self) -> None:
        month = f"{self.ledger.now:%Y-%m}"
        monthly = [limit for limit in LIMITS if limit.per == "month"]
        for limit, used in zip(monthly, self.ledger.used(monthly), strict=True):
            assert used >= self.spent[limit.identity, month], limit

    def teardown(self) -> None:
        self.ledger.database.close()


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.fixture
def books() -> "Ledger":
    return Ledger()


A = PEOPLE[0]
DAY, MONTH = LIMITS[0], LIMITS[2]


def test_what_was_not_used_is_given_back(books: Ledger) -> None:
    with closing(books.database):
        assert books.reserve(A, "1", Amount(100, 10))
        assert not books.reserve(A, "2", Amount(1, 1))
        books.settle(A, "1", Amount(30, 3))
        assert books.used([DAY, MONTH]) == [30, 3]
        assert books.reserve(A, "2", Amount(70, 1))


def test_a_worker_that_dies_leaves_what_its_request_took_at_least(books: Ledger) -> None:
    with closing(books.database):
        assert books.reserve(A, "1", Amount(100, 10), Amount(20, 2))
        books.now = START + timedelta(seconds=ledger.LIFE_SECONDS - 1)
        assert books.used([DAY, MONTH]) == [100, 10]
        books.now += timedelta(seconds=1)
        assert books.used([DAY, MONTH]) == [20, 2]
        books.forget()
        assert books.used([DAY, MONTH]) == [20, 2]
        assert books.database.execute("SELECT count(*) FROM reservations").fetchone() == (0,)


def test_an_answer_counts_on_the_day_on_which_it_was_asked_for(books: Ledger) -> None:
    with closing(books.database):
        assert books.reserve(A, "1", Amount(100, 10))
        books.now = START + timedelta(hours=2)
        books.put_off(A, "1")
        assert books.used([DAY, MONTH]) == [0, 10]
        books.settle(A, "1", Amount(60, 6))
        assert books.used([DAY, MONTH]) == [0, 6]
        books.now = START + timedelta(days=2)
        assert books.used([DAY, MONTH]) == [0, 0]


def test_a_workers_clock_is_asked_for_nothing() -> None:
    """All times are the database's, so no Worker's clock can be wrong."""
    statements = (ledger.RESERVE, ledger.USED, *ledger.SETTLE, ledger.PUT_OFF, *ledger.FORGET)
    assert max(statement.count("?7") for statement in statements) == 1
    assert not any("?8" in statement for statement in statements)


def test_a_ledger_of_the_version_before_goes_on_counting() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        for migration in MIGRATIONS[:4]:
            database.executescript(migration.read_text())
        database.execute("INSERT INTO token_usage VALUES (?, date('now'), 40)", (A,))
        for migration in MIGRATIONS[4:]:
            database.executescript(migration.read_text())
        assert database.execute(ledger.USED, (_json([DAY, MONTH]),)).fetchall() == [(40,), (0,)]
