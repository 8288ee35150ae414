"""χ² and its derivatives through the expected counts, of which each component depends on few coordinates.

    μ_b = Σ_c f_c(x) S_cb(θ)
    ∂_i χ²  = Σ_b f'(μ_b) ∂_i μ_b
    ∂_ij χ² = Σ_b f''(μ_b) ∂_i μ_b ∂_j μ_b + f'(μ_b) ∂_ij μ_b

with χ² = Σ_b f(μ_b), beside the constraints. A component (f_c its factor, S_c its stage) is differentiated by the few
coordinates that it depends on, forward, and a component that none moves is a constant of the batch.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ..._base.typing import Array, Float, Scalar
from ...folding.folded import FoldedMeasurement
from ...measuring.terms.term import is_binned
from .problem import Problem

Derivatives = Callable[[Float[Array, " coordinate"]], tuple[Any, Any, Any]]

Dependence = tuple[tuple[tuple[tuple[int, ...], tuple[int, ...]], ...], ...]
"""By measurement and component, the coordinates of the factor and of the stage."""

FEW = 3
"""Coordinates that shape a component up to which it is differentiated forward, in all pairs of them."""


def moved_by(problem: Problem, names: frozenset[str]) -> tuple[int, ...]:
    """Return the coordinates that move any of the parameters `names`, themselves, by a tie or by a required order."""
    leaders = {dict(problem.ties).get(name, name) for name in names}
    reached = leaders | {name for pair in problem.orders if not leaders.isdisjoint(pair) for name in pair}
    return tuple(k for k, name in enumerate(problem.names) if name in reached)


def dependence(problem: Problem) -> Dependence:
    """Return which coordinates move the factor and the stage of each component of each measurement.

    Host only: what a stage depends on may follow from its arrays.
    """
    return tuple(
        tuple(
            (moved_by(problem, folded.renamed(factor.names())), moved_by(problem, folded.renamed(stage.parameters())))
            for factor, stage in zip(folded.factors, folded.stages, strict=True)
        )
        for folded in problem.chi2.measurements
    )


def is_simple(problem: Problem, moved: Dependence) -> bool:
    """Return whether every term is a sum over bins, and every component is shaped by at most `FEW` coordinates."""
    binned = all(folded.term.binned for folded in problem.chi2.measurements)
    return binned and all(len(stage) <= FEW for folded in moved for _, stage in folded)


class _Series:
    """Value, gradient and Hessian of a function of a few of the coordinates."""

    def __init__(self, function: Callable[[Array], Any], u: Array, moved: tuple[int, ...]) -> None:
        axes = {i: jnp.zeros(len(u)).at[i].set(1.0) for i in moved}

        def slope(i: int) -> Callable[[Array], Any]:
            return lambda x: jax.jvp(function, (x,), (axes[i],))[1]

        self.value = function(u)
        self._first = {i: slope(i)(u) for i in moved}
        self._second = {(i, j): jax.jvp(slope(i), (u,), (axes[j],))[1] for i in moved for j in moved if j <= i}

    def first(self, i: int) -> Any:
        """Return the derivative by coordinate i, None where it does not depend on it."""
        return self._first.get(i)

    def second(self, i: int, j: int) -> Any:
        """Return the derivative by coordinates i and j, None where it does not depend on both."""
        return self._second.get((max(i, j), min(i, j)))


def _times(*factors: Any) -> Any:
    """Return the product, None where any factor is."""
    return None if any(factor is None for factor in factors) else math.prod(factors)


def _total(terms: list[Any]) -> Any:
    """Return the sum of all that are not None; None if all are."""
    kept = [term for term in terms if term is not None]
    return sum(kept[1:], kept[0]) if kept else None


def _term(
    folded: FoldedMeasurement, moved: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...], problem: Problem, u: Array
) -> tuple[Scalar, list[Scalar], list[list[Scalar]]]:
    """Return χ² of a measurement, its gradient and the lower triangle of its Hessian."""
    if not is_binned(folded.term):
        raise TypeError("expected a term that is a sum over bins: see `is_simple`")
    parts = []
    for factor, stage, (scaling, shaping) in zip(folded.factors, folded.stages, moved, strict=True):
        scale = _Series(lambda x, f=factor: jnp.asarray(f(folded.local(problem.params(x))), float), u, scaling)
        counts = _Series(lambda x, s=stage: jnp.asarray(s(folded.local(problem.params(x)))).ravel(), u, shaping)
        parts.append((scale, counts))
    expected = _total([scale.value * counts.value for scale, counts in parts])
    shaped = expected.reshape(folded.observed.shape)
    slope, root = (each.ravel() for each in folded.term.derivatives(shaped))
    number, zero = len(problem.names), jnp.zeros(())
    rows = [
        _total([_times(s.first(i), c.value) for s, c in parts] + [_times(s.value, c.first(i)) for s, c in parts])
        for i in range(number)
    ]
    rooted = [None if row is None else root * row for row in rows]
    gradient = [zero if row is None else slope @ row for row in rows]
    hessian = []
    for i in range(number):
        line = []
        for j in range(i + 1):
            bent = _total(
                [
                    term
                    for s, c in parts
                    for term in (
                        _times(s.second(i, j), c.value),
                        _times(s.first(i), c.first(j)),
                        _times(s.first(j), c.first(i)),
                        _times(s.value, c.second(i, j)),
                    )
                ]
            )
            left, right = rooted[i], rooted[j]
            both = None if left is None or right is None else left @ right
            entry = _total([both, None if bent is None else slope @ bent])
            line.append(zero if entry is None else entry)
        hessian.append(line)
    return folded.term.chi2(shaped), gradient, hessian


def derivatives(problem: Problem, moved: Dependence) -> Derivatives:
    """Return χ², gradient and Hessian of `problem` as a function of the coordinates; `moved` is its `dependence`."""
    number = len(problem.names)

    def constraints(u: Array) -> Array:
        return jnp.asarray(problem.chi2.constraints(problem.params(u)), float)

    def evaluate(u: Float[Array, " coordinate"]) -> tuple[Any, Any, Any]:
        value, gradient, hessian = constraints(u), jax.grad(constraints)(u), jax.hessian(constraints)(u)
        for folded, components in zip(problem.chi2.measurements, moved, strict=True):
            own, slope, lower = _term(folded, components, problem, u)
            value, gradient = value + own, gradient + jnp.stack(slope)
            blocks = [lower[max(pair)][min(pair)] for pair in itertools.product(range(number), repeat=2)]
            hessian = hessian + jnp.stack(blocks).reshape(number, number)
        return value, gradient, hessian

    return evaluate
