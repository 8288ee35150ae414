"""Toy experiments of a problem: expected data, and data and constraint centres that fluctuate."""

import dataclasses

import numpy as np

from ..._base.errors import InputError
from ..._base.typing import Float
from ..problem.problem import Problem

MOST_TOYS = 10_000_000
"""Toys whose fits the memory of a computer holds."""

MOST_SEED = 2**63 - 1


def check_numbers(count: int, seed: int) -> None:
    """Raise `InputError` for an impossible number of toys or seed."""
    if count < 1:
        raise InputError(f"expected at least one toy, found {count}")
    if count > MOST_TOYS:
        raise InputError(f"expected at most {MOST_TOYS} toys, found {count}")
    check_seed(seed)


def check_seed(seed: int) -> None:
    """Raise `InputError` for a seed that the random numbers do not take."""
    if seed < 0:
        raise InputError(f"expected a seed of 0 or more, found {seed}")
    if seed > MOST_SEED:
        raise InputError(f"expected a seed below 2^63, found {seed}")


def asimov(problem: Problem, u: Float[np.ndarray, " coordinate"]) -> Problem:
    """Return `problem` with the data that are expected at the coordinates `u`, without any fluctuation.

    The centres of the constraints move to the values there too.
    """
    params = problem.params(u)
    chi2 = problem.chi2
    measurements = tuple(folded.expecting(params) for folded in chi2.measurements)
    constraints = chi2.constraints
    if constraints.names:
        values = np.array([float(params[name]) for name in constraints.names])
        constraints = dataclasses.replace(constraints, centres=np.asarray(constraints.weights @ values))
    return dataclasses.replace(
        problem, chi2=dataclasses.replace(chi2, measurements=measurements, constraints=constraints)
    )


def fluctuate(problem: Problem, count: int, seed: int | np.random.SeedSequence) -> Problem:
    """Return `problem`, which holds expected data, with `count` toy experiments: a leading axis of data and centres.

    The term of each measurement draws its data (Poisson counts, or Gaussian numbers with their errors); the independent
    pulls of the constraints are drawn with width 1.
    """
    if count < 1:
        raise InputError(f"expected at least one toy, found {count}")
    random = np.random.default_rng(seed)
    measurements = []
    for folded in problem.chi2.measurements:
        mean = np.broadcast_to(folded.observed, (count, *np.shape(folded.observed)))
        term = dataclasses.replace(folded.term, observed=folded.term.draw(random, mean))
        measurements.append(dataclasses.replace(folded, term=term))
    centres = problem.chi2.constraints.centres
    constraints = dataclasses.replace(
        problem.chi2.constraints, centres=random.normal(centres, 1.0, (count, *np.shape(centres)))
    )
    return dataclasses.replace(
        problem, chi2=dataclasses.replace(problem.chi2, measurements=tuple(measurements), constraints=constraints)
    )
