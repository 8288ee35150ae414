"""The likelihood as a χ²: Poisson terms for the counts, Gaussian terms for the constraints.

χ² = -2 ln L up to a constant that depends on the data alone (Baker and Cousins, Nucl. Instrum. Meth. 221, 437 (1984)),
so that it measures the goodness of fit and Δχ² = 1, 2.71, 4, 9 are 1σ, 90 %, 2σ and 3σ of one parameter.
"""

from collections.abc import Mapping

import equinox as eqx
import numpy as np

from ._numerics import namespace
from ._typing import Array, Float, Params, Scalar
from .folding import FoldedMeasurement
from .parameters import Gaussian
from .prediction import expected_counts


def poisson_chi2(observed: Float[Array, "..."], expected: Float[Array, "..."]) -> Scalar:
    """Return 2 Σ [μ - n + n ln(n/μ)], the term n ln(n/μ) being 0 where n = 0 (arXiv:2303.09360 Eq. 10).

    Infinite where counts were observed and none is expected; not a number where fewer than none are expected.
    """
    xp = namespace(observed, expected)
    seen = observed > 0
    ratio = xp.where(seen, observed, 1.0) / xp.where(seen, expected, 1.0)
    return 2.0 * xp.sum(expected - observed + observed * xp.log(ratio))


class ChiSquare(eqx.Module):
    """χ² of one or more folded measurements with Gaussian constraints, a pure function of the parameters."""

    measurements: tuple[FoldedMeasurement, ...]
    constrained: tuple[str, ...] = eqx.field(static=True)
    centres: Float[Array, " constraint"]
    widths: Float[Array, " constraint"]

    def parameters(self) -> frozenset[str]:
        """Return the names of the parameters it depends on."""
        return frozenset(self.constrained).union(*(folded.parameters() for folded in self.measurements))

    def constrain(self, constraints: Mapping[str, Gaussian]) -> "ChiSquare":
        """Return the same with these constraints in place of its own."""
        return ChiSquare(
            measurements=self.measurements,
            constrained=tuple(constraints),
            centres=np.array([constraint.centre for constraint in constraints.values()]),
            widths=np.array([constraint.width for constraint in constraints.values()]),
        )

    def __call__(self, params: Params) -> Scalar:
        """Return χ² at `params`."""
        counts = sum(poisson_chi2(folded.observed, expected_counts(folded, params)) for folded in self.measurements)
        if not self.constrained:
            return counts
        values = [params[name] for name in self.constrained]
        pulls = (namespace(*values, self.centres).stack(values) - self.centres) / self.widths
        return counts + (pulls**2).sum()
