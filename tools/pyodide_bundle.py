"""Build workerd's Pyodide bundle from the npm package `pyodide`.

`workerd` downloads its Python from Cloudflare at start. Where that host cannot be reached, the same Pyodide release from npm is
packed into the bundle that workerd accepts as a development build (compatibility flag `python_workers_development`).

    python -m tools.pyodide_bundle
"""

import urllib.error
import urllib.request
from pathlib import Path

import capnp

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "node_modules" / "pyodide"
OFFICIAL = "https://pyodide-capnp-bin.edgeworker.net/"
BUNDLE = ROOT / ".build" / "pyodide" / "pyodide_dev.capnp.bin"

PRELUDE = """\
import {
  addEventListener, getRandomValues, location, monotonicDateNow, newWasmModule,
  patchedApplyFunc, patchedLoadLibData, wasmInstantiate,
} from "pyodide-internal:builtin_wrappers";
function noEval() { throw new Error("eval is not available in workerd"); }
"""

# What Pyodide's glue takes from a browser, and where workerd has it: (text in the glue, its replacement, how often it occurs).
# The counts are exact, so that a new Pyodide that moves one of these places fails here and not in a running Worker.
REPLACEMENTS = (
    ("new WebAssembly.Module(", "newWasmModule(", 4),
    ("WebAssembly.instantiate(", "wasmInstantiate(", 2),
    ("Date.now", "monotonicDateNow", 22),
    ("crypto.getRandomValues(view)", "getRandomValues(Module,view)", 1),
    ("eval(", "noEval(", 6),
    ("getMemory(metadata.memorySize+memAlign)", "Module.getMemoryPatched(Module,libName,metadata.memorySize+memAlign)", 1),
    (
        "function loadLibData(){",
        "function loadLibData(){var patched=patchedLoadLibData(Module,libName,flags.rpath);"
        "return flags.loadAsync?Promise.resolve(patched):patched;",
        1,
    ),
    ("{reportUndefinedSymbols()}", "{Module.reportUndefinedSymbolsNoOp()}", 1),
    ("{reportUndefinedSymbols();return}", "{Module.reportUndefinedSymbolsNoOp();return}", 1),
    ("}reportUndefinedSymbols();removeRunDependency", "}Module.reportUndefinedSymbolsNoOp();removeRunDependency", 1),
    ("export default _createPyodideModule;", "export{_createPyodideModule,_createPyodideModule as default};", 1),
)


class GlueChanged(Exception):
    """A place that workerd needs changed is not where this Pyodide release has it."""


def adapt_glue(source: str) -> str:
    """Make `pyodide.asm.mjs` run inside workerd.

    Parameters: `source`, the module's text as npm ships it.
    Returns the adapted text.
    Raises `GlueChanged` when a place is missing or stands more or less often than known.
    """
    for old, new, count in REPLACEMENTS:
        found = source.count(old)
        if found != count:
            raise GlueChanged(f"pyodide.asm.mjs has {old!r} {found} times, expected {count}: this Pyodide is not the pinned one")
        source = source.replace(old, new)
    return PRELUDE + source


def reachable(url: str) -> bool:
    """Whether a server answers at `url` within five seconds, whatever its answer."""
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # OFFICIAL, or a test's own server
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True


def build(target: Path) -> None:
    """Write the bundle to `target`. Raises `GlueChanged`, or `OSError` when the npm package is missing."""
    schema = capnp.load(str(Path(__file__).with_suffix(".capnp")))
    modules = (
        ("pyodide.asm", "src", adapt_glue((PACKAGE / "pyodide.asm.mjs").read_text()).encode()),
        ("pyodide.asm.wasm", "wasm", (PACKAGE / "pyodide.asm.wasm").read_bytes()),
        ("python_stdlib.zip", "data", (PACKAGE / "python_stdlib.zip").read_bytes()),
    )
    message = schema.Bundle.new_message()
    entries = message.init("modules", len(modules))
    for entry, (name, kind, content) in zip(entries, modules, strict=True):
        entry.name = f"pyodideRuntime-internal:{name}"
        setattr(entry, kind, content)
        entry.type = "internal"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_bytes(message.to_bytes())
    partial.rename(target)


if __name__ == "__main__":
    if reachable(OFFICIAL):
        BUNDLE.unlink(missing_ok=True)
        print("Set-up: workerd fetches its Python from Cloudflare")
    else:
        print("Set-up: workerd's Python, packed from npm (Cloudflare's download cannot be reached)")
        build(BUNDLE)
