"""Each README shows the page in motion, in its language, light and dark, and standing still to whoever wants less motion."""

import re

import pytest
from PIL import Image

from tools.pyodide_bundle import ROOT

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 1_000_000  # bytes


@pytest.mark.parametrize(("readme", "language"), [("README.md", "en"), ("README.ja.md", "ja")])
class TestAReadme:
    def test_shows_all_that_were_taken_in_its_language(self, readme: str, language: str) -> None:
        text = (ROOT / readme).read_text()
        shown = {ROOT / path for path in re.findall(r' src(?:set)?="([^"]+)"', text)}
        assert shown == {PICTURES / f"{language}-{look}.webp" for look in ("light", "dark", "light-still", "dark-still")}
        assert re.search(r'<img src="[^"]+" width="800" alt="[^"]{40,}">', text)

    def test_moves_and_is_small(self, readme: str, language: str) -> None:
        for path in PICTURES.glob(f"{language}-*.webp"):
            with Image.open(path) as picture:
                frames = getattr(picture, "n_frames", 1)
            assert (frames == 1) if path.stem.endswith("-still") else (frames > 40), path
            assert path.stat().st_size < LARGEST, path
