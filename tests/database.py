"""A Worker's database, as another process sees it."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.conftest import Worker

SECONDS = 20

Rows = list[dict[str, Any]]


def database_of(worker: Worker) -> Path:
    """The file of a Worker's database."""
    (path,) = (path for path in worker.log.parent.rglob("d1/**/*.sqlite") if path.name != "metadata.sqlite")
    return path


def rows_once(worker: Worker, until: Callable[[Rows], bool], sql: str, *values: object) -> Rows:
    """The rows that a statement gives, once they are what they have to be: what follows an answer is written behind it.

    Raises `TimeoutError`, showing the rows.
    """
    deadline = time.monotonic() + SECONDS
    while True:
        with closing(sqlite3.connect(database_of(worker), timeout=10)) as database:
            database.row_factory = sqlite3.Row
            found = [dict(row) for row in database.execute(sql, values)]
        if until(found):
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so: {found}")
        time.sleep(0.05)  # nothing tells another process of a change
