"""The documents, and the code in them."""

import re
from pathlib import Path

from tools.pyodide_bundle import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "bench").glob("*.md"))]
ADDRESS = "http://127.0.0.1:8787"
"""That of the edge, in the documents."""

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: Path) -> list[tuple[str, str]]:
    """The language and the code of each block."""
    return FENCE.findall(document.read_text())


def snippet(document: Path, language: str, has: str) -> str:
    """The code of the one block of that language that has these words in it."""
    (found,) = (code for of, code in blocks(document) if of == language and has in code)
    return found


def commands(document: Path) -> list[str]:
    """What the blocks for a shell have a person type, line by line, without comments."""
    return [re.sub(r"\s+#.*", "", line) for language, code in blocks(document) if language == "sh" for line in code.splitlines()]
