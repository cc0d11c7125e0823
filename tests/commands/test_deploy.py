"""deploy/: the examples name what there is. None of them is run; systemd reads the unit where there is one."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest

from gateway.base.settings import READERS
from tools.pyodide_bundle import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
SERVICE = (ROOT / "deploy" / "ionet-edge.service").read_text()
OWN = {"DATA", "HOST", "PORT", "PROXY", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}

USES_ALL = """
import sys
from pathlib import Path
import httpx
import tools.serve.__main__
from tools.serve.migrations import migrate
httpx.Client().close()
print(*migrate(Path(sys.argv[1])))
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with the packages that the Dockerfile installs, and no others."""
    (names,) = re.findall(r"for name in (.+); do", DOCKERFILE)
    folder = tmp_path / "packages"
    folder.mkdir()
    for name in names.split():
        for file in files(name) or []:
            top = folder / file.parts[0]
            if file.parts[0] != ".." and not top.exists():
                top.symlink_to(
                    Path(str(file.locate())).parents[len(file.parts) - 2] if len(file.parts) > 1 else str(file.locate())
                )
    return folder


def test_the_image_has_the_packages_that_make_serve_needs(packages: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "d1").mkdir(parents=True)
    path = f"{packages}:{ROOT / 'src'}:{ROOT}"
    command = [sys.executable, "-S", "-c", USES_ALL, str(data)]
    result = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=False)
    assert result.stderr == ""
    assert result.stdout.split() == sorted(path.name for path in (ROOT / "migrations").glob("*.sql"))


def test_the_image_is_made_of_what_there_is() -> None:
    copied = re.findall(r"^COPY --from=build /opt/ionet-edge/(\S+) (\S+)$", DOCKERFILE, re.MULTILINE)
    assert len(copied) == DOCKERFILE.count("COPY --from=")
    made = {".build/serve"}  # by the Dockerfile itself
    for source, target in copied:
        assert source in made or (ROOT / source).exists()
        assert target in (f"{source}/", "./")


def test_the_image_runs_as_a_user_of_its_own() -> None:
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["edge"]
    assert DOCKERFILE.index("\nUSER edge") < DOCKERFILE.index("\nENTRYPOINT")


def test_what_is_made_or_secret_is_not_sent_to_docker() -> None:
    def entries(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line.removeprefix("**/").lstrip("/") for line in lines if line and not line.startswith("#")}

    assert entries(".gitignore") <= entries(".dockerignore")


def test_settings_have_names_that_are_known() -> None:
    (given,) = re.findall(r"^ENV (.+)$", DOCKERFILE, re.MULTILINE)
    names = {pair.split("=")[0] for pair in given.split()} | set(re.findall(r"^Environment=(\w+)=", SERVICE, re.MULTILINE))
    assert names <= OWN | READERS.keys()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_knows_every_word_of_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "ionet-edge.service"
    unit.write_text(SERVICE.replace("/opt/ionet-edge/.venv/bin/python", sys.executable))
    read = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert read.returncode == 0
    assert "ionet-edge.service" not in read.stderr


def test_caddy_ends_a_call_whose_client_left() -> None:
    """With `flush_interval -1` it would not."""
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    assert not re.search(r"^\s*flush_interval", text, re.MULTILINE)
    assert "reverse_proxy 127.0.0.1:8787" in text
