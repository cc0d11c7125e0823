"""Cloudflare starts a deployed Worker from a memory snapshot of it: nothing it keeps at import may stand in the way."""

from pathlib import Path

import pytest

from tools import workerd
from tools.processes import free_port, running, wait_until, wait_until_answered
from tools.pyodide_bundle import ROOT


@pytest.fixture
def config(tmp_path: Path) -> tuple[Path, str]:
    port = free_port()
    settings = {"IONET_API_KEY": "key", "ALLOW_ANONYMOUS": "true"}
    worker = workerd.python_worker(tmp_path, settings, "python_dedicated_snapshot")
    path = tmp_path / "workerd.capnp"
    path.write_text(workerd.config(worker, port))
    return path, f"http://127.0.0.1:{port}/api/health"


def test_the_worker_starts_from_its_snapshot(config: tuple[Path, str]) -> None:
    path, health = config
    snapshots = f"--python-snapshot-dir={path.parent}"
    with running([*workerd.COMMAND, "--python-save-snapshot", snapshots, str(path)], cwd=ROOT) as process:
        wait_until((path.parent / "snapshot.bin").exists, process)
    with running([*workerd.COMMAND, "--python-load-snapshot=snapshot.bin", snapshots, str(path)], cwd=ROOT) as process:
        assert wait_until_answered(health, process).json()["status"] == "ok"
