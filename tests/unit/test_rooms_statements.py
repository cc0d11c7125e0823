"""The statements of history, on a filled database: each finds by an index what it gives, and the tables hold together."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from gateway.rooms import statements
from tools.pyodide_bundle import ROOT

MIGRATIONS = sorted((ROOT / "migrations").glob("*.sql"))
MAX_STATEMENT_BYTES = 100_000
OWNERS, ROOMS, MESSAGES = 3, 20, 30
LIMIT = 10**9


def id_of(number: int) -> str:
    return f"{number:032x}"


def room(number: int, **members: Any) -> dict[str, Any]:
    return {
        "id": id_of(number),
        "title": f"Room {number}",
        "archived": False,
        "created": 1,
        "updated": number,
        "version": 1,
    } | members


def message(room: int, number: int, **members: Any) -> dict[str, Any]:
    usual = {
        "id": id_of(number),
        "room": id_of(room),
        "role": "user",
        "content": f"needle {number}",
        "created": number,
        "version": 1,
    }
    return usual | members


def persona(number: int, **members: Any) -> dict[str, Any]:
    return {"id": id_of(number), "name": "Critic", "prompt": "", "created": 1, "updated": 1, "version": 1} | members


def migrated(upto: int = len(MIGRATIONS)) -> sqlite3.Connection:
    """A database after so many migrations, with foreign keys as D1 has them."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    for path in MIGRATIONS[:upto]:
        connection.executescript(path.read_text())
    return connection


def write(
    db: sqlite3.Connection, owner: str, kind: str, *things: dict[str, Any], rooms: int = LIMIT, size: int = LIMIT
) -> list[Any]:
    """Write things as one call does, and give what became of each."""
    text = json.dumps(things)
    limits = (size, rooms) if kind == "room" else (size,)
    db.execute(statements.KNOW, (owner,))
    db.execute(statements.WRITE[kind], (owner, text, 0, *limits))
    db.execute(statements.WRITTEN, (owner, len(things)))
    return db.execute(statements.BECAME[kind], (owner, text, len(things))).fetchall()


@pytest.fixture(scope="module")
def filled() -> Iterator[sqlite3.Connection]:
    with closing(migrated()) as db:
        for owner in range(OWNERS):
            write(db, f"token:{owner}", "room", *(room(number, archived=number % 5 == 0) for number in range(1, ROOMS + 1)))
            for home in range(1, ROOMS + 1):
                write(db, f"token:{owner}", "message", *(message(home, number) for number in range(1, MESSAGES + 1)))
            write(db, f"token:{owner}", "persona", *(persona(number) for number in range(1, 4)))
        db.execute("ANALYZE")
        yield db


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(migrated()) as connection:
        yield connection


ME = "token:1"
LIST = json.dumps([message(1, 1)])
READ = {
    "owner": (statements.OWNER, (ME,)),
    "room": (statements.ROOM, (ME, id_of(1))),
    "persona": (statements.PERSONA, (ME, id_of(1))),
    "message": (statements.MESSAGE, (ME, id_of(1), id_of(1))),
    "rooms": (statements.ROOMS, (ME, 0, LIMIT, "", 5)),
    "messages": (statements.MESSAGES, (ME, id_of(1), 0, "", 5)),
    "personas": (statements.PERSONAS, (ME, "", 5)),
    "versions": (statements.VERSIONS, (ME, id_of(1), LIMIT, 5)),
    "version": (statements.VERSION, (ME, id_of(1), 1)),
    "changes": (statements.CHANGES, (ME, 600, 5)),
    "search": (statements.SEARCH, (ME, '"needle"', 1 << 28, 5, "[]", "needle")),
    "scan": (statements.SCAN, (ME, "", 1 << 28, 5, '["%ne%"]', "ne")),
    "export of rooms": (statements.EXPORT_ROOMS, (ME, id_of(1), 3, id_of(3), 5)),
    "export of personas": (statements.EXPORT_PERSONAS, (ME, id_of(1), 0, 5)),
    "left": (statements.LEFT, ()),
    "a portion to purge": (statements.PURGE_MESSAGES, (5,)),
    "owners to purge": (statements.PURGE_OWNERS, ()),
    "known": (statements.KNOW, (ME,)),
    "written": (statements.WRITTEN, (ME, 0)),
    **{
        f"write a {kind}": (sql, (ME, LIST, 0, LIMIT, *((LIMIT,) if kind == "room" else ())))
        for kind, sql in statements.WRITE.items()
    },
    **{f"what became of a {kind}": (sql, (ME, LIST, 1)) for kind, sql in statements.BECAME.items()},
    **{f"clear, part {number}": (sql, (ME,)) for number, sql in enumerate(statements.CLEAR)},
}
SCANNED_BY_RIGHT = {"found", "sized", "page", "s", "f", "i", "pattern", "texts_index", "CONSTANT"}
"""What a plan may read whole: what a part of the statement itself has made, and what is read by its match."""


