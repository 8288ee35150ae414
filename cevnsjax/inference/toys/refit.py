"""Toy experiments: data and constraint centres drawn at a truth, and every toy fitted, many side by side.

The minimisations of a block of toys run in rounds of few steps; between two rounds those that have ended are taken out,
so that a slow fit does not hold up the others. Where few coordinates shape each component, χ² is differentiated in
closed form (`counts`).
"""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import equinox as eqx
import jax
import numpy as np

from ..._base.cores import cores
from ..._base.typing import Array, Float
from ..minimise.curvature import covariances
from ..minimise.newton import MAX_STEPS, Minimum, minimise
from ..problem.derivatives import Dependence, dependence, derivatives, is_simple
from ..problem.problem import Problem
from .draw import _drawn, asimov, fluctuate

CHUNK = 64
"""Minimisations that run side by side."""
ROUNDS = (6, 6, MAX_STEPS)
"""Most steps of the minimisations in each round."""


@dataclasses.dataclass(frozen=True)
class Toys:
    """Fits of toy experiments."""

    u: Float[np.ndarray, "toy coordinate"]
    chi2: Float[np.ndarray, " toy"]
    covariance: Float[np.ndarray, "toy coordinate coordinate"]
    """2 H⁻¹ at the minimum of each toy; not a number for coordinates that have no error there."""
    converged: np.ndarray


@partial(jax.jit, static_argnums=0)
def _minimise_chunk(
    moved: Dependence,
    problem: Problem,
    data: list[jax.Array],
    start: jax.Array,
    frozen: jax.Array,
    box: tuple[jax.Array, jax.Array],
    most: jax.Array,
) -> Minimum[Array]:
    """Minimise each row: its own data, its own start, its own coordinates held, in at most `most` steps."""

    def fit(own: list[jax.Array], u: jax.Array, held: jax.Array) -> Minimum[Array]:
        toy = eqx.tree_at(_drawn, problem, own)
        return minimise(toy, u, held, *box, most, derivatives(toy, moved) if is_simple(problem, moved) else None)

    return jax.vmap(fit)(data, start, frozen)


def minimise_toys(
    problem: Problem,
    toys: Problem,
    which: np.ndarray,
    starts: Float[np.ndarray, "fit coordinate"],
    frozen: np.ndarray,
    threads: int = 1,
) -> Minimum[np.ndarray]:
    """Fit of each row of `starts` the toy that `which` numbers, with the coordinates marked in `frozen` held.

    `toys` are as `fluctuate` returns them for `problem`. No row depends on the others.
    """
    data, (lower, upper), number = _drawn(toys), problem.box, len(problem.names)
    moved = dependence(problem)
    minima = Minimum(
        u=np.array(starts, float),
        value=np.full(len(starts), np.inf),
        gradient=np.zeros((len(starts), number)),
        hessian=np.zeros((len(starts), number, number)),
        converged=np.zeros(len(starts), bool),
        steps=np.zeros(len(starts), int),
    )
    arrays = jax.tree.leaves(minima)

    def chunk(rows: np.ndarray, most: int) -> None:
        """Fit these rows from where they are; different rows are written by different threads."""
        padded = np.concatenate([rows, np.full(CHUNK - len(rows), rows[-1])])
        own = [leaf[which[padded]] for leaf in data]
        ended = _minimise_chunk(moved, problem, own, minima.u[padded], frozen[padded], (lower, upper), most)
        before = minima.steps[rows]
        for array, part in zip(arrays, jax.tree.leaves(ended), strict=True):
            array[rows] = np.asarray(part)[: len(rows)]
        minima.steps[rows] += before

    left = np.arange(len(starts))
    with ThreadPoolExecutor(threads) as pool:
        for most in ROUNDS:
            pieces = [left[first : first + CHUNK] for first in range(0, len(left), CHUNK)]
            list(pool.map(lambda rows, most=most: chunk(rows, most), pieces))
            left = left[~minima.converged[left]]
    return minima


def refit(
    problem: Problem, toys: Problem, starts: Float[np.ndarray, "toy coordinate"], frozen: np.ndarray | None = None
) -> Toys:
    """Fit each of `toys`, as `fluctuate` returns them for `problem`, from its row of `starts`.

    `frozen` says which coordinates to hold; none by default.
    """
    held = np.zeros(starts.shape[-1], bool) if frozen is None else np.asarray(frozen)
    rows = np.broadcast_to(held, starts.shape)
    minima = minimise_toys(problem, toys, np.arange(len(starts)), starts, rows, cores())
    return Toys(minima.u, minima.value, covariances(minima.hessian, held), minima.converged)


def fit_toys(problem: Problem, truth: Float[np.ndarray, " coordinate"], count: int, seed: int) -> Toys:
    """Draw `count` toy experiments at the coordinates `truth` of `problem` and fit each, starting there.

    `problem` is as `Likelihood.problem` gives it; `seed` is that of the random numbers.
    """
    return refit(problem, fluctuate(asimov(problem, truth), count, seed), np.tile(truth, (count, 1)))
