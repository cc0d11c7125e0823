"""The rooms of the house: each stands on those before it, and what a name means is found in one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.pyodide_bundle import ROOT

GATEWAY = ROOT / "src" / "gateway"
FOLDERS = ["base", "runtime", "door", "access", "limits", "request", "upstream", "answers", "usage", "judging", "rooms"]
"""Each may import from itself and from those before it. chat.py, other_calls.py and entry.py may import from all."""

AT_A_GLANCE = 9

MODULES = [path for path in GATEWAY.glob("*/*.py") if path.name != "__init__.py"]


def imported_folders(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from (name.split(".")[1] for name in names if name.startswith("gateway."))


def test_every_module_lies_in_a_folder_but_the_main_path() -> None:
    assert {path.parent.name for path in MODULES} == set(FOLDERS)
    assert {path.name for path in GATEWAY.glob("*.py")} == {"__init__.py", "chat.py", "other_calls.py"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_can_be_seen_at_a_glance(folder: str) -> None:
    assert len([path for path in MODULES if path.parent.name == folder]) <= AT_A_GLANCE


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_imports_point_one_way(path: Path) -> None:
    below = FOLDERS[: FOLDERS.index(path.parent.name) + 1]
    assert set(imported_folders(path)) <= set(below)


LATER = ["gateway.rooms", "gateway.judging", "gateway.other_calls", "gateway.answers.plain", "gateway.answers.whole"]


def test_a_chat_does_not_wait_for_what_it_does_without() -> None:
    """These modules are imported within functions only: with the first call that needs them."""
    for path in (GATEWAY.parent / "entry.py", GATEWAY / "chat.py"):
        at_start = ast.Module(
            [node for node in ast.parse(path.read_text()).body if isinstance(node, (ast.Import, ast.ImportFrom))], []
        )
        assert not [name for name in LATER if name in ast.unparse(at_start)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_module_only_passes_on_what_others_hold(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    assert any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)) for node in body
    )


def test_a_folder_says_what_it_is_for_and_nothing_else() -> None:
    for folder in FOLDERS:
        tree = ast.parse((GATEWAY / folder / "__init__.py").read_text())
        assert ast.get_docstring(tree)
        assert len(tree.body) == 1


def test_nothing_but_the_watch_on_idle_streams_splits_one() -> None:
    """A branch that nobody reads goes unnoticed in all that can be seen of a Worker on this machine, and still costs each chunk."""
    splitting = [path.name for path in (ROOT / "src").rglob("*.py") if re.search(r"\btee\b", path.read_text())]
    assert splitting == ["idle.py"]
