"""The likelihood as a χ²: the terms of the measurements and Gaussian terms for the constraints.

χ² = -2 ln L up to a constant that depends on the data alone (`measuring.terms.term`).
"""

from ..._base.module import Module
from ..._base.typing import Params, Scalar
from ...folding.folded import FoldedMeasurement
from ...parameters.constraints import Constraints


def measurement_chi2(folded: FoldedMeasurement, params: Params) -> Scalar:
    """Return the term of a measurement."""
    return folded.term.chi2(folded.term.combined(folded.contributions(params)))


class ChiSquare(Module):
    """χ² of folded measurements with Gaussian constraints, a pure function of the parameters."""

    measurements: tuple[FoldedMeasurement, ...]
    constraints: Constraints

    def parameters(self) -> frozenset[str]:
        """Return the names of the parameters it depends on."""
        return frozenset(self.constraints.names).union(*(folded.parameters() for folded in self.measurements))

    def __call__(self, params: Params) -> Scalar:
        """Return χ² at `params`."""
        return sum(measurement_chi2(folded, params) for folded in self.measurements) + self.constraints(params)
