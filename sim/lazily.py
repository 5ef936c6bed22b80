"""Packages whose names are imported when they are first asked for: the engine takes seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def importing(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A `__getattr__` and a `__dir__` for a package.

    Parameters
    ----------
    package : str
        The package's full name, its `__name__`.
    homes : mapping
        By public name, the module of the package in which it is defined.

    Returns
    -------
    callable
        Takes a name and returns what it stands for; raises AttributeError for any other name.
    callable
        Returns every name of the package, those that were not asked for yet included.
    """

    def found(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return found, names
