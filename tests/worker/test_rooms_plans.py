"""The statements of history find by an index what they give in D1 too, whose SQLite is another than Python's."""

from collections.abc import Iterator

import httpx
import pytest

from bench.workerd import Worker, serving
from tests.unit.test_rooms_statements import READ, read_whole


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of a database with the tables."""
    with serving(Worker(None, {"IONET_API_KEY": "key", "ALLOW_ANONYMOUS": "true"}, database=True)) as running:
        assert running.database
        yield running.database


@pytest.mark.parametrize("name", READ)
def test_reads_no_table_whole(database: str, client: httpx.Client, name: str) -> None:
    sql, values = READ[name]
    asked = [{"sql": f"EXPLAIN QUERY PLAN {sql}", "params": list(values)}]
    (answer,) = client.post(f"{database}/execute", json=asked).json()
    assert read_whole(name, [row["detail"] for row in answer["results"]]) == []
