"""Keep the memory of a Python that has just started, so that no other has to start from nothing.

Cloudflare's own bundle of Pyodide brings such a snapshot along. The one that is packed here (tools/pyodide_bundle.py) does not, and a
Worker would take five seconds of a processor's time to start, in place of half a second. Only Python may be in it: a module of the
Worker's own would be the same for ever, whatever its file says.

    python -m tools.pyodide_snapshot
"""

import tempfile
from pathlib import Path

from tools import workerd
from tools.processes import free_port, running, wait_until_answered
from tools.pyodide_bundle import BUNDLE, ROOT

SNAPSHOT = BUNDLE.parent / "snapshot.bin"


def take(target: Path) -> None:
    """Write the snapshot to `target`. Raises `NotStarted`."""
    with tempfile.TemporaryDirectory(dir=ROOT / ".build") as name:
        directory = Path(name)
        config, entry = directory / "workerd.capnp", directory / "nothing.py"
        entry.touch()
        port = free_port()
        # A dedicated snapshot, which is the default, would be taken when the Worker's own modules have run.
        worker = workerd.python_worker(directory, {}, "disable_python_dedicated_snapshot", main=entry, sources=directory)
        config.write_text(workerd.config(worker, port))
        options = ["--python-save-baseline-snapshot", f"--python-snapshot-dir={directory}"]
        with running([*workerd.COMMAND, *options, str(config)], cwd=ROOT) as process:
            wait_until_answered(f"http://127.0.0.1:{port}/", process)
        (directory / SNAPSHOT.name).rename(target)


if __name__ == "__main__" and BUNDLE.exists():
    take(SNAPSHOT)