def read_whole(name: str, plan: list[str]) -> list[str]:
    """The steps of a statement's plan that read a table whole, or all that an owner has of a kind."""
    whole = [step for step in plan if step.startswith("SCAN ") and not step.startswith("SCAN (subquery-")]
    scans = [step for step in whole if step.split()[1] not in SCANNED_BY_RIGHT]
    means_all = name.startswith("clear") or "purge" in name
    owners = [step for step in plan if step.startswith("SEARCH") and step.endswith("(owner=?)") and not means_all]
    return scans + owners


@pytest.mark.parametrize("name", READ)
def test_reads_no_table_whole(filled: sqlite3.Connection, name: str) -> None:
    sql, values = READ[name]
    assert read_whole(name, [row[3] for row in filled.execute(f"EXPLAIN QUERY PLAN {sql}", values)]) == []


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("rooms", "INDEX rooms_by_time (owner=? AND archived=? AND (updated,id)<(?,?))"),
        ("messages", "INDEX messages_by_time (room=? AND (created,id)>(?,?))"),
        ("changes", "INDEX messages_by_seq (owner=? AND seq>?)"),
        ("changes", "INDEX rooms_by_seq (owner=? AND seq>?)"),
        ("changes", "INDEX personas_by_seq (owner=? AND seq>?)"),
        ("search", "texts_index VIRTUAL TABLE INDEX"),
        ("scan", "messages USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("export of rooms", "INDEX messages_by_time (room=?)"),
        ("export of rooms", "INDEX messages_by_time (room=? AND (created,id)>(?,?))"),
    ],
)
def test_finds_a_page_by_its_index(filled: sqlite3.Connection, name: str, index: str) -> None:
    sql, values = READ[name]
    plan = "\n".join(row[3] for row in filled.execute(f"EXPLAIN QUERY PLAN {sql}", values))
    assert index in plan, plan


def test_no_statement_is_longer_than_d1_takes() -> None:
    assert max(len(sql.encode()) for sql, _ in READ.values()) < MAX_STATEMENT_BYTES


