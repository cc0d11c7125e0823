"""How this project calls wrangler: the pinned one, under the pinned Node, without calling home."""

import os
import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tools.pyodide_bundle import BUNDLE, ROOT
from tools.pyodide_snapshot import NOT_OF_THE_WORKER, PYTHON

SETTINGS_FILE = "settings.env"


def node() -> str:
    """The path of the Node that the Python environment holds. Raises `FileNotFoundError` before the set-up has run."""
    found = shutil.which("node", path=str(Path(sys.prefix) / "bin"))
    if found is None:
        raise FileNotFoundError("node is not set up: run make setup")
    return found


def command(*arguments: str) -> list[str]:
    """The command line of `wrangler` with these arguments."""
    return [node(), str(ROOT / "node_modules" / "wrangler" / "bin" / "wrangler.js"), *arguments]


def environment(state: Path, worker: Path | None = None) -> dict[str, str]:
    """The environment for wrangler: it keeps everything it writes under `state`, and finds the bundle where one was built.

    `worker` is a folder with a snapshot of the whole Worker to start from (tools/pyodide_snapshot.py).
    """
    variables = {
        **os.environ,
        "CLOUDFLARE_CF_FETCH_ENABLED": "false",
        "HOME": str(state),
        "NODE_COMPILE_CACHE": str(ROOT / ".build" / "node"),  # wrangler is large: compiled anew, its start takes twice as long
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",  # wrangler.toml's [build] calls node
        "WRANGLER_LOG_PATH": str(state / "logs"),
        "WRANGLER_REGISTRY_PATH": str(state / "registry"),
        "WRANGLER_SEND_METRICS": "false",
    }
    if BUNDLE.exists():
        variables["MINIFLARE_WORKERD_PATH"] = str(ROOT / "tools" / "workerd.sh")
        variables["PYODIDE_SNAPSHOT"] = str(worker or PYTHON)
    return variables


def dev(port: int, state: Path, values: Mapping[str, str], worker: Path | None = None) -> list[str]:
    """The command line of `wrangler dev` on 127.0.0.1.

    Parameters: `port`, the TCP port; `state`, an existing directory for local databases and the like; `values`, settings of the Worker;
    `worker`, as for `environment`.
    They go through a file that only this user can read, because every user sees a command line.
    Raises `ValueError`, with a sentence, for a value that this file cannot express.
    """
    env_file = state / SETTINGS_FILE
    env_file.touch(mode=0o600)
    env_file.write_text(_file(values))
    arguments = ["dev", "--ip", "127.0.0.1", "--port", str(port), "--inspector-port", "0", "--persist-to", str(state)]
    arguments += ["--show-interactive-dev-session=false", "--env-file", str(env_file)]
    if BUNDLE.exists():
        # On the command line the flags replace those of wrangler.toml, so all are named.
        flags = tomllib.loads((ROOT / "wrangler.toml").read_text())["compatibility_flags"]
        for flag in (*flags, "python_workers_development", *(() if worker else (NOT_OF_THE_WORKER,))):
            arguments += ["--compatibility-flags", flag]
    return command(*arguments)


def migrate(state: Path) -> list[str]:
    """The command line that brings the local database of `wrangler dev` up to date; `state` as for `dev`."""
    return command("d1", "migrations", "apply", "DB", "--local", "--persist-to", str(state))


def _file(values: Mapping[str, str]) -> str:
    """Settings as wrangler reads them: with dotenv, which has no escape for a quote, then with dotenv-expand, which replaces `$NAME`.

    Raises `ValueError` with the name of a setting that such a file cannot express.
    """
    lines = ["BACKTICK='`'"]
    for name, value in values.items():
        quote = "`" if "'" in value else "'"
        if value.endswith("\\") or (quote == "`" and "\\`" in value):
            raise ValueError(f"{name}: a backslash cannot stand there")
        text = value.replace("$", "\\$").replace(quote, "${BACKTICK}")
        lines.append(f"{name}={quote}{text}{quote}")
    return "\n".join(lines) + "\n"
