"""The project in another folder, to run its commands there."""

import os
import shutil
from pathlib import Path

from tools.pyodide_bundle import ROOT

FILES = ("Makefile", "wrangler.toml", "package.json", "package-lock.json", "requirements.lock")
FOLDERS = ("src", "public", "tools", "migrations")
LINKED = (".venv", ".build", "node_modules", "python_modules")


def copy_into(path: Path) -> None:
    """Make `path` a copy of what commands need; what the set-up has installed is not installed anew."""
    path.mkdir(parents=True)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, path / name)
    for name in FILES:
        shutil.copyfile(ROOT / name, path / name)
        os.utime(path / name, (0, 0))  # older than all that the set-up made, so that make leaves alone what the links lead to
    for name in LINKED:
        (path / name).symlink_to(ROOT / name)
