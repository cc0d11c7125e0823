"""The pins agree with each other, and the tools of the set-up fail loudly."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tools import pyodide_bundle
from tools.pyodide_bundle import ROOT

LOCK = json.loads((ROOT / "package-lock.json").read_text())["packages"]
NPM = ("package", "bench/gateways/package", "tests/clients/package")
PYTHON = ("requirements", "requirements-llm", "bench/gateways/requirements", "tests/clients/requirements")


def test_pyodide_is_the_one_that_workerd_expects() -> None:
    """workerd carries the version of the Pyodide that it starts; another one would not."""
    (binary,) = ROOT.glob("node_modules/@cloudflare/workerd-*/bin/workerd")
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]["pyodide"]
    assert pinned.encode() in binary.read_bytes()
    assert LOCK["node_modules/pyodide"]["version"] == pinned


def requirements(name: str) -> dict[str, str]:
    """The requirements of a file of pip's, by normalised name (PyPA, name normalization): each with its version and hashes."""
    text = re.sub(r"#.*|\\\n", "", (ROOT / name).read_text())
    split = (re.split(r"(?:\[\w+\])?==", line, maxsplit=1) for line in text.splitlines() if line.strip())
    return {re.sub(r"[-_.]+", "-", name).lower(): rest for name, rest in split}


def test_every_pin_is_exact() -> None:
    for name in NPM:
        package = json.loads((ROOT / f"{name}.json").read_text())
        versions = [*package["dependencies"].values(), *package.get("devDependencies", {}).values()]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    for name in PYTHON:
        assert all(re.fullmatch(r"[\w.]+", version) for version in requirements(f"{name}.txt").values())


@pytest.mark.parametrize("name", PYTHON)
def test_every_python_package_is_locked_by_its_hashes(name: str) -> None:
    locked = requirements(f"{name}.lock")
    versions = {package: rest.split()[0] for package, rest in locked.items()}
    assert versions | requirements(f"{name}.txt") == versions, "run make lock"
    hashes = r"[\w.]+(?: ; [^-]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+"
    assert [package for package, rest in locked.items() if not re.fullmatch(hashes, rest)] == []


@pytest.mark.parametrize("name", NPM)
def test_every_npm_package_is_locked_by_its_hash(name: str) -> None:
    lock = json.loads((ROOT / f"{name}-lock.json").read_text())["packages"]
    packages = {path: entry for path, entry in lock.items() if path}
    assert [path for path, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []


def test_nothing_is_installed_without_its_hash() -> None:
    """But the tool that writes the hashes down."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", "")
    installs = re.findall(r"pip install .*", makefile)
    assert [line for line in installs if "--require-hashes" not in line and not re.search(r" uv==[\d.]+$", line)] == []
    assert len(installs) == 6
    assert makefile.count("npm ci") == 3


def test_the_lock_file_holds_every_platform() -> None:
    optional = {name for entry in LOCK.values() for name in entry.get("optionalDependencies", ())}
    assert [name for name in optional if f"node_modules/{name}" not in LOCK] == []
    assert LOCK["node_modules/@cloudflare/workerd-darwin-arm64"]["os"] == ["darwin"]


def test_no_address_of_a_registry_is_locked() -> None:
    for name in NPM:
        assert "resolved" not in (ROOT / f"{name}-lock.json").read_text()
    for name in PYTHON:
        text = (ROOT / f"{name}.lock").read_text()
        assert "://" not in text
        assert "-url" not in text


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
    assert config["compatibility_flags"] == ["python_workers", "enable_request_signal"]
    assert (ROOT / config["assets"]["directory"] / "index.html").is_file()


def test_the_rate_limits_counters_are_this_projects_own() -> None:
    """1001 is the number of Cloudflare's examples; Workers of an account that have the same number share its counters."""
    numbers = [limiter["namespace_id"] for limiter in tomllib.loads((ROOT / "wrangler.toml").read_text())["ratelimits"]]
    assert all(re.fullmatch(r"[1-9]\d{6,9}", number) and int(number) < 2**31 for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_an_old_version_has_no_address_at_which_its_old_secrets_still_hold() -> None:
    config = tomllib.loads((ROOT / "wrangler.toml").read_text())
    assert (config["workers_dev"], config["preview_urls"]) == (True, False)


def test_nothing_is_served_that_is_not_the_pages() -> None:
    """All of public/ is, whatever it is called; but `_headers`, which wrangler reads."""
    files = {str(path.relative_to(ROOT / "public")) for path in (ROOT / "public").rglob("*") if path.is_file()} - {"_headers"}
    served = re.compile(
        r"(?:[a-z0-9][a-z0-9.-]*/)*[a-z0-9][a-z0-9.-]*\.(?:css|html|js|json|png|svg|webmanifest|woff2|(?:css|js)\.map|LICENSE\.txt|d\.ts)"
    )
    assert [name for name in sorted(files) if not served.fullmatch(name)] == []
    assert "vendor/eventsource-parser.js" in files
