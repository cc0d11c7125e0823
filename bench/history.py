"""`python -m bench.history`: how long each call of history takes as one person's grows to a million messages.

The real Worker in a bare workerd, with its D1. The database is filled past the Worker, by the statements that the Worker uses. CPU is that
of the whole workerd, so SQLite's is in it.
"""

import argparse
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil

from bench.serving import TOKEN
from bench.workerd import Running, Worker, serving
from gateway.base.tokens import digest
from gateway.rooms import statements

OWNER = "token:bench"
SETTINGS = {
    "IONET_API_KEY": "key",
    "ACCESS_TOKENS": f"bench:{digest(TOKEN)}",
    "HISTORY_MAX_ROOMS": "10000000",
    "HISTORY_MAX_BYTES": "10000000000",
}
SIZES = (1_000, 10_000, 100_000, 1_000_000)
MESSAGES_PER_ROOM = 100
ROOMS_PER_WRITE = 10
CALLS = 20
WORDS = 60
START = 1_700_000_000_000

Call = Callable[[httpx.Client, int], httpx.Response]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest number of messages")
    most = parser.parse_args().most
    chance = random.Random(7)  # noqa: S311  # texts, the same in each run
    vocabulary = ["".join(chance.choices("aeioustnrlmdkp", k=chance.randint(2, 9))) for _ in range(5_000)]
    with serving(Worker(None, SETTINGS, database=True)) as running:
        path = database_of(running)
        filled = 0
        print("| messages | file | call | median | CPU |\n|---|---|---|---|---|", flush=True)
        for size in (each for each in SIZES if each <= most):
            began = time.monotonic()
            fill(path, filled, size, lambda: text(chance, vocabulary))
            filled = size
            took = time.monotonic() - began
            megabytes = path.stat().st_size / 1e6
            for name, ms, cpu in measure(running, size):
                print(f"| {size:,} | {megabytes:,.0f} MB | {name} | {ms:.1f} ms | {cpu:.1f} ms |", flush=True)
            print(f"<!-- filled in {took:.0f} s -->", flush=True)


def database_of(running: Running) -> Path:
    """The file of the Worker's database, which its migrations have made."""
    (path,) = (path for path in running.log.parent.rglob("d1/**/*.sqlite") if path.name != "metadata.sqlite")
    return path


def id_of(number: int) -> str:
    return f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}"


def text(chance: random.Random, vocabulary: list[str]) -> str:
    """Some four hundred characters; one text of a thousand has a word that no other has, and one of ten is in Japanese as well."""
    words = chance.choices(vocabulary, k=WORDS)
    if chance.random() < 0.001:
        words.append("zyzzyva")
    if chance.random() < 0.1:
        words.append("東京は夜の七時、抹茶を飲む。")
    return " ".join(words)


def fill(path: Path, start: int, end: int, words: Callable[[], str]) -> None:
    """Bring the history from `start` messages to `end`."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as db:
        db.execute("PRAGMA synchronous = OFF")
        step = MESSAGES_PER_ROOM * ROOMS_PER_WRITE
        for first in range(start, end, step):
            rooms = range(first, min(first + step, end), MESSAGES_PER_ROOM)
            numbers = range(first, min(first + step, end))
            write(db, "room", [room(number) for number in rooms])
            write(db, "message", [message(number - number % MESSAGES_PER_ROOM, number, words()) for number in numbers])
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def write(db: sqlite3.Connection, kind: str, things: list[dict[str, Any]]) -> None:
    limits = (10**15, 10**15) if kind == "room" else (10**15,)
    db.execute("BEGIN")
    db.execute(statements.KNOW, (OWNER,))
    db.execute(statements.WRITE[kind], (OWNER, json.dumps(things, ensure_ascii=False), 0, *limits))
    db.execute(statements.WRITTEN, (OWNER, len(things)))
    db.execute("COMMIT")


def room(number: int, version: int = 1) -> dict[str, Any]:
    when = START + number * 1_000
    return {"id": id_of(number + 1), "title": f"Room {number}", "archived": False, "chosen": {}, "created": when, "updated": when,
            "version": version}  # fmt: skip


def message(home: int, number: int, content: str, version: int = 1) -> dict[str, Any]:
    return {"id": id_of(number + 1), "room": id_of(home + 1), "parent": None, "role": "user", "content": content,
            "created": START + number * 1_000, "version": version}  # fmt: skip


def measure(running: Running, size: int) -> Iterator[tuple[str, float, float]]:
    """Each call's name, its median time, and what it took of the processor's time, in milliseconds."""
    process = psutil.Process(running.pid)
    with httpx.Client(base_url=running.address, headers={"authorization": f"Bearer {TOKEN}"}, timeout=120) as client:
        seq = client.get("/api/history").json()["seq"]
        for name, call in calls(size, seq).items():
            call(client, CALLS).raise_for_status()
            times = []
            before = cpu_of(process)
            for number in range(CALLS):
                began = time.perf_counter()
                call(client, number).raise_for_status()
                times.append(time.perf_counter() - began)
            yield name, median(times) * 1_000, (cpu_of(process) - before) / CALLS * 1_000


def calls(size: int, seq: int) -> dict[str, Call]:
    middle = size // 2 // MESSAGES_PER_ROOM * MESSAGES_PER_ROOM
    fresh = 10**9 + size * 1_000

    def get(path: str) -> Call:
        return lambda client, _: client.get(path)

    def put(client: httpx.Client, number: int) -> httpx.Response:
        thing = message(middle, fresh + number, "A short question about tea.")
        return client.put(f"/api/rooms/{thing['room']}/messages/{thing['id']}", json=thing)

    def put_again(client: httpx.Client, number: int) -> httpx.Response:
        thing = message(middle, middle, f"An answer that grows {'word ' * number}", version=size + number)
        return client.put(f"/api/rooms/{thing['room']}/messages/{thing['id']}", json=thing)

    def put_hundred(client: httpx.Client, number: int) -> httpx.Response:
        things = [message(middle, 2 * fresh + 100 * number + each, "A short answer about tea.") for each in range(100)]
        return client.post("/api/changes", json={"changes": [{"kind": "message", "value": thing} for thing in things]})

    return {
        "list 100 rooms": get("/api/rooms"),
        "list them from the middle": get(f"/api/rooms?cursor={START + middle * 1_000}-{id_of(middle + 1)}"),
        "open a room of 100 messages": get(f"/api/rooms/{id_of(middle + 1)}/messages"),
        "search: a word of each": get("/api/search?q=ari"),
        "search: a rare word": get("/api/search?q=zyzzyva"),
        "search: two words": get("/api/search?q=zyzzyva+tok"),
        "search: trigrams of none": get("/api/search?q=qqqqq"),
        "search: trigrams of many, in no text in a row": get("/api/search?q=ariosunelto"),
        "search: 抹茶を飲む": get("/api/search?q=抹茶を飲む"),
        "search: 東京 (1,000 texts read)": get("/api/search?q=東京"),
        "changes: none": get(f"/api/changes?since={seq}"),
        "changes: a page of 500": get("/api/changes?since=0"),
        "export: a page": get("/api/export"),
        "put a message": put,
        "put it again, changed": put_again,
        "put 100 messages": put_hundred,
    }


def cpu_of(process: psutil.Process) -> float:
    """Seconds of the processor's time that a process has used."""
    used = process.cpu_times()
    return used.user + used.system


if __name__ == "__main__":
    main()
