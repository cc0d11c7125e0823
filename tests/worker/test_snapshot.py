"""Cloudflare starts a deployed Worker from a memory snapshot of it: nothing it keeps at import may stand in the way."""

from pathlib import Path

from tools import workerd
from tools.processes import free_port, running, wait_until_answered
from tools.pyodide_bundle import ROOT
from tools.pyodide_snapshot import FILE, take_worker


def test_the_worker_starts_from_its_snapshot(tmp_path: Path) -> None:
    take_worker(tmp_path)
    port = free_port()
    path = tmp_path / "workerd.capnp"
    worker = workerd.python_worker(tmp_path, {"IONET_API_KEY": "key", "ALLOW_ANONYMOUS": "true"})
    path.write_text(workerd.config(worker, port))
    start = [*workerd.COMMAND, f"--python-load-snapshot={FILE}", f"--python-snapshot-dir={tmp_path}", str(path)]
    with running(start, cwd=ROOT) as process:
        assert wait_until_answered(f"http://127.0.0.1:{port}/api/health", process).json()["status"] == "ok"
