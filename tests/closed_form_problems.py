"""Problems of which everything is known: Gaussian and Poisson numbers, made without any measurement."""

import numpy as np

from cevnsjax.folding.folded import Factor, FoldedMeasurement
from cevnsjax.inference.problem.chi_square import ChiSquare
from cevnsjax.inference.problem.problem import Problem
from cevnsjax.measuring.terms.gaussian import GaussianNumbers
from cevnsjax.measuring.terms.poisson import PoissonCounts
from cevnsjax.parameters.constraints import NO_CONSTRAINTS, build_constraints
from cevnsjax.parameters.parameter import Gaussian
from cevnsjax.stages.stage import Constant


def linear(observed, errors, columns, lower, upper, widths=None):
    """Return the problem of strengths x1, x2, … with expected numbers Σ column × strength, within bounds.

    With `errors` None the numbers are Poisson counts. A column without bounds is fixed. `widths` are those of Gaussian
    constraints of centre 1 on some of the strengths, by name.
    """
    names = [f"x{k + 1}" for k in range(len(lower))]
    strengths = [*names, *[None] * (len(columns) - len(lower))]
    folded = FoldedMeasurement(
        stages=tuple(Constant(np.asarray(column, float)) for column in columns),
        term=PoissonCounts(np.asarray(observed, float))
        if errors is None
        else GaussianNumbers(np.asarray(observed, float), np.asarray(errors, float)),
        factors=tuple(Factor(name) for name in strengths),
        components=tuple(f"component {k}" for k in range(len(columns))),
    )
    single = {name: Gaussian(1.0, width) for name, width in (widths or {}).items()}
    return Problem(
        chi2=ChiSquare((folded,), build_constraints(single) if single else NO_CONSTRAINTS),
        fixed={},
        names=tuple(names),
        ties=(),
        placement=tuple(range(len(names))),
        orders=(),
        lower=np.asarray(lower, float),
        upper=np.asarray(upper, float),
    )


def bounded_gaussian(x):
    """Return the problem of one number x of unit width and a mean of 0 or more."""
    return linear([x], [1.0], [[1.0]], [0.0], [50.0])


def poisson_with_background(count, background):
    """Return the problem of one count, the sum of a signal of 0 or more and a known background."""
    return linear([count], None, [[1.0], [background]], [0.0], [100.0])


def problem_of(term, stages, strengths, bounds, widths=None):
    """Return the problem of a term: `stages` times their strengths (None: 1), with the `bounds` of all parameters.

    `widths` are those of Gaussian constraints of centre 1, by name.
    """
    folded = FoldedMeasurement(
        stages=tuple(stages),
        term=term,
        factors=tuple(map(Factor, strengths)),
        components=tuple(f"component {k}" for k in range(len(stages))),
    )
    single = {name: Gaussian(1.0, width) for name, width in (widths or {}).items()}
    low, high = np.transpose(list(bounds.values()))
    return Problem(
        chi2=ChiSquare((folded,), build_constraints(single) if single else NO_CONSTRAINTS),
        fixed={},
        names=tuple(bounds),
        ties=(),
        placement=tuple(range(len(bounds))),
        orders=(),
        lower=np.asarray(low, float),
        upper=np.asarray(high, float),
    )
