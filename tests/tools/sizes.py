"""List the longest functions and classes; end with 1 where one is longer than we allow.

    python -m tests.tools.sizes

Lines are counted without those of docstrings, which may be as long as they need to be.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("sim", "dashboard")

MOST_LINES = {"function": 60, "class": 350}
SHOWN = 5


def sizes() -> Iterator[tuple[str, int, str]]:
    """Yield the kind, the number of lines and the place of every function and class."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    kind = "class" if isinstance(node, ast.ClassDef) else "function"
                    place = f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {node.name}"
                    yield kind, lines_of(node), place


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Count the lines of a definition, those of docstrings in it left out."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1 - sum(map(docstring_lines, ast.walk(node)))


def docstring_lines(node: ast.AST) -> int:
    """Count the lines of a node's docstring."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return 0
    if ast.get_docstring(node) is None:
        return 0
    words = node.body[0]
    assert words.end_lineno is not None
    return words.end_lineno - words.lineno + 1


def main() -> None:
    """Print the longest of each kind."""
    found = sorted(sizes(), key=lambda size: -size[1])
    too_long = []
    for kind, most in MOST_LINES.items():
        longest = [size for size in found if size[0] == kind]
        too_long += [size for size in longest if size[1] >= most]
        print(f"longest {kind}, of less than {most} lines:")
        for _, lines, place in longest[:SHOWN]:
            print(f"  {lines:4} {place}")
    sys.exit(bool(too_long))


if __name__ == "__main__":
    main()
