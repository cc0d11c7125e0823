"""The pins agree with each other, and the tools of the set-up fail loudly."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tools import complete_lockfile, pyodide_bundle
from tools.pyodide_bundle import ROOT

LOCK = json.loads((ROOT / "package-lock.json").read_text())["packages"]


def test_pyodide_is_the_one_that_workerd_expects() -> None:
    """workerd carries the version of the Pyodide that it starts; another one would not."""
    (binary,) = ROOT.glob("node_modules/@cloudflare/workerd-*/bin/workerd")
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]["pyodide"]
    assert pinned.encode() in binary.read_bytes()
    assert LOCK["node_modules/pyodide"]["version"] == pinned


def test_every_pin_is_exact() -> None:
    versions = json.loads((ROOT / "package.json").read_text())["devDependencies"].values()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    for name in ("requirements.txt", "constraints.txt", "requirements-llm.txt"):
        lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
        assert all(re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+|-c constraints\.txt", line) for line in lines if line)


def test_the_lock_file_holds_every_platform() -> None:
    assert complete_lockfile.complete({"packages": dict(LOCK)}) == []
    assert LOCK["node_modules/@cloudflare/workerd-darwin-arm64"]["os"] == ["darwin"]


def test_the_lock_file_is_completed_where_a_registry_lacks_a_platform() -> None:
    lock = {
        "packages": {
            "node_modules/tool": {
                "dev": True,
                "optionalDependencies": {"@tool/cli-darwin-arm64": "1.2.3", "@tool/cli-linux-x64-musl": "1.2.3"},
            }
        }
    }
    assert complete_lockfile.complete(lock) == ["@tool/cli-darwin-arm64", "@tool/cli-linux-x64-musl"]
    assert lock["packages"]["node_modules/@tool/cli-darwin-arm64"] == {
        "version": "1.2.3",
        "optional": True,
        "dev": True,
        "os": ["darwin"],
        "cpu": ["arm64"],
    }
    assert lock["packages"]["node_modules/@tool/cli-linux-x64-musl"]["libc"] == ["musl"]


def test_no_address_of_a_registry_is_locked() -> None:
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


@pytest.mark.parametrize("place", range(len(pyodide_bundle.REPLACEMENTS)))
def test_a_pyodide_whose_glue_moved_is_refused(place: int) -> None:
    source = (pyodide_bundle.PACKAGE / "pyodide.asm.mjs").read_text()
    old = pyodide_bundle.REPLACEMENTS[place][0]
    assert pyodide_bundle.adapt_glue(source)
    with pytest.raises(pyodide_bundle.GlueChanged, match=re.escape(repr(old))):
        pyodide_bundle.adapt_glue(source.replace(old, "", 1))


def test_the_official_bundle_is_preferred_where_it_can_be_had(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("", 404)
    assert pyodide_bundle.reachable(httpserver.url_for("/"))
    httpserver.stop()
    assert not pyodide_bundle.reachable(httpserver.url_for("/"))


class TestMissingTools:
    def check(self, python: str, path: Path) -> subprocess.CompletedProcess[str]:
        # dash and the shell's own commands only: whatever else is found is what the test puts there
        return subprocess.run(
            ["/bin/sh", ROOT / "tools" / "check-tools.sh", python],
            env={"PATH": str(path)},
            capture_output=True,
            text=True,
            check=False,
        )

    def tool(self, path: Path, name: str, script: str = "") -> None:
        (path / name).write_text(f"#!/bin/sh\n{script}\n")
        (path / name).chmod(0o755)

    def test_no_python(self, tmp_path: Path) -> None:
        result = self.check("python3", tmp_path)
        assert result.returncode == 1
        assert "python3 was not found. Install Python 3.11" in result.stderr

    def test_an_old_python(self, tmp_path: Path) -> None:
        self.tool(tmp_path, "python3", '[ "$1" = --version ] && echo Python 3.9.6 || exit 1')
        assert "python3 is Python 3.9.6; 3.11 or newer is needed" in self.check("python3", tmp_path).stderr

    def test_no_npm(self, tmp_path: Path) -> None:
        self.tool(tmp_path, "python3")
        assert "npm was not found. Install Node.js" in self.check("python3", tmp_path).stderr

    def test_all_is_there(self, tmp_path: Path) -> None:
        self.tool(tmp_path, "python3")
        self.tool(tmp_path, "npm")
        assert self.check("python3", tmp_path).returncode == 0


def test_every_module_is_written_for_the_python_it_runs_on() -> None:
    """`wrangler deploy` uploads a file with a syntax error without a word."""
    for path in (ROOT / "src").rglob("*.py"):
        compile(path.read_text(), path, "exec")


def test_plain_wrangler_finds_everything_in_wrangler_toml() -> None:
    config = tomllib.loads((ROOT / "wrangler.toml").read_text())
    assert (ROOT / config["main"]).is_file()
    assert config["compatibility_flags"] == ["python_workers"]
    assert (ROOT / config["assets"]["directory"] / "index.html").is_file()
