"""Formulas that a user writes, ``flat + height * exp(-slope * energy)``: arithmetic, a few functions, nothing else.

The text is parsed by Python's own parser, and only sums, products, powers, quotients, numbers, names and the functions
`FUNCTIONS` are taken of it. Nothing of it is run as Python.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import equinox as eqx

from .._base.errors import InputError, suggest
from .._base.numerics import erf, namespace
from .._base.typing import Array, Float, Params
from .stage import Stage

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": lambda x: namespace(x).exp(x),
    "log": lambda x: namespace(x).log(x),
    "sqrt": lambda x: namespace(x).sqrt(x),
    "erf": erf,
}
"""What a formula may call, of one argument."""
_OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
LONGEST, DEEPEST = 1000, 50
"""Letters of a formula, and operations inside each other, up to which it is read."""


class Formula(Stage):
    """Stage: a formula of parameters and of values along axes."""

    text: str = eqx.field(static=True)
    values: dict[str, Any]
    """Values along axes by the names that they have in the formula, arrays that are multiplied with each other."""
    names: tuple[str, ...] = eqx.field(static=True)
    """Parameters in it."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.names)

    def __call__(self, params: Params) -> Float[Array, "..."]:
        known = {**self.values, **{name: params[name] for name in self.names}}
        return _value(_parsed(self.text), known)


def formula(text: str, values: Mapping[str, Any], parameters: Mapping[str, Any]) -> Formula:
    """Return the stage of a formula; raise InputError if it holds anything but these values and `parameters`.

    >>> import numpy as np
    >>> made = formula("a + b * exp(-energy)", {"energy": np.array([0.0, 1.0])}, {"a": 1.0, "b": 2.0})
    >>> made({"a": 1.0, "b": 2.0}).round(3).tolist()
    [3.0, 1.736]
    """
    known = (*values, *parameters)
    names = sorted(_names(_parsed(text)))
    for name in names:
        if name not in known:
            raise InputError(f"expected a formula of {', '.join(known)}, found '{name}'{suggest(name, known)}")
    return Formula(
        text, {name: values[name] for name in names if name in values}, tuple(n for n in names if n in parameters)
    )


@lru_cache(maxsize=256)
def _parsed(text: str) -> ast.expr:
    """Return the tree of a formula whose every node is one that is allowed."""
    if len(text) > LONGEST:
        raise InputError(f"expected a formula of at most {LONGEST} letters, found {len(text)}")
    try:
        tree = ast.parse(" ".join(text.split()).replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(f"expected a formula like a + b * exp(-c * energy), found '{text}'") from None
    _check(tree, 0)
    return tree


def _check(node: ast.AST, depth: int) -> None:
    """Raise InputError for anything but arithmetic."""
    if depth > DEEPEST:
        raise InputError(f"expected a formula of at most {DEEPEST} operations inside each other, found more")
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        inside: list[ast.AST] = [node.left, node.right]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inside = [node.operand]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
        if node.func.id not in FUNCTIONS:
            raise InputError(f"expected one of the functions {', '.join(FUNCTIONS)}, found '{node.func.id}'")
        inside = list(node.args)
    elif isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and type(node.value) in (int, float)):
        inside = []
    else:
        raise InputError(f"expected sums, products, powers, quotients and functions, found '{ast.unparse(node)}'")
    for part in inside:
        _check(part, depth + 1)


def _names(node: ast.AST) -> set[str]:
    """Return the names in a formula, those of functions left out."""
    called = {part.func for part in ast.walk(node) if isinstance(part, ast.Call)}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part not in called}


def _value(node: ast.AST, known: Mapping[str, Any]) -> Any:
    """Return the value of a formula that was checked."""
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_value(node.left, known), _value(node.right, known))
    if isinstance(node, ast.UnaryOp):
        operand = _value(node.operand, known)
        return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        return FUNCTIONS[node.func.id](_value(node.args[0], known))
    if isinstance(node, ast.Name):
        return known[node.id]
    if not (isinstance(node, ast.Constant) and isinstance(node.value, int | float)):
        raise AssertionError
    return float(node.value)
