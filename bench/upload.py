"""What `wrangler deploy` would upload."""

import json
import re
import subprocess
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from bench.figures import Figure, Parts
from bench.serving import OURS
from bench.start import JAVASCRIPT, PYTHON
from bench.workerd import HELLO, HELLO_JAVASCRIPT
from tools import wrangler
from tools.pyodide_bundle import ROOT
from tools.workerd import wrangler_toml

SIZE = re.compile(r"Total Upload: ([\d.]+) KiB / gzip: ([\d.]+) KiB")


def measure(_rounds: int) -> Parts:
    total = Figure("upload", "KiB", {OURS: PYTHON, JAVASCRIPT: PYTHON})
    zipped = Figure("upload, compressed", "KiB", {OURS: PYTHON, JAVASCRIPT: PYTHON})
    with TemporaryDirectory() as directory:
        for name, project in (
            (JAVASCRIPT, _hello(Path(directory) / "javascript", HELLO_JAVASCRIPT)),
            (PYTHON, _hello(Path(directory) / "python", HELLO)),
            (OURS, ROOT),
        ):
            sizes = sizes_of_upload(project, Path(directory))
            total.add(name, sizes[0])
            zipped.add(name, sizes[1])
    return {"Upload": [total, zipped]}


def sizes_of_upload(project: Path, state: Path) -> tuple[float, float]:
    """The size in KiB of what a project's deployment would upload, and of the same compressed.

    Raises `RuntimeError` with wrangler's output where that says no size.
    """
    command = wrangler.command("deploy", "--dry-run", "--outdir", str(state / "out"))
    result = subprocess.run(command, cwd=project, env=wrangler.environment(state), capture_output=True, text=True, check=False)
    found = SIZE.search(result.stdout)
    if found is None:
        raise RuntimeError(result.stdout + result.stderr)
    return float(found[1]), float(found[2])


def _hello(project: Path, main: Path) -> Path:
    """A project with one Worker, set up like this one."""
    project.mkdir()
    copyfile(main, project / main.name)
    python = main.suffix == ".py"
    if python:
        (project / "python_modules").symlink_to(ROOT / "python_modules")
    flags = json.dumps(["python_workers"] if python else [])
    date = wrangler_toml()["compatibility_date"]
    (project / "wrangler.toml").write_text(
        f'name = "hello"\nmain = "{main.name}"\ncompatibility_date = "{date}"\ncompatibility_flags = {flags}\n'
    )
    return project
