"""The likelihood as a χ²: Poisson or Gaussian terms for the data, Gaussian terms for the constraints.

χ² = -2 ln L up to a constant that depends on the data alone (Baker and Cousins, Nucl. Instrum. Meth. 221, 437 (1984)),
so that it measures the goodness of fit and Δχ² = 1, 2.71, 4, 9 are 1σ, 90 %, 2σ and 3σ of one parameter.
"""

import math

import equinox as eqx

from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Params, Scalar
from ...folding.folded import FoldedMeasurement
from ...folding.prediction import expected_counts
from ...parameters.constraints import Constraints

LEAST = 1e-20
"""Counts in a bin that are as good as none: χ² of them is below the rounding of one event."""
UNITS = ((1e-90, 2.0**450), (1e-200, 2.0**830))
"""Expected counts below which they are taken in units of the inverse of a number."""


def poisson_chi2(observed: Float[Array, "..."], expected: Float[Array, "..."]) -> Scalar:
    """Return 2 Σ [μ - n + n ln(n/μ)], the term n ln(n/μ) being 0 where n = 0 (arXiv:2303.09360 Eq. 10).

    Counts below `LEAST`, which only expected data have, are none: what they add is less than rounding, and the response
    that moves with a fit is interpolated, so that such bins may be a rounding below zero.
    Infinite where counts were observed and none is expected; not a number where fewer than none are expected.
    """
    xp = namespace(observed, expected)
    seen = observed > LEAST
    # Where 1e-206 counts are expected, their third power in the second derivative needs another unit of counts.
    unit, shift = 1.0, 0.0
    for bound, larger in UNITS:
        small = seen & (expected < bound) & (expected > 0)
        unit, shift = xp.where(small, larger, unit), xp.where(small, math.log(larger), shift)
    ratio = xp.where(seen, observed, 1.0) / (xp.where(seen, expected, 1.0) * unit)
    return 2.0 * xp.sum(expected - observed + xp.where(seen, observed, 0.0) * (xp.log(ratio) + shift))


def gaussian_chi2(
    observed: Float[Array, "..."], expected: Float[Array, "..."], errors: Float[Array, "..."], one_sided: bool = False
) -> Scalar:
    """Return Σ [(μ - x)/σ]², with `one_sided` only of what is predicted above the observed x: an upper limit."""
    pull = (expected - observed) / errors
    if one_sided:
        pull = namespace(pull).maximum(pull, 0.0)
    return (pull**2).sum()


def measurement_chi2(folded: FoldedMeasurement, params: Params) -> Scalar:
    """Return the term of one measurement."""
    return counts_chi2(folded, expected_counts(folded, params))


def counts_chi2(folded: FoldedMeasurement, expected: Float[Array, "..."]) -> Scalar:
    """Return the term of one measurement for given `expected` counts: a sum over the bins."""
    if folded.errors is None:
        return poisson_chi2(folded.observed, expected)
    return gaussian_chi2(folded.observed, expected, folded.errors, folded.one_sided)


def counts_derivatives(
    folded: FoldedMeasurement, expected: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """Return the first derivative of `counts_chi2` by the expected counts of each bin, and the root of the second.

    The second alone, 2n/μ², overflows where next to nothing is expected; with what moves the counts it does not.
    """
    xp = namespace(expected)
    if folded.errors is None:
        seen = folded.observed > LEAST
        ratio = xp.where(seen, folded.observed, 0.0) / xp.where(seen, expected, 1.0)
        return 2.0 - 2.0 * ratio, ratio * xp.sqrt(2.0 / xp.where(seen, folded.observed, 1.0))
    pull, root = 2.0 * (expected - folded.observed) / folded.errors**2, xp.sqrt(2.0) / folded.errors
    if folded.one_sided:
        above = expected > folded.observed
        return above * pull, above * root
    return pull, root + 0.0 * expected


class ChiSquare(eqx.Module):
    """χ² of one or more folded measurements with Gaussian constraints, a pure function of the parameters."""

    measurements: tuple[FoldedMeasurement, ...]
    constraints: Constraints

    def parameters(self) -> frozenset[str]:
        """Return the names of the parameters it depends on."""
        return frozenset(self.constraints.names).union(*(folded.parameters() for folded in self.measurements))

    def __call__(self, params: Params) -> Scalar:
        """Return χ² at `params`."""
        return sum(measurement_chi2(folded, params) for folded in self.measurements) + self.constraints(params)
