"""The Worker in a bare workerd, without wrangler: for measuring it, and for taking the memory snapshot that a deployment takes."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Any

from tools.pyodide_bundle import BUNDLE, ROOT

COMMAND = (str(ROOT / "tools" / "workerd.sh"), "serve", "--experimental")


def python_worker(
    directory: Path, settings: Mapping[str, str], *flags: str, main: Path | None = None, others: Sequence[str] = ()
) -> str:
    """The Worker as a value of `Workerd.Worker` in a configuration file that lies in `directory`.

    Parameters: `settings`, its text bindings; `flags`, compatibility flags beside those of wrangler.toml; `main`, another Worker's file,
    which has its folder to itself; `others`, values of `Workerd.Worker.Binding`.
    """
    toml = wrangler_toml()
    main = main or ROOT / toml["main"]
    files = {"entry.py": main} | {str(path.relative_to(main.parent)): path for path in sorted(main.parent.rglob("*.py"))}
    files |= {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "python_modules").rglob("*.py"))}
    development = ["python_workers_development"] if BUNDLE.exists() else []
    all_flags = json.dumps([*toml["compatibility_flags"], *development, *flags])
    return f"({modules(directory, 'pythonModule', files)}, compatibilityFlags = {all_flags}, {bindings(settings, others)})"


def modules(directory: Path, kind: str, files: Mapping[str, Path]) -> str:
    """The `modules` member of a Worker: `files` by module name, embedded relative to `directory`."""
    listed = (
        f"(name = {json.dumps(name)}, {kind} = embed {json.dumps(relpath(path, directory))})" for name, path in files.items()
    )
    return f"modules = [{', '.join(listed)}]"


def bindings(settings: Mapping[str, str], others: Sequence[str] = ()) -> str:
    """The `bindings` and `compatibilityDate` members of a Worker; parameters as for `python_worker`."""
    listed = [*(f"(name = {json.dumps(name)}, text = {json.dumps(value)})" for name, value in settings.items()), *others]
    date = json.dumps(wrangler_toml()["compatibility_date"])
    return f'bindings = [{", ".join(listed)}], compatibilityDate = {date}, globalOutbound = "network"'


def wrangler_toml() -> dict[str, Any]:
    """The project's wrangler.toml."""
    return tomllib.loads((ROOT / "wrangler.toml").read_text())
