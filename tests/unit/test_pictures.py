"""Each README shows the page in motion, in its language, light and dark, and standing still to whoever wants less motion."""

import re

import pytest
from PIL import Image

from tools.pyodide_bundle import ROOT

LARGEST = 1_000_000  # bytes


@pytest.mark.parametrize(("readme", "language"), [("README.md", "en"), ("README.ja.md", "ja")])
def test_a_readme_shows_the_page(readme: str, language: str) -> None:
    text = (ROOT / readme).read_text()
    shown = re.findall(r' src(?:set)?="([^"]+)"', text)
    looks = ("dark-still", "light-still", "dark", "light")
    assert shown == [f"docs/pictures/{language}-{look}.webp" for look in looks]  # the first whose media query holds is shown
    assert re.search(r'<img src="[^"]+" width="800" alt="[^"]{40,}">', text)
    for path in shown:
        with Image.open(ROOT / path) as picture:
            assert getattr(picture, "is_animated", False) is not path.endswith("-still.webp")
        assert (ROOT / path).stat().st_size < LARGEST
