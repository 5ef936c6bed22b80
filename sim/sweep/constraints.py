"""Evaluate constraints: what every design point of a study fulfils."""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.scenario.errors import did_you_mean
from sim.sweep.factors import Column, FactorError

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SIGN: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: np.logical_not,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass(frozen=True)
class DesignConstraint:
    """Hold what every design point fulfils: comparisons of keys, joined by `and`, `or` and `not`.

    Keys stand as they are, or in quotes where they have a hyphen. Nothing else is evaluated.
    """

    expression: str
    settings: Mapping[str, Column]

    def holds(self) -> NDArray[np.bool_]:
        """Return whether it holds: (points,). Raises FactorError for what cannot be evaluated."""
        try:
            tree = ast.parse(self.expression, mode="eval").body
        except SyntaxError:
            raise self._unclear() from None
        denies = isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
        if not denies and not isinstance(tree, ast.Compare | ast.BoolOp):
            raise self._unclear()
        try:
            result = np.asarray(self._of(tree))
        except (TypeError, ArithmeticError):
            raise self._unclear() from None
        length = len(next(iter(self.settings.values())))
        return np.broadcast_to(result.astype(bool), (length,)).copy()

    def _of(self, node: ast.expr) -> Any:
        """Return the value of a node: (points,), or a single one."""
        if isinstance(node, ast.BoolOp):
            parts = [np.asarray(self._of(part), dtype=bool) for part in node.values]
            return (np.logical_and if isinstance(node.op, ast.And) else np.logical_or).reduce(parts)
        if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGN:
            return _SIGN[type(node.op)](self._of(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            return _ARITHMETIC[type(node.op)](self._of(node.left), self._of(node.right))
        if isinstance(node, ast.Compare):
            return self._compared(node)
        if isinstance(node, ast.Constant):
            return self._constant(node.value)
        if key := _dotted(node):
            return self._key(key)
        raise self._unclear()

    def _compared(self, node: ast.Compare) -> Any:
        """Return whether a chain of comparisons holds."""
        sides = [self._of(side) for side in (node.left, *node.comparators)]
        holds = []
        for (left, right), sign in zip(itertools.pairwise(sides), node.ops, strict=True):
            if type(sign) not in _COMPARISON:
                raise self._unclear()
            holds.append(np.asarray(_COMPARISON[type(sign)](left, right), dtype=bool))
        return np.logical_and.reduce(holds)

    def _constant(self, value: Any) -> Any:
        """Return a number or a word, or the settings of a key in quotes."""
        if isinstance(value, str) and value in self.settings:
            return self._key(value)
        if isinstance(value, bool | int | float | str):
            return value
        raise self._unclear()

    def _key(self, key: str) -> Any:
        """Return the settings of a key."""
        if key not in self.settings:
            problem = f"the constraint `{self.expression}` names no swept key"
            raise FactorError(problem, "", did_you_mean(key, self.settings), ("constraints",))
        values = self.settings[key]
        return values.astype(str) if values.dtype.kind == "O" else values

    def _unclear(self) -> FactorError:
        """Return the error of a constraint that cannot be understood."""
        return FactorError(
            f"the constraint `{self.expression}` cannot be understood",
            "it compares swept keys and numbers",
            "such as `leaks <= 1 or optimism < 0.5`",
            ("constraints",),
        )


def _dotted(node: ast.expr) -> str:
    """Return a key as it stands in a constraint; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
