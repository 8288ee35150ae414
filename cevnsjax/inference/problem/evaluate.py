"""Evaluate χ² and its derivatives at a point or at many, compiled once for a structure of problem.

The arrays of the problem are arguments of the compiled programs, so that other values of the fixed parameters, or
other observed counts, run without compiling again.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from ..._base import arguments
from ..._base.errors import InputError
from ..._base.typing import Array, Float
from .problem import Problem, check_precision

BATCH = 1024
"""Points that run side by side: what the caches of a processor core hold, for up to `FEW_NUMBERS` numbers of each."""
LEAST_BATCH = 32
FEW_NUMBERS = 128


def _compiled(function: Callable[[Problem, jax.Array], Any]) -> Callable[..., Any]:
    """Return `function` compiled for a problem given as structure and leaves; to flatten a module costs 20 µs."""

    def flat(structure: Any, leaves: tuple[jax.Array, ...], u: jax.Array) -> Any:
        return function(jax.tree.unflatten(structure, leaves), u)

    return jax.jit(flat, static_argnums=0)


def side_by_side(problem: Problem) -> int:
    """Return how many points run side by side: fewer where each needs many numbers, for its bins or its response."""
    width = max((folded.width() for folded in problem.chi2.measurements), default=1)
    return max(LEAST_BATCH, min(BATCH, BATCH * FEW_NUMBERS // width))


_single = _compiled(lambda problem, u: problem(u))
_single_gradient = _compiled(lambda problem, u: jax.value_and_grad(problem)(u))
_many = _compiled(lambda problem, u: jax.lax.map(problem, u, batch_size=side_by_side(problem)))
_many_gradient = _compiled(
    lambda problem, u: jax.lax.map(jax.value_and_grad(problem), u, batch_size=side_by_side(problem))
)
_hessian = _compiled(lambda problem, u: jax.hessian(problem)(u))


def _is_finite(u: np.ndarray) -> bool:
    """Return whether all numbers are finite, by their sum first, which takes less time: a point waits for it.

    Not by a scalar product: the threads of NumPy's would go on spinning while the program runs.
    """
    if u.ndim == 1:
        total = sum(u.tolist())
    else:
        with np.errstate(invalid="ignore", over="ignore"):
            total = float(u.sum())
    return math.isfinite(total) or bool(np.isfinite(u).all())


class Evaluator:
    """χ² of a problem with its gradient and Hessian; every method takes a vector, the first two also many rows."""

    def __init__(self, problem: Problem) -> None:
        """Put the arrays of `problem` on the device."""
        self.names = problem.names
        leaves, structure = jax.tree.flatten(jax.device_put(problem))
        self._problem = structure, tuple(leaves)

    def __getstate__(self) -> Problem:
        """Return what a copy is made of."""
        structure, leaves = self._problem
        return jax.tree.unflatten(structure, [np.asarray(leaf) for leaf in leaves])

    def __setstate__(self, problem: Problem) -> None:
        """Become the copy."""
        Evaluator.__init__(self, problem)

    def _checked(self, u: Float[Array, "*point coordinate"]) -> Float[Array, "*point coordinate"]:
        """Return coordinates in double precision; raise `InputError` for anything else."""
        check_precision()
        if u.ndim not in (1, 2) or u.shape[-1] != len(self.names):
            raise InputError(f"expected rows of {len(self.names)} coordinates {self.names}, found shape {u.shape}")
        if not isinstance(u, Tracer) and not _is_finite(np.asarray(u)):
            raise InputError("expected finite coordinates, found others among them")
        return u if u.dtype == np.float64 else u.astype(np.float64)

    @arguments.checked(u=arguments.array)
    def chi2(self, u: Float[Array, "*point coordinate"]) -> Float[Array, "*point"]:
        """Return χ² at a vector of coordinates, or at each row."""
        u = self._checked(u)
        function = _single if u.ndim == 1 else _many
        return function(*self._problem, u)

    @arguments.checked(u=arguments.array)
    def value_and_gradient(
        self, u: Float[Array, "*point coordinate"]
    ) -> tuple[Float[Array, "*point"], Float[Array, "*point coordinate"]]:
        """Return χ² and its gradient at a vector of coordinates, or at each row."""
        u = self._checked(u)
        function = _single_gradient if u.ndim == 1 else _many_gradient
        return function(*self._problem, u)

    @arguments.checked(u=arguments.array)
    def hessian(self, u: Float[Array, " coordinate"]) -> Float[np.ndarray, "coordinate coordinate"]:
        """Return the matrix of second derivatives at a vector of coordinates."""
        u = self._checked(u)
        return np.asarray(_hessian(*self._problem, u))
