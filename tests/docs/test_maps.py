"""Each folder says what is in it: its opening paragraphs name every module, and none that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.pages import ROOT

PACKAGES = sorted(path.parent for path in (ROOT / "botus").rglob("__init__.py"))


def wrong(folder: Path, words: str) -> set[str]:
    """Modules and folders that are missing in a text, or that only the text has."""
    there = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    there |= {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    return there ^ set(re.findall(r"\b\w+\.py\b|\b[a-z_]+/(?!\w)", words))


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)
def test_every_module_is_on_the_map_of_its_folder(folder: Path) -> None:
    words = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    assert words
    assert wrong(folder, words) == set()
    assert wrong(folder, words + " ghost.py") == {"ghost.py"}


def test_what_contributing_names_is_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:botus|tests)/[\w/.]*|\.ci/run|setup\.cfg|CHANGELOG\.md)`", page)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []
