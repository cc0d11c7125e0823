"""The database's tables, brought up to date before the Worker starts, as `wrangler d1 migrations apply` does it."""

import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from tools import workerd
from tools.processes import running
from tools.pyodide_bundle import ROOT
from tools.serve import configuration
from tools.starting import CannotStart

# wrangler's own words, so that each of the two tools sees what the other has applied.
TABLE = """\
CREATE TABLE IF NOT EXISTS "d1_migrations"(
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)"""
SECONDS = 600
"""How long a migration may take: it may have all of a database to go through."""

Statement = tuple[str, Sequence[str]]


def migrate(data: Path, migrations: Path = ROOT / "migrations") -> list[str]:
    """Apply the migrations that the database in `data` does not have yet, in the order of their names, each in a transaction of its own.

    Returns their names. Raises `CannotStart` at the first that fails: the database has those before it then, and nothing of that one.
    """
    # The one door that the database ever has, in a folder of this user's alone, whose path is short enough for a socket's.
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as door:
        directory = Path(name)
        path, config = str(directory / "d1"), directory / "d1.capnp"
        door.bind(path)
        door.listen()
        config.write_text(configuration.database(directory, data))
        command = [*workerd.COMMAND, f"--socket-fd=main={door.fileno()}", str(config)]
        with (
            running(command, cwd=ROOT, keep=[door.fileno()]),
            httpx.Client(transport=httpx.HTTPTransport(uds=path), base_url="http://d1", timeout=SECONDS) as d1,
        ):
            door.close()  # workerd alone has it now: should that end, a call fails
            return _apply(d1, sorted(migrations.glob("*.sql")))


def _apply(d1: httpx.Client, migrations: Sequence[Path]) -> list[str]:
    _run(d1, "d1_migrations", (TABLE, ()))
    (known,) = _run(d1, "d1_migrations", ("SELECT name FROM d1_migrations", ()))
    done = {row["name"] for row in known["results"]}
    wanted = [path for path in migrations if path.name not in done]
    for path in wanted:
        record = ("INSERT INTO d1_migrations (name) VALUES (?)", (path.name,))
        _run(d1, path.name, (path.read_text(), ()), record)
    return [path.name for path in wanted]


def _run(d1: httpx.Client, name: str, *statements: Statement) -> list[dict[str, Any]]:
    """Run statements in one transaction. What each answers; raises `CannotStart`."""
    try:
        answer = d1.post("/query", json=[{"sql": sql, "params": params} for sql, params in statements]).json()
    except (httpx.TransportError, ValueError) as problem:
        answer = {"error": problem}
    if not isinstance(answer, list):
        raise CannotStart(f"the database could not be brought up to date, and stays as it was before {name}: {answer['error']}")
    return answer
