"""The Worker in a bare workerd, without wrangler: for measuring it, and for taking the memory snapshot that a deployment takes."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Any

from tools.pyodide_bundle import BUNDLE, ROOT

COMMAND = (str(ROOT / "tools" / "workerd.sh"), "serve", "--experimental")


CONFIG = """\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = {worker}), (name = "network", network = (allow = ["private"]))],
  sockets = [(name = "main", address = "127.0.0.1:{port}", http = (), service = "main")],
  v8Flags = {v8_flags},
);
"""


def config(worker: str, port: int, *v8_flags: str) -> str:
    """The configuration of one Worker, a value of `Workerd.Worker`, at a port of this machine."""
    return CONFIG.format(worker=worker, port=port, v8_flags=json.dumps(v8_flags))


def python_worker(
    directory: Path,
    settings: Mapping[str, str],
    *flags: str,
    main: Path | None = None,
    sources: Path | None = None,
    others: Sequence[str] = (),
    cache: str | None = None,
) -> str:
    """The Worker as a value of `Workerd.Worker` in a configuration file that lies in `directory`.

    Parameters: `settings`, its text bindings; `flags`, compatibility flags beside those of wrangler.toml; `main`, another Worker's entry;
    `sources`, the folder of its modules, where they are not the project's; `others`, values of `Workerd.Worker.Binding`; `cache`, the
    service that stands for Cloudflare's cache.
    """
    toml = wrangler_toml()
    entry = ROOT / toml["main"]
    sources = sources or entry.parent
    files = {str(path.relative_to(sources)): path for path in sorted(sources.rglob("*.py")) if path != entry}
    files = {entry.name: main or entry} | files
    files |= {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "python_modules").rglob("*.py"))}
    development = ["python_workers_development"] if BUNDLE.exists() else []
    all_flags = json.dumps([*toml["compatibility_flags"], *development, *flags])
    members = [modules(directory, "pythonModule", files), f"compatibilityFlags = {all_flags}", bindings(settings, others)]
    if cache:
        members.append(f"cacheApiOutbound = {quoted(cache)}")
    return f"({', '.join(members)})"


def javascript_worker(directory: Path, code: Path, settings: Mapping[str, str], others: Sequence[str] = ()) -> str:
    """A Worker of one JavaScript module as a value of `Workerd.Worker`; parameters as for `python_worker`."""
    return f"({modules(directory, 'esModule', {code.name: code})}, {bindings(settings, others)})"


def modules(directory: Path, kind: str, files: Mapping[str, Path]) -> str:
    """The `modules` member of a Worker: `files` by module name, embedded relative to `directory`."""
    listed = (
        f"(name = {json.dumps(name)}, {kind} = embed {json.dumps(relpath(path, directory))})" for name, path in files.items()
    )
    return f"modules = [{', '.join(listed)}]"


def bindings(settings: Mapping[str, str], others: Sequence[str] = ()) -> str:
    """The `bindings` and `compatibilityDate` members of a Worker; parameters as for `python_worker`."""
    listed = [*(f"(name = {quoted(name)}, text = {quoted(value)})" for name, value in settings.items()), *others]
    date = json.dumps(wrangler_toml()["compatibility_date"])
    return f'bindings = [{", ".join(listed)}], compatibilityDate = {date}, globalOutbound = "network"'


def quoted(text: str) -> str:
    """A text in Cap'n Proto's spelling, which has no `\\u`."""
    escaped = re.sub(r'["\\\x00-\x1f]', lambda found: f"\\x{ord(found[0]):02x}", text)
    return f'"{escaped}"'


def wrangler_toml() -> dict[str, Any]:
    """The project's wrangler.toml."""
    return tomllib.loads((ROOT / "wrangler.toml").read_text())
