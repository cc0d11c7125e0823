"""`make serve`: the edge on this machine, under a plain workerd, without Cloudflare.

Settings come from the environment, then from .dev.vars, then from `[vars]` in wrangler.toml. This command's own: HOST (default 127.0.0.1),
PORT (8787), DATA (the folder of what is kept, ./data) and PROXY (the addresses of the proxies that speak for their clients).
"""

import contextlib
import fcntl
import ipaddress
import os
import sys
from pathlib import Path
from typing import IO

from tools import workerd
from tools.processes import NotStarted, running, wait_until_answered
from tools.pyodide_bundle import BUNDLE, ROOT
from tools.pyodide_snapshot import PYTHON
from tools.serve import configuration
from tools.serve.migrations import migrate
from tools.starting import CannotStart, end_in_order, given_settings, usable_port

OWN = ("HOST", "PORT", "DATA", "PROXY")


def main() -> None:
    """Run until interrupted. Raises `CannotStart`."""
    end_in_order()
    os.umask(0o077)  # what is written here are secrets, and what people wrote
    host = _address("HOST", os.environ.get("HOST", "127.0.0.1"))
    port = usable_port(os.environ.get("PORT", "8787"), "make serve", host)
    proxies = [_address("PROXY", entry.strip()) for entry in os.environ.get("PROXY", "").split(",") if entry.strip()]
    variables = {name: str(value) for name, value in workerd.wrangler_toml().get("vars", {}).items()}
    settings = variables | given_settings("make serve", OWN)
    data = _folder(Path(os.environ.get("DATA") or ROOT / "data"))
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context(_locked(data))
        for name in migrate(data):
            print(f"Database: {name}", flush=True)
        listening = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        config = data / "workerd.capnp"
        stack.callback(config.unlink, missing_ok=True)
        config.unlink(missing_ok=True)
        config.write_text(configuration.edge(data, data, listening, settings, proxies))
        environment = {**os.environ, **({"PYODIDE_SNAPSHOT": str(PYTHON)} if BUNDLE.exists() else {})}
        command = [*workerd.COMMAND, str(config)]
        process = stack.enter_context(running(command, cwd=ROOT, env=environment, keep=[lock.fileno()]))
        health = wait_until_answered(f"http://{_reached(listening)}/api/health", process)
        config.unlink()  # workerd has read it, and it holds secrets
        problem = health.json()["error"]["message"] if health.status_code == 503 else None
        print(_banner(listening, data, problem), flush=True)
        sys.exit(process.wait())


def _address(name: str, text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise CannotStart(f"{name}: expected an IP address, such as 127.0.0.1") from None


def _folder(path: Path) -> Path:
    path = path.resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        for name in configuration.DISKS:
            (path / name).mkdir(exist_ok=True)
    except OSError as problem:
        raise CannotStart(f"DATA: {path} cannot be used as a folder: {problem.strerror}") from None
    return path


def _locked(data: Path) -> IO[bytes]:
    """Keep others from the database as long as the file is open: workerd has it too, so it counts also if this process is killed."""
    try:
        lock = (data / "lock").open("wb")
    except OSError as problem:
        raise CannotStart(f"DATA: {data} cannot be written: {problem.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotStart(f"{data} is in use by another make serve: end that, or give this one a DATA of its own") from None
    return lock


def _reached(listening: str) -> str:
    """Where this machine reaches what listens everywhere."""
    return listening.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:")


def _banner(listening: str, data: Path, problem: str | None) -> str:
    lines = ["", f"  ionet-edge   http://{listening}", f"  data         {data}", ""]
    if problem:
        lines += [f"  It serves nobody yet: {problem}", ""]
    return "\n".join([*lines, "  Ctrl-C ends it.", ""])


if __name__ == "__main__":
    try:
        main()
    except (CannotStart, NotStarted) as problem:
        sys.exit(f"make serve: {problem}")
