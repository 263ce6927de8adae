"""The order of the package: arrows between its files point down."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter

from conftest import ROOT

PACKAGE = ROOT / "python" / "superjump"


def test_no_file_is_in_a_circle_even_of_types():
    files = {path.stem: ast.parse(path.read_text()) for path in PACKAGE.glob("*.py")}
    arrows: dict[str, set[str]] = {name: set() for name in files}
    for name, tree in files.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                # `from . import states`, or `from .states import table`.
                of = [node.module] if node.module else [each.name for each in node.names]
                arrows[name] |= {each for each in of if each in files}
    there = {(a, b) for a, to in arrows.items() for b in to}
    assert len(there) > 40
    TopologicalSorter(arrows).prepare()
