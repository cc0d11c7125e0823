"""What a comparison needs running: the upstream, and the Workers under one workerd or under `wrangler dev`."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from tests.conftest import free_port
from tools import workerd as workerd_config
from tools import wrangler
from tools.processes import running, wait_until_answered
from tools.pyodide_bundle import ROOT

KEY = "io-v2-bench"
MODEL = "meta-llama/Llama-3.3-70B-Instruct"

CONFIG = """\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [{services}(name = "network", network = (allow = ["private"]))],
  sockets = [{sockets}],
);
"""
SERVICE = '(name = "{name}", worker = {worker}), '
SOCKET = '(name = "{name}", address = "127.0.0.1:{port}", http = (), service = "{name}"), '


@contextmanager
def upstream() -> Iterator[str]:
    """Start the upstream of bench/upstream.py; gives its address up to and with `/v1`."""
    port = free_port()
    with running([sys.executable, "-m", "bench.upstream", str(port)], cwd=ROOT) as process:
        base_url = f"http://127.0.0.1:{port}/v1"
        wait_until_answered(base_url, process)
        yield base_url


@contextmanager
def workerd(base_url: str, *names: str, output: IO[bytes] | None = None) -> Iterator[tuple[int, list[str]]]:
    """Run Workers, `python` and `javascript`, in one bare workerd, in front of the upstream at `base_url`.

    Parameters: `output`, where what it prints goes; None for this process's own.
    Gives the process's id, and the address of each Worker, without a final slash.
    """
    with TemporaryDirectory(dir=ROOT / ".build") as directory:
        ports = {name: free_port() for name in names}
        config = Path(directory) / "workerd.capnp"
        config.write_text(_config(config.parent, base_url, ports))
        command = [*workerd_config.COMMAND, str(config)]
        with running(command, cwd=ROOT, output=output) as process:
            addresses = [f"http://127.0.0.1:{port}" for port in ports.values()]
            for address in addresses:
                wait_until_answered(f"{address}/api/health", process)
            yield process.pid, addresses


@contextmanager
def wrangler_dev(base_url: str, assets: Path) -> Iterator[str]:
    """Run the project under `wrangler dev` with the static files of `assets`; gives its address without a final slash."""
    with TemporaryDirectory() as directory, (Path(directory) / "output.log").open("wb") as output:
        port, state = free_port(), Path(directory)
        values = {"IONET_API_KEY": KEY, "IONET_BASE_URL": base_url, "ALLOW_ANONYMOUS": "true"}
        command = [*wrangler.dev(port, state, values), "--assets", str(assets)]
        with running(command, cwd=ROOT, env=wrangler.environment(state), output=output) as process:
            address = f"http://127.0.0.1:{port}"
            wait_until_answered(f"{address}/api/health", process)
            yield address


def _config(directory: Path, base_url: str, ports: Mapping[str, int]) -> str:
    settings = {"IONET_API_KEY": KEY, "IONET_BASE_URL": base_url, "DEFAULT_MODEL": MODEL, "ALLOW_ANONYMOUS": "true"}
    javascript = workerd_config.modules(directory, "esModule", {"worker.js": ROOT / "bench" / "worker.js"})
    workers = {
        "python": workerd_config.python_worker(directory, settings),
        "javascript": f"({javascript}, {workerd_config.bindings(settings)})",
    }
    return CONFIG.format(
        services="".join(SERVICE.format(name=name, worker=workers[name]) for name in ports),
        sockets="".join(SOCKET.format(name=name, port=port) for name, port in ports.items()),
    )
