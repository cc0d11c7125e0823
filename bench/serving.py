"""What a comparison needs running: the upstream, and the Workers under one workerd or under `wrangler dev`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

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
  services = [
    (name = "python", worker = {python}),
    (name = "javascript", worker = {javascript}),
    (name = "network", network = (allow = ["private"])),
  ],
  sockets = [
    (name = "python", address = "127.0.0.1:{python_port}", http = (), service = "python"),
    (name = "javascript", address = "127.0.0.1:{javascript_port}", http = (), service = "javascript"),
  ],
);
"""


@contextmanager
def upstream() -> Iterator[str]:
    """Start the upstream of bench/upstream.py; gives its address up to and with `/v1`."""
    port = free_port()
    with running([sys.executable, "-m", "bench.upstream", str(port)], cwd=ROOT) as process:
        base_url = f"http://127.0.0.1:{port}/v1"
        wait_until_answered(base_url, process)
        yield base_url


@contextmanager
def workerd(base_url: str) -> Iterator[tuple[str, str]]:
    """Run the Python Worker and the JavaScript one in one bare workerd, in front of the upstream at `base_url`.

    Gives the addresses of both, without a final slash.
    """
    with TemporaryDirectory(dir=ROOT / ".build") as directory:
        ports = free_port(), free_port()
        config = Path(directory) / "workerd.capnp"
        config.write_text(_config(config.parent, base_url, *ports))
        command = [*workerd_config.COMMAND, str(config)]
        with running(command, cwd=ROOT) as process:
            addresses = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
            for address in addresses:
                wait_until_answered(f"{address}/api/health", process)
            yield addresses


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


def _config(directory: Path, base_url: str, python_port: int, javascript_port: int) -> str:
    settings = {"IONET_API_KEY": KEY, "IONET_BASE_URL": base_url, "DEFAULT_MODEL": MODEL, "ALLOW_ANONYMOUS": "true"}
    javascript = workerd_config.modules(directory, "esModule", {"worker.js": ROOT / "bench" / "worker.js"})
    return CONFIG.format(
        python=workerd_config.python_worker(directory, settings),
        javascript=f"({javascript}, {workerd_config.bindings(settings)})",
        python_port=python_port,
        javascript_port=javascript_port,
    )
