"""The reference says what the code does: its settings, defaults, errors and routes are all there, and no others."""

import re

from gateway.base.settings import READERS
from tools.pyodide_bundle import ROOT

REFERENCE = (ROOT / "docs" / "reference.md").read_text()
SOURCES = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    table = REFERENCE.split(f"## {heading}\n", 1)[1].split("\n|---", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[1:]]


def test_every_setting_with_its_default() -> None:
    documented = {name.strip("`"): default.strip("`") for name, default, _ in rows("Settings")}
    assert documented == {name: default for name, (default, _) in READERS.items()}


def test_every_error_code() -> None:
    documented = {code for _, codes, _ in rows("Errors") for code in re.findall(r"`(\w+)`", codes)}
    used = set(re.findall(r'\bcode(?:: str)? ?= ?"(\w+)"', SOURCES))
    assert documented == used


def test_every_route() -> None:
    documented = {path for call, _ in rows("The API") for path in re.findall(r"`\w+ (/\S*)`", call)}
    routes = set(re.findall(r'^    "(/\S*)": ', SOURCES, re.MULTILINE))
    assert documented == routes


def test_the_changelog_has_this_release() -> None:
    (version,) = re.findall(r'VERSION = "(.+)"', SOURCES)
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()
