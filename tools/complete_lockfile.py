"""Complete package-lock.json with the platform packages that the registry in use does not carry.

A mirror may lack, say, the macOS build of a package. npm then leaves that build out of the lock file, and `npm ci` refuses the
file as incomplete. This adds the missing optional entries by name and version, which is all npm needs to skip them on another
platform and to fetch them on their own. Run it after every change of package.json:

    npm install --package-lock-only && python -m tools.complete_lockfile
"""

import json
from pathlib import Path
from typing import Any

LOCKFILE = Path(__file__).resolve().parent.parent / "package-lock.json"

OS = {"android": "android", "darwin": "darwin", "linux": "linux", "win32": "win32", "windows": "win32"}
CPU = {"64": "x64", "x64": "x64", "arm64": "arm64"}


def platform_entry(name: str, version: str, *, dev: bool) -> dict[str, Any]:
    """The lock file's entry for a platform package such as `@cloudflare/workerd-darwin-arm64`, read off its name."""
    words = name.rsplit("/", 1)[-1].split("-")
    entry: dict[str, Any] = {"version": version, "optional": True}
    if dev:
        entry["dev"] = True
    for field, known in (("os", OS), ("cpu", CPU)):
        if values := [known[word] for word in words if word in known]:
            entry[field] = values
    if "musl" in words:
        entry["libc"] = ["musl"]
    return entry


def complete(lock: dict[str, Any]) -> list[str]:
    """Add to `lock` every optional dependency that it names but does not hold; return the names added."""
    packages = lock["packages"]
    added = []
    for package in list(packages.values()):
        for name, version in package.get("optionalDependencies", {}).items():
            path = f"node_modules/{name}"
            if path not in packages:
                packages[path] = platform_entry(name, version, dev=package.get("dev", False))
                added.append(name)
    lock["packages"] = dict(sorted(packages.items()))
    return added


if __name__ == "__main__":
    content = json.loads(LOCKFILE.read_text())
    names = complete(content)
    LOCKFILE.write_text(json.dumps(content, indent=2) + "\n")
    print("\n".join(names) or "nothing was missing")
