"""Toy experiments: data and constraint centres drawn at a truth, and every toy fitted, many side by side."""

import dataclasses

import jax
import numpy as np

from ..._base.cores import cores
from ..._base.typing import Float
from ..minimise.curvature import covariances
from ..minimise.newton import Minimum
from ..minimise.solver import minimise_rows
from ..problem.problem import Problem
from ..problem.programs import Evaluation
from .draw import asimov, fluctuate


@dataclasses.dataclass(frozen=True)
class Toys:
    """Fits of toy experiments."""

    u: Float[np.ndarray, "toy coordinate"]
    chi2: Float[np.ndarray, " toy"]
    covariance: Float[np.ndarray, "toy coordinate coordinate"]
    """2 H⁻¹ at the minimum of each toy; not a number for coordinates that have no error there."""
    converged: np.ndarray


def minimise_toys(
    problem: Problem,
    toys: Problem,
    which: np.ndarray,
    starts: Float[np.ndarray, "fit coordinate"],
    frozen: np.ndarray,
    threads: int = 1,
) -> Minimum:
    """Fit of each row of `starts` the toy that `which` numbers, with the coordinates marked in `frozen` held.

    `toys` are as `fluctuate` returns them for `problem`. No row depends on the others.
    """
    evaluation = Evaluation(problem, jax.devices()[:1], toys)
    return minimise_rows(evaluation, np.asarray(starts, float), frozen, problem.box, which, threads)


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