class TestWriting:
    def test_each_thing_of_a_call_has_a_seq_of_its_own_stored_or_not(self, db: sqlite3.Connection) -> None:
        write(db, "a", "room", room(1, version=5))
        write(db, "a", "room", room(1, version=4), room(2), room(1, version=6))
        assert db.execute("SELECT id, version, seq FROM rooms ORDER BY id").fetchall() == [(id_of(1), 6, 4), (id_of(2), 1, 3)]
        assert db.execute(statements.OWNER, ("a",)).fetchone()[0] == 4

    def test_tells_what_was_stored(self, db: sqlite3.Connection) -> None:
        became = write(db, "a", "room", room(1, version=2), room(1, version=1), room(2))
        assert [bool(row[0]) for row in became] == [True, False, True]

    def test_one_owners_ids_are_not_anothers(self, db: sqlite3.Connection) -> None:
        for owner, title in (("a", "Mine"), ("b", "Yours")):
            write(db, owner, "room", room(1, title=title))
            write(db, owner, "message", message(1, 1, content=title))
        for owner, title in (("a", "Mine"), ("b", "Yours")):
            value, _, _ = db.execute(statements.ROOM, (owner, id_of(1))).fetchone()
            assert json.loads(value)["title"] == title
            value, _, _ = db.execute(statements.MESSAGE, (owner, id_of(1), id_of(1))).fetchone()
            assert json.loads(value)["content"] == title

    def test_a_full_history_takes_what_makes_it_smaller(self, db: sqlite3.Connection) -> None:
        write(db, "a", "room", room(1))
        write(db, "a", "message", message(1, 1, content="x" * 900))
        write(db, "a", "message", message(1, 1, content="x" * 901, version=2), size=1_000)
        assert db.execute("SELECT version FROM messages").fetchall() == [(1,)]
        write(db, "a", "message", message(1, 1, content="x", version=2), size=1_000)
        assert db.execute("SELECT version FROM messages").fetchall() == [(2,)]

    def test_counts_what_there_is(self, db: sqlite3.Connection) -> None:
        """Through all that can happen to rows: the counters are made by triggers, and are compared with the rows."""
        write(db, "a", "room", room(1), room(2), room(3))
        write(db, "a", "message", *(message(home, number) for home in (1, 2) for number in range(1, 6)))
        write(db, "a", "persona", persona(1), persona(1, version=2, prompt="longer"), persona(2))
        self.assert_counted(db)
        write(db, "a", "message", {"id": id_of(1), "room": id_of(1), "version": 2, "created": 1, "deleted": True})
        write(db, "a", "message", message(1, 1, version=3, content="back"))
        write(db, "a", "persona", {"id": id_of(2), "version": 2, "deleted": True})
        self.assert_counted(db)
        write(db, "a", "room", {"id": id_of(1), "updated": 3, "version": 2, "deleted": True}, room(2, title="Another", version=2))
        self.assert_counted(db)
        assert db.execute("SELECT rooms, messages FROM owners").fetchall() == [(2, 5)]

    def assert_counted(self, db: sqlite3.Connection) -> None:
        counted = db.execute("SELECT rooms, messages, bytes FROM owners").fetchone()
        tables = ("rooms", "messages", "personas", "persona_versions")
        size = sum(
            db.execute(f"SELECT coalesce(sum(length(CAST(value AS BLOB))), 0) FROM {table}").fetchone()[0] for table in tables
        )
        rooms, messages = (
            db.execute(f"SELECT count(*) FROM {table} WHERE NOT deleted").fetchone()[0] for table in ("rooms", "messages")
        )
        assert counted == (rooms, messages, size)
        db.execute("INSERT INTO texts_index (texts_index, rank) VALUES ('integrity-check', 1)")

    def test_what_was_let_go_of_goes_in_portions(self, db: sqlite3.Connection) -> None:
        for owner in ("a", "b"):
            write(db, owner, "room", room(1), room(2))
            write(db, owner, "message", *(message(1, number) for number in range(1, 10)))
            write(db, owner, "persona", persona(1))
        for sql in statements.CLEAR:
            db.execute(sql, ("a",))
        assert db.execute(statements.OWNER, ("a",)).fetchone() == (13, 1, 0, 0, 0)
        portions = 0
        while db.execute(statements.LEFT).fetchall():
            db.execute(statements.PURGE_MESSAGES, (4,))
            db.execute(statements.PURGE_OWNERS)
            portions += 1
        assert portions == 3
        assert db.execute("SELECT count(*) FROM messages").fetchone() == (9,)
        assert db.execute("SELECT rooms, messages FROM owners WHERE name = 'b'").fetchone() == (2, 9)
        assert db.execute("SELECT count(*) FROM texts_index WHERE texts_index MATCH 'needle'").fetchone() == (9,)

    @pytest.mark.parametrize(
        "value",
        ["{", "{}", '{"id":"short","version":1,"updated":1}', json.dumps(room(9, version=0)), json.dumps(room(9, archived=7))],
    )
    def test_what_is_wrong_gets_past_no_check(self, db: sqlite3.Connection, value: str) -> None:
        db.execute(statements.KNOW, ("a",))
        with pytest.raises(sqlite3.Error):
            db.execute("INSERT INTO rooms (number, owner, seq, value) VALUES (1, 1, 1, ?)", (value,))

    def test_no_message_is_without_its_room(self, db: sqlite3.Connection) -> None:
        write(db, "a", "room", room(1))
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(
                "INSERT INTO messages (number, owner, room, seq, value) VALUES (1, 1, 1, 1, ?)", (json.dumps(message(1, 1)),)
            )


class TestUpgrade:
    @pytest.mark.parametrize("upto", range(len(MIGRATIONS)))
    def test_a_filled_database_keeps_what_it_counted(self, upto: int) -> None:
        with closing(migrated(upto)) as db:
            if upto:
                rows = [(f"token:{number}", "2026-01-31", number) for number in range(1_000)]
                db.executemany("INSERT INTO token_usage (identity, day, tokens) VALUES (?, ?, ?)", rows)
            for path in MIGRATIONS[upto:]:
                db.executescript(path.read_text())
            assert db.execute("SELECT count(*), sum(tokens) FROM token_usage").fetchone() == (
                (1_000, 499_500) if upto else (0, None)
            )
            assert write(db, "a", "room", room(1))[0][0]


def test_a_search_reads_one_owners_part_alone(filled: sqlite3.Connection) -> None:
    found = filled.execute(statements.SEARCH, (ME, '"needle"', 1 << 28, 10_000, "[]", "needle")).fetchall()
    assert len(found) == ROOMS * MESSAGES
