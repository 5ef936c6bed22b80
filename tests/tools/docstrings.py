"""Check the docstrings of what users call, and say which share of parameters they name.

    python -m tests.tools.docstrings          # complain, and end with 1 if anything is missing
    python -m tests.tools.docstrings --share  # the share of parameters named, by package

What users call is what `sim`, `sim.findings`, `sim.sweep` and `sim.theory` export, with the public
methods of exported classes, and the protocols of the extension points. The style is numpydoc's:
https://numpydoc.readthedocs.io/en/latest/validation.html lists the codes.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from typing import Any

from numpydoc.validate import validate

PACKAGES = ("sim", "sim.findings", "sim.sweep", "sim.theory")

#: What is called by its own module: a protocol, and functions with the names of their modules.
BESIDES = (
    # "sim.engine.negotiation.Moves",
    "sim.theory.commitment.Permanence",
    "sim.theory.concession.Tactic",
    "sim.theory.war.WarModule",
)

#: What must hold: there is a docstring, its summary is one line in the imperative, parameters are
#: described, and it says what comes back.
CODES = {"GL08", "SS02", "SS05", "PR01", "PR02", "PR03", "PR07", "RT01", "RT03", "YD01"}

#: A function that users call shows how.
EXAMPLE = "EX01"


@dataclass(frozen=True)
class Subject:
    """Something with a docstring: its full name, and what it is."""

    name: str
    value: Any
    is_method: bool = False


def subjects() -> Iterator[Subject]:
    """Everything that users call, each once."""
    seen = set()
    named = [f"{package}.{name}" for package in PACKAGES for name in exported(package)]
    for name in [*named, *BESIDES]:
        module, _, last = name.rpartition(".")
        value = getattr(import_module(module), last)
        if not (inspect.isclass(value) or inspect.isfunction(value)) or value in seen:
            continue
        seen.add(value)
        yield Subject(name, value)
        if inspect.isclass(value) and not is_strategy(value):
            yield from methods_of(name, value)


def is_strategy(kind: type) -> bool:
    """Tell whether a class is an entry of a dictionary, whose methods its protocol describes."""
    return hasattr(kind, "numbers") and is_dataclass(kind)


def exported(package: str) -> list[str]:
    """The names that a package exports."""
    return list(import_module(package).__all__)


def methods_of(name: str, kind: type) -> Iterator[Subject]:
    """The public methods that a class defines itself."""
    for method, value in vars(kind).items():
        if not method.startswith("_") and inspect.isfunction(value):
            yield Subject(f"{name}.{method}", value, is_method=True)


def complaints_about(subject: Subject) -> list[str]:
    """What numpydoc says is missing, of what must hold here."""
    wanted = CODES if subject.is_method or inspect.isclass(subject.value) else {*CODES, EXAMPLE}
    if is_protocol(subject.value):  # nobody makes one
        wanted = wanted - {"PR01"}
    return [
        f"{subject.name}: {code} {words}"
        for code, words in validate(subject.name)["errors"]
        if code in wanted
    ]


def is_protocol(value: Any) -> bool:
    """Tell whether something is a protocol."""
    return bool(getattr(value, "_is_protocol", False))


def named_and_all(subject: Subject) -> tuple[int, int]:
    """How many of its parameters the docstring names, and how many there are."""
    words = inspect.getdoc(subject.value) or ""
    if is_protocol(subject.value):
        return 0, 0
    try:
        parameters = [
            name for name in inspect.signature(subject.value).parameters if name != "self"
        ]
    except ValueError:  # an exception takes what all exceptions take
        return 0, 0
    sections = words.split("Parameters\n----------")
    return sum(name in sections[-1] for name in parameters if len(sections) > 1), len(parameters)


def print_shares() -> None:
    """Print, for each package and for all, the share of parameters that docstrings name."""
    counts: dict[str, list[tuple[int, int]]] = {}
    for subject in subjects():
        package = max((p for p in PACKAGES if subject.name.startswith(f"{p}.")), key=len)
        counts.setdefault(package, []).append(named_and_all(subject))
    counts["all"] = [pair for pairs in counts.values() for pair in pairs]
    for package, pairs in counts.items():
        named, total = (sum(column) for column in zip(*pairs, strict=True))
        share = 100 * named / max(total, 1)
        print(f"{package:14} {named:4} of {total:4} parameters named: {share:.0f} %")


def main() -> None:
    """Complain, or print the share."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.docstrings", description=__doc__)
    parser.add_argument("--share", action="store_true", help="print the share of parameters named")
    if parser.parse_args().share:
        print_shares()
        return
    found = [line for subject in subjects() for line in complaints_about(subject)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
