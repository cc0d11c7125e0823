"""The documents lead where they say, and say the same in both languages."""

import re
from pathlib import Path

import pytest

from tests.documents import DOCUMENTS, FENCE, blocks
from tools.pyodide_bundle import ROOT

LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(document: Path) -> set[str]:
    """The names that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_repository(document: Path) -> None:
    for path, anchor in LINK.findall(FENCE.sub("", document.read_text())):
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def test_the_japanese_readme_has_the_same_code() -> None:
    """But for what is said in it: questions and comments."""
    english, japanese = (blocks(ROOT / name) for name in ("README.md", "README.ja.md"))
    assert [*map(_without_words, english)] == [*map(_without_words, japanese)]


def _without_words(block: tuple[str, str]) -> tuple[str, str]:
    language, code = block
    code = re.sub(r"\s+#.*", "", code)
    return language, re.sub(r"What is streaming\?|ストリーミングとは何ですか。", "?", code)
