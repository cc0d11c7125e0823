"""The real thing: the Worker under `wrangler dev`, in front of a real HTTP server that plays io.net."""

import atexit
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import psutil
import pytest
from werkzeug import Request, Response

from tests import canary
from tools import wrangler
from tools.processes import NotStarted, free_port, running, wait_until_answered
from tools.pyodide_bundle import BUNDLE, ROOT
from tools.pyodide_snapshot import take_worker
from tools.upstream.server import DemoUpstream

KEY = "io-v2-canaryKEY.eyJvd25lciI6InRlc3QifQ.canarySIGNATURE"
LOG_SECONDS = 10

Handler = Callable[[Request], Response]

_handlers = itertools.count(1)


@dataclass(frozen=True)
class Worker:
    """A running Worker: `url` without a final slash, `log` with all that wrangler and the Worker print, `pid` of wrangler."""

    url: str
    log: Path
    pid: int

    @property
    def chat(self) -> str:
        return f"{self.url}/v1/chat/completions"

    def log_line(self, response: httpx.Response) -> dict[str, Any]:
        """The Worker's log line of the request that `response` answers."""
        return self.logged(response.headers["x-request-id"])

    def logged(self, *words: str) -> dict[str, Any]:
        """The first line that the Worker logs, or has logged, with all of `words` in it."""
        deadline = time.monotonic() + LOG_SECONDS
        while time.monotonic() < deadline:
            for line in self.log.read_text().splitlines():
                if line.startswith("{") and all(word in line for word in words):
                    entry: dict[str, Any] = json.loads(line)
                    return entry
            time.sleep(0.02)
        raise TimeoutError(f"not logged: {words}")

    def runtime_port(self) -> int:
        """The port of the workerd that runs the Worker."""
        return self.runtime()[1]

    def runtime(self) -> tuple[psutil.Process, int]:
        """The workerd that runs the Worker, and its port.

        `wrangler dev` puts a proxy of its own before it, which turns a client's reset into an orderly close, and loses an answer that
        comes before the request's end. Cloudflare has no such proxy.
        """
        for process in psutil.Process(self.pid).children(recursive=True):
            for listening in process.net_connections("tcp4"):
                port = listening.laddr.port if listening.status == psutil.CONN_LISTEN else 0
                if port and not self.url.endswith(f":{port}") and _is_worker(port):
                    return process, port
        raise RuntimeError("no workerd listens")


StartWorker = Callable[..., Worker]

IDLE_WORKERS = 4

RunningWorkers = dict[object, tuple[Worker, ExitStack]]


@pytest.fixture(scope="session")
def upstream_server() -> Iterator[DemoUpstream]:
    with DemoUpstream(pace=0) as server:
        yield server


@pytest.fixture(scope="session")
def upstream_ports(upstream_server: DemoUpstream) -> set[int]:
    """Where servers of this process listen that are sent the key, and rightly so."""
    return {upstream_server.httpserver.port}


@pytest.fixture(scope="session")
def leaks(upstream_ports: set[int]) -> Iterator[list[bytes]]:
    """What was received of the secrets so far."""
    with canary.watch(upstream_ports) as found:
        yield found


@pytest.fixture(autouse=True)
def no_secret_is_received(leaks: list[bytes]) -> Iterator[None]:
    yield
    found = leaks.copy()
    leaks.clear()
    assert not found, "a secret came out"


@pytest.fixture
def upstream(upstream_server: DemoUpstream) -> Iterator[DemoUpstream]:
    """The upstream with an empty log; calls that a test left open are ended after it."""
    upstream_server.calls.clear()
    known = dict(upstream_server.faults)
    yield upstream_server
    upstream_server.faults.clear()
    upstream_server.faults.update(known)
    upstream_server.calls.hang_up()


@pytest.fixture
def play(upstream: DemoUpstream) -> Callable[[Handler], str]:
    """Have the upstream answer with a handler of the test's own; gives the model to name in the request.

    Every handler has another name, so that a belated call of one test is not taken for the next one's.
    """

    def play_handler(handler: Handler) -> str:
        name = f"test-{next(_handlers)}"
        upstream.faults[name] = handler
        return f"demo/fault-{name}"

    return play_handler


