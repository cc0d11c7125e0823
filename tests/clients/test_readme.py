"""What the README shows, in both languages, does what it says: against the real Worker, at another address."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import Worker
from tests.documents import ADDRESS, snippet
from tools.pyodide_bundle import ROOT
from tools.wrangler import node


def said(*command: str, code: str = "") -> str:
    result = subprocess.run(
        [*command], cwd=ROOT / "tests", input=code, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_curl(readme: Path, worker: Worker) -> None:
    code = snippet(readme, "sh", "curl").replace(ADDRESS, worker.url)
    text = said("bash", "-euc", code)
    assert len(text) > 20
    assert "data:" not in text


def test_python(readme: Path, worker: Worker) -> None:
    code = snippet(readme, "python", "OpenAI").replace(ADDRESS, worker.url)
    assert len(said(sys.executable, "-", code=code)) > 20


def test_node(readme: Path, worker: Worker) -> None:
    code = snippet(readme, "js", "new OpenAI").replace(ADDRESS, worker.url)
    assert len(said(node(), "--input-type=module", "-", code=code)) > 20
