"""Say which program made a result: its version, and fingerprints of the source that decides.

`model_fingerprint` answers "is this the same model?": equal fingerprints, equal outcomes.
`report_fingerprint` covers what is said and drawn about outcomes as well. Caches, pages and sweeps
all ask here. Nothing is listed module by module: what decides is what the modules below import.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from importlib.util import resolve_name
from pathlib import Path

#: The folder that holds `sim`.
ROOT = Path(__file__).parents[1]

#: What plays runs and what makes rows of them; the model is all that these import.
MODEL = ("sim.engine.simulate", "sim.sweep.chunk", "sim.sweep.design_points")

#: What findings and pages are made by, whole packages.
REPORT = ("sim.findings", "sim.reporting")

#: Files of these packages that are no Python but part of a page.
TEMPLATES = "sim/reporting/templates/*"

#: Modules, and packages with all in them, that are imported but can alter no outcome: some write
#: files, one names types, and one is this.
NO_PART = ("sim.engine.storage", "sim.io", "sim.provenance", "sim.types")

#: Calls that make a complaint: their text is words, and changes no outcome.
COMPLAINTS = ("IssueAtPath", "ValidationIssue", "did_you_mean", "unused_number", "wrong")


@cache
def version() -> str:
    """Return the version of Parley, "0+unknown" where it is not installed."""
    try:
        return metadata.version("parley-sim")
    except metadata.PackageNotFoundError:
        return "0+unknown"


@cache
def model_fingerprint(root: Path = ROOT) -> str:
    """Return the fingerprint of the source that outcomes and rows of sweeps depend on.

    Parameters
    ----------
    root : Path
        The folder that holds the package `sim`.

    Returns
    -------
    str
        A SHA-256 in hexadecimal digits. Comments, layout, docstrings and the words of complaints
        leave it as it is, and so does the version of Python.
    """
    return _fingerprint(_reached(MODEL, root), ())


@cache
def report_fingerprint(*packages: str, root: Path = ROOT) -> str:
    """Return the fingerprint of the source that findings, words and charts depend on.

    Parameters
    ----------
    packages : str
        Dotted names of further packages that compute what is shown, outside `sim`.
    root : Path
        The folder that holds the package `sim` and those packages.

    Returns
    -------
    str
        A SHA-256 in hexadecimal digits; it changes whenever that of the model does.
    """
    begin = [name for package in (*REPORT, *packages) for name in _modules_in(package, root)]
    return _fingerprint(_reached((*MODEL, *begin), root), sorted(root.glob(TEMPLATES)))


def model_modules(root: Path = ROOT) -> frozenset[str]:
    """Return the dotted names of the modules that `model_fingerprint` covers."""
    return frozenset(_reached(MODEL, root))


def _fingerprint(modules: dict[str, _Source], templates: Iterable[Path]) -> str:
    """Hash some modules as normalised, and templates as they are but for their line ends."""
    digest = hashlib.sha256()
    for name, source in sorted(modules.items()):
        digest.update(f"{name}\0{source.sha256}\0".encode())
    for file in templates:
        digest.update(file.name.encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


# --- Which modules


def _reached(begin: Iterable[str], root: Path) -> dict[str, _Source]:
    """Return the source of some modules and of all of `sim` that they import, by name."""
    modules: dict[str, _Source] = {}
    waiting = list(begin)
    while waiting:
        name = waiting.pop()
        if name not in modules and not _has_no_part(name):
            file = _file_of(name, root)
            if file is None:
                raise ValueError(f"there is no module {name} in {root}; correct who names it")
            is_package = file.name == "__init__.py"
            package = name if is_package else name.rpartition(".")[0]
            modules[name] = _normalised(file.read_bytes(), package)
            waiting += _wanted(modules[name], is_package, root)
    return modules


def _wanted(source: _Source, is_package: bool, root: Path) -> Iterator[str]:
    """Yield the modules of `sim` that a module imports; of a package also what it offers lazily."""
    imports = source.imports | source.typing_imports if is_package else source.imports
    for package, name in imports:
        if package.split(".")[0] == "sim":
            inner = f"{package}.{name}"
            yield inner if name and _file_of(inner, root) else package


def _has_no_part(name: str) -> bool:
    """Return whether a module can alter no outcome."""
    return any(name == outside or name.startswith(f"{outside}.") for outside in NO_PART)


def _file_of(name: str, root: Path) -> Path | None:
    """Return the file of a module or package; None where there is none."""
    path = root.joinpath(*name.split("."))
    files = (path / "__init__.py", path.with_name(f"{path.name}.py"))
    return next((file for file in files if file.is_file()), None)


def _modules_in(package: str, root: Path) -> Iterator[str]:
    """Yield the names of a package and of all modules in it."""
    folder = root.joinpath(*package.split("."))
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; name a package that lies in {root}")
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# --- What of a module counts


@dataclass(frozen=True)
class _Source:
    """A module: the hash of its normalised source, and its imports as pairs of module and name."""

    sha256: str
    imports: frozenset[tuple[str, str]]
    typing_imports: frozenset[tuple[str, str]]


@cache
def _normalised(content: bytes, package: str) -> _Source:
    """Read the content of a module of a package, or of that package's own `__init__`."""
    walk = _Walk(package)
    walk.add(ast.parse(content))
    digest = hashlib.sha256(" ".join(walk.parts).encode()).hexdigest()
    return _Source(digest, frozenset(walk.imports), frozenset(walk.typing_imports))


