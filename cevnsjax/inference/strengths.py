"""χ² as a function of strengths alone: counts are linear in them, so two derivatives in each bin give all others.

    μ_b = μ_b0 + Σ_k A_kb x_k,   ∂χ²/∂x_k = Σ_b A_kb f'(μ_b),   ∂²χ²/∂x_k∂x_j = Σ_b A_kb A_jb f''(μ_b)

with χ² = Σ_b f(μ_b), beside the constraints, which are quadratic.
"""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._typing import Array, Float
from ..folding import FoldedMeasurement
from ..likelihood import counts_chi2, counts_derivatives
from .problem import Problem

Derivatives = Callable[[Float[Array, " coordinate"]], tuple[Any, Any, Any]]


def is_linear(problem: Problem) -> bool:
    """Return whether no component is scaled by two of the strengths: then the counts are linear in them."""
    chosen = {problem.names[k] for k in problem.strengths}
    for folded in problem.chi2.measurements:
        for factor in folded.factors:
            added = {factor.strength, *factor.shared} - {None}
            groups = [added, *({scale} for scale in factor.scales)]
            names = [folded.renamed(group) for group in groups]
            if sum(not chosen.isdisjoint(group) for group in names) > 1:
                return False
    return True


def _rows(
    folded: FoldedMeasurement, problem: Problem, origin: Array, units: Array
) -> tuple[Array | float, list[Array | None]]:
    """Return the counts at strengths of 0, and what a unit of each strength adds, None if it adds nothing."""
    at_origin = folded.local(problem.params(origin))
    offset: Array | float = 0.0
    rows: list[Array | None] = [None] * len(units)
    for factor, stage in zip(folded.factors, folded.stages, strict=True):
        names, counts = folded.renamed(factor.names()), stage(at_origin).ravel()
        base = factor(at_origin)
        if names.isdisjoint(problem.names) or factor.shared:
            offset = offset + base * counts
        for k, name in enumerate(problem.names):
            if name in names:
                slope = factor(folded.local(problem.params(units[k]))) - base
                rows[k] = slope * counts if rows[k] is None else rows[k] + slope * counts
    return offset, rows


def derivatives(problem: Problem) -> Derivatives:
    """Return χ², gradient and Hessian of a problem of strengths in which the counts are linear.

    Every row of A is kept for itself: in a batch those of the backgrounds are the same everywhere, and so are their
    products.
    """
    n = len(problem.names)
    origin, units, zero = jnp.zeros(n), jnp.eye(n), jnp.zeros(())
    linear = [(folded, *_rows(folded, problem, origin, units)) for folded in problem.chi2.measurements]

    def constraints(u: Array) -> Array:
        return jnp.asarray(problem.chi2.constraints(problem.params(u)), float)

    constant, slope, curvature = constraints(origin), jax.grad(constraints)(origin), jax.hessian(constraints)(origin)

    def found(u: Float[Array, " coordinate"]) -> tuple[Any, Any, Any]:
        turned = curvature @ u
        value, gradient, hessian = constant + u @ (slope + 0.5 * turned), slope + turned, curvature
        for folded, at_origin, rows in linear:
            kept = [k for k, row in enumerate(rows) if row is not None]
            counts = at_origin + sum(u[k] * rows[k] for k in kept)
            shaped = counts.reshape(folded.observed.shape)
            first, second = (each.ravel() for each in counts_derivatives(folded, shaped))
            products = {(k, j): second @ (rows[k] * rows[j]) for k in kept for j in kept if j <= k}
            value = value + counts_chi2(folded, shaped)
            gradient = gradient + jnp.stack([first @ rows[k] if k in kept else zero for k in range(n)])
            blocks = [products.get((max(pair), min(pair)), zero) for pair in itertools.product(range(n), repeat=2)]
            hessian = hessian + jnp.stack(blocks).reshape(n, n)
        return value, gradient, hessian

    return found
