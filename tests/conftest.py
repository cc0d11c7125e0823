"""The real thing: the Worker under `wrangler dev`, in front of a real HTTP server that plays io.net."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from werkzeug import Request, Response

from tools import wrangler
from tools.processes import NotStarted, running, wait_until_answered
from tools.pyodide_bundle import ROOT
from tools.upstream.server import DemoUpstream

KEY = "io-v2-canaryKEY.eyJvd25lciI6InRlc3QifQ.canarySIGNATURE"

Handler = Callable[[Request], Response]


@dataclass(frozen=True)
class Worker:
    """A running Worker: `url` without a final slash, `log` with all that wrangler and the Worker print, `pid` of wrangler."""

    url: str
    log: Path
    pid: int

    @property
    def chat(self) -> str:
        return f"{self.url}/v1/chat/completions"

    def runtime_port(self) -> int:
        """The port of the workerd that runs the Worker.

        `wrangler dev` puts a proxy of its own before it, which turns a client's reset into an orderly close, and loses an answer that
        comes before the request's end. Cloudflare has no such proxy.
        """
        for process in psutil.Process(self.pid).children(recursive=True):
            for listening in process.net_connections("tcp4"):
                port = listening.laddr.port if listening.status == psutil.CONN_LISTEN else 0
                if port and not self.url.endswith(f":{port}") and _is_worker(port):
                    return port
        raise RuntimeError("no workerd listens")


StartWorker = Callable[..., Worker]


@pytest.fixture(scope="session")
def upstream_server() -> Iterator[DemoUpstream]:
    with DemoUpstream(pace=0.005) as server:
        yield server


@pytest.fixture
def upstream(upstream_server: DemoUpstream) -> Iterator[DemoUpstream]:
    """The upstream with an empty log; calls that a test left open are ended after it."""
    upstream_server.calls.clear()
    yield upstream_server
    upstream_server.faults.pop("test", None)
    upstream_server.calls.hang_up()


@pytest.fixture
def play(upstream: DemoUpstream) -> Callable[[Handler], str]:
    """Have the upstream answer with a handler of the test's own; gives the model to name in the request."""

    def play_handler(handler: Handler) -> str:
        upstream.faults["test"] = handler
        return "demo/fault-test"

    return play_handler


@pytest.fixture(scope="session")
def start_worker(upstream_server: DemoUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartWorker]:
    """Start a Worker with these settings beside the usual ones (None leaves one out), or give the one that runs with them already."""
    workers: dict[tuple[tuple[str, str], ...], Worker] = {}
    with ExitStack() as stack:

        def start(**settings: str | None) -> Worker:
            usual = {"IONET_API_KEY": KEY, "IONET_BASE_URL": upstream_server.base_url, "ALLOW_ANONYMOUS": "true"}
            values = {name: value for name, value in (usual | settings).items() if value is not None}
            key = tuple(sorted(values.items()))
            if key not in workers:
                workers[key] = _start(values, tmp_path_factory.mktemp("worker"), stack)
            return workers[key]

        yield start


@pytest.fixture(scope="session")
def worker(start_worker: StartWorker) -> Worker:
    """A Worker with the default settings."""
    return start_worker()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as http:
        yield http


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_worker(port: int) -> bool:
    try:
        return "x-answered-by" in httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5).headers
    except httpx.HTTPError:
        return False


def question(text: str = "Hello", **fields: object) -> dict[str, object]:
    """A chat request with one message."""
    return {"messages": [{"role": "user", "content": text}], **fields}


def _start(values: dict[str, str], state: Path, stack: ExitStack) -> Worker:
    port = free_port()
    log = state / "output.log"
    output = stack.enter_context(log.open("wb"))
    process = stack.enter_context(
        running(wrangler.dev(port, state, values), cwd=ROOT, env=wrangler.environment(state), output=output)
    )
    worker = Worker(f"http://127.0.0.1:{port}", log, process.pid)
    try:
        wait_until_answered(f"{worker.url}/api/health", process)
    except NotStarted as problem:
        raise RuntimeError(f"{problem}:\n{log.read_text()}") from problem
    return worker