@dataclass
class _Walk:
    """A syntax tree written out, without what can alter no outcome.

    It is written out here since `ast.dump` and `ast.unparse` give other text in other versions of
    Python, and a sweep may be begun with one and resumed with another.
    """

    package: str
    parts: list[str] = field(default_factory=list)
    imports: set[tuple[str, str]] = field(default_factory=set)
    typing_imports: set[tuple[str, str]] = field(default_factory=set)

    def add(self, node: object) -> None:
        """Add a node of the tree, a list of nodes or a constant."""
        if isinstance(node, list):
            for item in node:
                self.add(item)
            self.parts.append("]")
        elif not isinstance(node, ast.AST):
            self.parts.append(repr(node))
        elif isinstance(node, ast.If) and _is_for_types(node):
            self.typing_imports |= _imports(node.body, self.package)
            self.add(node.orelse)
        elif not _is_docstring(node):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imports |= _imports([node], self.package)
            self._add_fields(_essence(node))

    def _add_fields(self, node: ast.AST) -> None:
        """Add a node's kind and its fields; one that is empty may be new to this Python."""
        self.parts.append(type(node).__name__)
        for name in node._fields:
            value = getattr(node, name, None)
            if value is not None and value != []:
                self.parts.append(name)
                self.add(value)
        self.parts.append(")")


def _is_docstring(node: ast.AST) -> bool:
    """Return whether a statement is a docstring."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, str)


def _is_for_types(node: ast.If) -> bool:
    """Return whether a block is for type checkers only."""
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _essence(node: ast.AST) -> ast.AST:
    """Return a node without what it says to people where something is wrong.

    Python 3.12 puts empty text into some f-strings; that goes as well.
    """
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        return ast.Raise(node.exc.func, node.cause)
    if isinstance(node, ast.JoinedStr):
        return ast.JoinedStr([v for v in node.values if getattr(v, "value", None) != ""])
    if isinstance(node, ast.Call) and getattr(node.func, "id", None) in COMPLAINTS:
        values = [value for value in node.args if not _is_words(value)]
        return ast.Call(node.func, values, [k for k in node.keywords if not _is_words(k.value)])
    return node


def _is_words(node: ast.expr) -> bool:
    """Return whether an expression is text, with or without values in it."""
    is_constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_constant or isinstance(node, ast.JoinedStr)


def _imports(nodes: Iterable[ast.AST], package: str) -> set[tuple[str, str]]:
    """Return what some nodes of a tree import, as pairs of module and name."""
    pairs = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            pairs |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            pairs |= {(module, alias.name) for alias in node.names}
    return pairs
