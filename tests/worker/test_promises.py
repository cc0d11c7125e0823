"""Coroutines wait for JavaScript's promises without asyncio, and nothing is lost, mixed up or left behind."""

import asyncio
import socket
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.raw import post
from tools import workerd
from tools.processes import free_port, running, wait_until, wait_until_answered
from tools.pyodide_bundle import ROOT

MAIN = Path(__file__).parent / "promises_worker.py"


@dataclass
class Ways:
    """The Worker of promises_worker.py."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def __call__(self, way: str) -> object:
        return httpx.get(f"http://127.0.0.1:{self.port}/{way}", timeout=60).raise_for_status().json()

    def wait_for_log(self, words: str) -> None:
        wait_until(lambda: words in self.log.read_text(), self.process)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    directory = tmp_path_factory.mktemp("promises")
    port, config, log = free_port(), directory / "workerd.capnp", directory / "output.log"
    config.write_text(workerd.config(workerd.python_worker(directory, {}, main=MAIN), port, "--expose-gc"))
    with log.open("wb") as output, running([*workerd.COMMAND, str(config)], cwd=ROOT, output=output) as process:
        wait_until_answered(f"http://127.0.0.1:{port}/a_value", process)
        yield Ways(port, process, log)


@pytest.mark.parametrize(
    ("way", "comes_out"),
    [
        ("a_value", 7),
        ("nothing", "at once"),
        ("options", "AbortError"),
        ("a_promise_of_another_kind", 7),
        ("a_rejection", ["TypeError", "and goes on"]),
        ("a_rejection_with_no_error", "rejected with a word"),
        ("a_throw", "TypeError"),
        ("a_failure_of_ours", ["PythonError", True]),
        ("asyncio_too", ["before", "between", "after"]),
        ("closed_meanwhile", ["ended"]),
    ],
)
def test_what_a_wait_gives(ways: Ways, way: str, comes_out: object) -> None:
    assert ways(way) == comes_out


async def test_requests_that_wait_at_the_same_time_never_mix(ways: Ways) -> None:
    names = [f"request-{number}" for number in range(300)]
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ways.port}/its_own/", timeout=60, limits=limits) as client:
        answers = await asyncio.gather(*(client.get(name) for name in names))
    assert [answer.json() for answer in answers] == [[name] * 5 for name in names]


@pytest.mark.parametrize("waits", range(4))
def test_a_client_that_leaves_at_any_wait_ends_the_coroutine(ways: Ways, waits: int) -> None:
    with socket.create_connection(("127.0.0.1", ways.port)) as client:
        client.sendall(post(method="GET", target=f"/leaving/{waits}"))
        ways.wait_for_log(f"waits after {waits}")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
    ways.wait_for_log(f"left after {waits}")
    assert ways("a_value") == 7


def test_20_000_coroutines_leave_nothing_behind(ways: Ways) -> None:
    before = ways("a_thousand")
    after = [ways("a_thousand") for _ in range(20)][-1]
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert after - before < 1_000
