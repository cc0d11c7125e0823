"""Workers in a bare workerd, with no `wrangler dev` before them, whose proxy would cost more than they do themselves."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tools import workerd as project
from tools.processes import free_port, running, wait_until_answered
from tools.pyodide_bundle import ROOT

WORKERS = ROOT / "bench" / "workers"
CACHE = ROOT / "tools" / "serve" / "cache.js"
HELLO = WORKERS / "hello" / "entry.py"
HELLO_JAVASCRIPT = WORKERS / "hello.js"

CONFIG = """\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [{services}],
  sockets = [{sockets}],
  extensions = [(modules = [(name = "bench:limiter", internal = true, esModule = embed "{limiter}")])],
);
"""
SOCKET = '(address = "127.0.0.1:{port}", http = (), service = {service})'
NETWORK = '(name = "network", network = (allow = ["private"]))'

# The D1 that workerd brings along: the head of its /workerd/d1.js says what it wants.
D1 = (
    '(modules = [(name = "d1.js", bundled = "/workerd/d1.js")], compatibilityDate = "2026-11-01", '
    'durableObjectNamespaces = [(className = "D1Database", uniqueKey = "bench", enableSql = true)], '
    'durableObjectStorage = (localDisk = "d1-files"), bindings = [(name = "DATABASE", durableObjectNamespace = "D1Database")])'
)
RATE_LIMITER = '(name = "RATE_LIMITER", wrapped = (moduleName = "bench:limiter"))'
DB_SERVICE = '(name = "d1", props = (json = "{\\"database\\": \\"bench\\"}"))'
DB = f'(name = "DB", wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = {DB_SERVICE})]))'
ASSETS = '(name = "ASSETS", service = (name = "assets", entrypoint = "AssetWorker"))'


@dataclass(frozen=True)
class Worker:
    """What a Worker is made of.

    `code` is one of bench/workers/*.js, a Python file that has its folder to itself, or None for the project's own Worker; `settings` are
    its text bindings; `flags` compatibility flags beside the project's. It may have a rate limiter, a database, and static files before it.
    """

    code: Path | None
    settings: Mapping[str, str]
    flags: Sequence[str] = ()
    rate_limiter: bool = False
    database: bool = False
    assets: Path | None = None


@dataclass(frozen=True)
class Running:
    """A Worker that runs: the process's id, its address and its database's (no final slash), and the file of what it prints."""

    pid: int
    address: str
    log: Path
    database: str | None = None


@dataclass(frozen=True)
class Configuration:
    """A workerd's configuration file, and the port that its Worker listens at; that of its database too, where it has one."""

    path: Path
    port: int
    database_port: int | None


@contextmanager
def serving(worker: Worker) -> Iterator[Running]:
    """Run a Worker in a workerd of its own, until it has answered once and its database has its tables."""
    with TemporaryDirectory(dir=ROOT / ".build") as directory:
        config = configure(Path(directory), worker)
        log = config.path.with_name("output.log")
        with log.open("wb") as output, running([*project.COMMAND, str(config.path)], cwd=ROOT, output=output) as process:
            address = f"http://127.0.0.1:{config.port}"
            wait_until_answered(f"{address}/api/health", process)
            if config.database_port:
                _migrate(config.database_port)
            database = f"http://127.0.0.1:{config.database_port}" if config.database_port else None
            yield Running(process.pid, address, log, database)


def configure(directory: Path, worker: Worker) -> Configuration:
    """Write the configuration of a workerd, with free ports, into `directory`."""
    port, database_port = free_port(), free_port() if worker.database else None
    cache = project.javascript_worker(directory, CACHE, {})
    services = [NETWORK, _service("main", _worker(directory, worker)), _service("cache", cache)]
    sockets = [SOCKET.format(port=port, service='"assets"' if worker.assets else '"main"')]
    if database_port:
        (directory / "d1").mkdir()
        services += [
            f'(name = "d1-files", disk = (path = {json.dumps(str(directory / "d1"))}, writable = true))',
            _service("d1", D1),
        ]
        sockets.append(SOCKET.format(port=database_port, service=DB_SERVICE))
    if worker.assets:
        files, config = json.dumps(str(worker.assets)), json.dumps(_assets(worker.assets))
        services.append(f'(name = "assets", assets = (path = {files}, config = {config}, userWorker = "main"))')
    path = directory / "workerd.capnp"
    limiter = relpath(WORKERS / "limiter.js", directory)
    path.write_text(CONFIG.format(services=", ".join(services), sockets=", ".join(sockets), limiter=limiter))
    return Configuration(path, port, database_port)


def _migrate(port: int) -> None:
    """Make the tables of the database that listens at `port`."""
    for path in sorted((ROOT / "migrations").glob("*.sql")):
        answer = httpx.post(f"http://127.0.0.1:{port}/execute", json={"sql": path.read_text()}).json()
        if not isinstance(answer, list):
            raise RuntimeError(f"{path.name}: {answer}")


def _service(name: str, worker: str) -> str:
    return f'(name = "{name}", worker = {worker})'


def _worker(directory: Path, worker: Worker) -> str:
    others = [
        binding
        for binding, wanted in ((RATE_LIMITER, worker.rate_limiter), (DB, worker.database), (ASSETS, worker.assets))
        if wanted
    ]
    if worker.code and worker.code.suffix == ".js":
        return project.javascript_worker(directory, worker.code, worker.settings, others)
    return project.python_worker(
        directory,
        worker.settings,
        *worker.flags,
        main=worker.code,
        sources=worker.code and worker.code.parent,
        others=others,
        cache="cache",
    )


def _assets(directory: Path) -> str:
    """How the static files are served: as wrangler.toml and `_headers` say."""
    wanted = project.wrangler_toml()["assets"]
    return json.dumps({"run_worker_first": wanted["run_worker_first"], "headers": (directory / "_headers").read_text()})
