"""What a comparison needs running: the upstream, and the Workers under one workerd or under `wrangler dev`."""

import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import relpath
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

import httpx

from tests.conftest import free_port
from tools import wrangler
from tools.processes import running
from tools.pyodide_bundle import BUNDLE, ROOT

START_SECONDS = 60
KEY = "io-v2-bench"
MODEL = "meta-llama/Llama-3.3-70B-Instruct"

CONFIG = """\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "python", worker = ({python}, {common})),
    (name = "javascript", worker = ({javascript}, {common})),
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
        _wait_until_answered(base_url, process)
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
        command = [str(ROOT / "tools" / "workerd.sh"), "serve", "--experimental", str(config)]
        with running(command, cwd=ROOT) as process:
            addresses = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
            for address in addresses:
                _wait_until_answered(f"{address}/api/health", process)
            yield addresses


@contextmanager
def wrangler_dev(base_url: str, assets: Path) -> Iterator[str]:
    """Run the project under `wrangler dev` with the static files of `assets`; gives its address without a final slash."""
    with TemporaryDirectory() as directory, (Path(directory) / "output.log").open("wb") as output:
        port, state = free_port(), Path(directory)
        values = {"IONET_API_KEY": KEY, "IONET_BASE_URL": base_url}
        command = [*wrangler.dev(port, state, values), "--assets", str(assets)]
        with running(command, cwd=ROOT, env=wrangler.environment(state), output=output) as process:
            address = f"http://127.0.0.1:{port}"
            _wait_until_answered(f"{address}/api/health", process)
            yield address


def _config(directory: Path, base_url: str, python_port: int, javascript_port: int) -> str:
    toml = tomllib.loads((ROOT / "wrangler.toml").read_text())
    flags = [*toml["compatibility_flags"], *(["python_workers_development"] if BUNDLE.exists() else [])]
    settings = {"IONET_API_KEY": KEY, "IONET_BASE_URL": base_url, "DEFAULT_MODEL": MODEL}
    bindings = ", ".join(f'(name = "{name}", text = "{value}")' for name, value in settings.items())
    compatibility = f'compatibilityDate = "{toml["compatibility_date"]}"'

    def modules(kind: str, files: dict[str, Path]) -> str:
        listed = (f'(name = "{name}", {kind} = embed "{relpath(path, directory)}")' for name, path in files.items())
        return f"modules = [{', '.join(listed)}]"

    main = ROOT / toml["main"]
    python = {"entry.py": main} | {str(path.relative_to(main.parent)): path for path in sorted(main.parent.rglob("*.py"))}
    python |= {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "python_modules").rglob("*.py"))}
    return CONFIG.format(
        python=modules("pythonModule", python) + f", compatibilityFlags = {_list(flags)}",
        javascript=modules("esModule", {"worker.js": ROOT / "bench" / "worker.js"}),
        common=f'{compatibility}, bindings = [{bindings}], globalOutbound = "network"',
        python_port=python_port,
        javascript_port=javascript_port,
    )


def _list(words: list[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def _wait_until_answered(url: str, process: Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, timeout=START_SECONDS)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nothing answers at {url}")
