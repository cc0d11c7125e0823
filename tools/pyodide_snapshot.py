"""Keep the memory of a Python that has just started, so that no other has to start from nothing.

Cloudflare's own bundle of Pyodide brings such a snapshot along. The one that is packed here (tools/pyodide_bundle.py) does not, and a
Worker would take five seconds of a processor's time to start. From the snapshot of a Python it takes two, from one of the whole Worker less
than one; but the Worker's modules in that are the same for ever, whatever their files say: so it is for tests.

    python -m tools.pyodide_snapshot
"""

import tempfile
from pathlib import Path

from tools import workerd
from tools.processes import free_port, running, wait_until_answered
from tools.pyodide_bundle import BUNDLE, ROOT

PYTHON = BUNDLE.parent
"""The folder that has the snapshot of a Python."""

FILE = "snapshot.bin"
NOT_OF_THE_WORKER = "disable_python_dedicated_snapshot"
"""The compatibility flag with which workerd takes a snapshot before the Worker's modules run, and starts from one. The default is after."""


def take_python(folder: Path) -> None:
    """Write the snapshot of a Python into `folder`. Raises `NotStarted`."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        directory = Path(name)
        nothing = directory / "nothing.py"
        nothing.touch()
        _take(directory, workerd.python_worker(directory, {}, NOT_OF_THE_WORKER, main=nothing, sources=directory), "-baseline")
        (directory / FILE).rename(folder / FILE)


def take_worker(folder: Path) -> None:
    """Write the snapshot of the Worker, as a deployment takes it, into `folder`. Raises `NotStarted`."""
    _take(folder, workerd.python_worker(folder, {}), "")


def _take(folder: Path, worker: str, kind: str) -> None:
    config, port = folder / "snapshot.capnp", free_port()
    config.write_text(workerd.config(worker, port))
    options = [f"--python-save{kind}-snapshot", f"--python-snapshot-dir={folder}"]
    # It complains of a Worker that has nothing to answer with.
    with (
        (folder / "log").open("wb") as log,
        running([*workerd.COMMAND, *options, str(config)], cwd=ROOT, output=log) as process,
    ):
        wait_until_answered(f"http://127.0.0.1:{port}/", process)


if __name__ == "__main__" and BUNDLE.exists():
    take_python(PYTHON)
