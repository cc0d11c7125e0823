"""What the README shows, in both languages, does what it says: against the real Worker, at another address."""

import re
import subprocess
import sys

import pytest

from tests.conftest import Worker
from tools.pyodide_bundle import ROOT
from tools.wrangler import node

ADDRESS = "http://127.0.0.1:8787"


@pytest.fixture(params=["README.md", "README.ja.md"])
def readme(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return (ROOT / name).read_text()


def snippet(readme: str, language: str, has: str) -> str:
    """The code of that language that has these words in it."""
    (found,) = (code for code in re.findall(rf"^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL) if has in code)
    return str(found)


def said(*command: str, code: str = "") -> str:
    result = subprocess.run(
        [*command], cwd=ROOT / "tests", input=code, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_curl(readme: str, worker: Worker) -> None:
    code = snippet(readme, "sh", "curl").replace(ADDRESS, worker.url)
    text = said("bash", "-euc", code)
    assert len(text) > 20
    assert "data:" not in text


def test_python(readme: str, worker: Worker) -> None:
    code = snippet(readme, "python", "OpenAI").replace(ADDRESS, worker.url)
    assert len(said(sys.executable, "-", code=code)) > 20


def test_node(readme: str, worker: Worker) -> None:
    code = snippet(readme, "js", "new OpenAI").replace(ADDRESS, worker.url)
    assert len(said(node(), "--input-type=module", "-", code=code)) > 20
