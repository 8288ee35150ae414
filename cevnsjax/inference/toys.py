"""Toy experiments: data and constraint centres drawn at a truth, and every toy fitted, side by side."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._errors import InputError
from .._typing import Float
from ..prediction import expected_counts
from .fit import CHUNK, covariance
from .newton import minimise
from .problem import Problem


@dataclasses.dataclass(frozen=True)
class Toys:
    """Fits of toy experiments."""

    u: Float[np.ndarray, "toy coordinate"]
    chi2: Float[np.ndarray, " toy"]
    covariance: Float[np.ndarray, "toy coordinate coordinate"]
    """2 H⁻¹ at the minimum of each toy; not a number where H is singular."""
    converged: np.ndarray


def asimov(problem: Problem, u: Float[np.ndarray, " coordinate"]) -> Problem:
    """Return `problem` with the data that are expected at the coordinates `u`, without any fluctuation.

    The centres of the constraints move to the values there too.
    """
    params = problem.params(u)
    chi2 = problem.chi2
    measurements = tuple(
        dataclasses.replace(folded, observed=np.asarray(expected_counts(folded, params)))
        for folded in chi2.measurements
    )
    constraints = chi2.constraints
    if constraints.names:
        values = np.array([float(params[name]) for name in constraints.names])
        constraints = dataclasses.replace(constraints, centres=np.asarray(constraints.weights @ values))
    return dataclasses.replace(
        problem, chi2=dataclasses.replace(chi2, measurements=measurements, constraints=constraints)
    )


def fluctuate(problem: Problem, count: int, seed: int) -> Problem:
    """Return `problem`, which holds expected data, with `count` toy experiments: a leading axis of data and centres.

    Counts are drawn from Poisson distributions, or from Gaussian ones with their errors where the likelihood is
    Gaussian; the independent pulls of the constraints are drawn with width 1.
    """
    if count < 1:
        raise InputError(f"expected at least one toy, found {count}")
    random = np.random.default_rng(seed)
    measurements = []
    for folded in problem.chi2.measurements:
        shape = (count, *np.shape(folded.observed))
        if folded.errors is None:
            drawn = random.poisson(folded.observed, shape).astype(float)
        else:
            drawn = random.normal(folded.observed, folded.errors, shape)
        measurements.append(dataclasses.replace(folded, observed=drawn))
    centres = problem.chi2.constraints.centres
    constraints = dataclasses.replace(
        problem.chi2.constraints, centres=random.normal(centres, 1.0, (count, *np.shape(centres)))
    )
    return dataclasses.replace(
        problem, chi2=dataclasses.replace(problem.chi2, measurements=tuple(measurements), constraints=constraints)
    )


def _drawn(problem: Problem) -> list[Any]:
    """Return the leaves that differ between toys."""
    return [*(folded.observed for folded in problem.chi2.measurements), problem.chi2.constraints.centres]


def refit(
    problem: Problem, toys: Problem, starts: Float[np.ndarray, "toy coordinate"], frozen: np.ndarray | None = None
) -> Toys:
    """Fit each of `toys`, as `fluctuate` returns them for `problem`, from its row of `starts`.

    `frozen` says which coordinates to hold; none by default.
    """
    lower, upper = problem.box
    held = np.zeros(starts.shape[-1], bool) if frozen is None else frozen

    def one(leaves: list[jax.Array], start: jax.Array) -> tuple[jax.Array, ...]:
        toy = eqx.tree_at(_drawn, problem, leaves)
        found = minimise(toy, start, jnp.asarray(held), jnp.asarray(lower), jnp.asarray(upper))
        return found.u, found.value, found.hessian, found.converged

    program = jax.jit(lambda leaves, start: jax.lax.map(lambda x: one(*x), (leaves, start), batch_size=CHUNK))
    u, chi2, hessian, converged = map(np.asarray, program(_drawn(toys), starts))
    return Toys(u, chi2, np.array([covariance(matrix, held) for matrix in hessian]), converged)


def fit_toys(problem: Problem, truth: Float[np.ndarray, " coordinate"], count: int, seed: int) -> Toys:
    """Draw `count` toy experiments at the coordinates `truth` of `problem` and fit each, starting there.

    `problem` is as `Likelihood.problem` gives it; `seed` is that of the random numbers.
    """
    return refit(problem, fluctuate(asimov(problem, truth), count, seed), np.tile(truth, (count, 1)))