@pytest.fixture(scope="session")
def tables_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `wrangler d1 migrations apply` leaves behind: made once, and copied for each Worker."""
    state = tmp_path_factory.mktemp("tables")
    command = wrangler.migrate(state)
    subprocess.run(command, cwd=ROOT, env=wrangler.environment(state), stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return state


@pytest.fixture(scope="session")
def workers() -> Iterator[RunningWorkers]:
    """The Workers that run, by what they were started with: the one that was used last stands last."""
    running: RunningWorkers = {}
    yield running
    while running:
        _stop_first(running)


@pytest.fixture(scope="module", autouse=True)
def few_workers(workers: RunningWorkers) -> Iterator[None]:
    """Between two modules only those that were used last go on running: each takes memory, and the machine's time, also while it waits."""
    yield
    while len(workers) > IDLE_WORKERS:
        _stop_first(workers)


@pytest.fixture(scope="session")
def start_worker(
    workers: RunningWorkers, upstream_server: DemoUpstream, tables_made: Path, tmp_path_factory: pytest.TempPathFactory
) -> StartWorker:
    """Start a Worker with these settings beside the usual ones (None leaves one out), or give the one that runs with them already.

    It runs to the end of the module at least. It has the tables of its database, unless `tables` is false.
    """

    def start(*, tables: bool = True, **settings: str | None) -> Worker:
        usual = {"IONET_API_KEY": KEY, "IONET_BASE_URL": upstream_server.base_url, "ALLOW_ANONYMOUS": "true"}
        values = {name: value for name, value in (usual | settings).items() if value is not None}
        key = (tables, *sorted(values.items()))
        if key in workers:
            workers[key] = workers.pop(key)
        else:
            state = tmp_path_factory.mktemp("worker")
            if tables:
                shutil.copytree(tables_made, state, dirs_exist_ok=True)
            stack = ExitStack()
            workers[key] = (serve(values, state, free_port(), stack), stack)
        return workers[key][0]

    return start


def _stop_first(workers: RunningWorkers) -> None:
    worker, stack = workers.pop(next(iter(workers)))
    stack.close()
    logged = canary.findings(worker.log.read_bytes())
    assert not logged, f"a secret was logged: {worker.log}: {logged}"


@pytest.fixture(scope="module")
def worker(start_worker: StartWorker) -> Worker:
    """A Worker with the default settings."""
    return start_worker()


@pytest.fixture(params=["README.md", "README.ja.md"])
def readme(request: pytest.FixtureRequest) -> Path:
    """The README in each language."""
    name: str = request.param
    return ROOT / name


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as http:
        yield http


def _is_worker(port: int) -> bool:
    try:
        return "x-answered-by" in httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5).headers
    except httpx.HTTPError:
        return False


def question(text: str = "Hello", **fields: object) -> dict[str, object]:
    """A chat request with one message, for a stream."""
    return {"messages": [{"role": "user", "content": text}], "stream": True, **fields}


@cache
def _snapshot() -> Path | None:
    """Where a snapshot of the Worker is, from which each starts as it does where it is deployed; None where Cloudflare brings its own."""
    if not BUNDLE.exists():
        return None
    folder = Path(mkdtemp(prefix="snapshot-", dir=BUNDLE.parent.parent))
    atexit.register(shutil.rmtree, folder)
    take_worker(folder)
    return folder


def serve(values: dict[str, str], state: Path, port: int, stack: ExitStack) -> Worker:
    """Start a Worker with these settings, whose database is in `state`, at this port; it runs until `stack` is closed."""
    log = state / "output.log"
    output = stack.enter_context(log.open("ab"))
    snapshot = _snapshot()
    process = stack.enter_context(
        running(wrangler.dev(port, state, values, snapshot), cwd=ROOT, env=wrangler.environment(state, snapshot), output=output)
    )
    worker = Worker(f"http://127.0.0.1:{port}", log, process.pid)
    try:
        wait_until_answered(f"{worker.url}/api/health", process)
    except NotStarted as problem:
        raise RuntimeError(f"{problem}:\n{log.read_text()}") from problem
    return worker
