"""What the quadrature leaves of the recoil integrals of a likelihood, in units of the error bars of its results.

Where the expected counts of bin b are off by δ_b, no fitted parameter moves by more than

    sqrt(Σ_b δ_b² / V_b)

of its error, whichever it is (Cauchy and Schwarz, for counts that are linear in the parameters within the errors; V_b is
the variance of the bin: the expected counts, or the squared Gaussian error). δ_b is the difference from a fold with
half of the nodes, an upper bound that costs little; where that is not clearly small, from a fold with twice as many.
"""

import dataclasses
import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from .folding import BIN_ORDER, RECOIL_ORDER, FoldedMeasurement, fold
from .interactions.combination import Combination
from .measurement import Measurement, Observables
from .prediction import component_counts

WORTH_A_WORD = 1e-4
"""Error of a recoil integral, in error bars, above which a result says so."""
TOO_LARGE = 1e-2
"""Error above which a result is not to be trusted."""
CLEARLY_SMALL = 0.1 * WORTH_A_WORD
"""Difference from half of the nodes up to which twice as many are not tried."""


@dataclasses.dataclass(frozen=True)
class RecoilIntegral:
    """The recoil integral of one measurement, as it is folded and with other numbers of nodes."""

    measurement: Measurement | Observables
    interaction: Combination
    folded: FoldedMeasurement
    """As the likelihood has it, every parameter live."""

    @cached_property
    def _halved(self) -> FoldedMeasurement:
        return self._folded(RECOIL_ORDER // 2, BIN_ORDER // 2)

    @cached_property
    def _doubled(self) -> FoldedMeasurement:
        return self._folded(2 * RECOIL_ORDER, 2 * BIN_ORDER)

    def _folded(self, recoil_order: int, bin_order: int) -> FoldedMeasurement:
        other = fold(self.measurement, self.interaction, recoil_order, bin_order)
        return dataclasses.replace(self.folded, stages=(*other.stages[: self._signals], *self.folded.stages[self._signals :]))

    @property
    def _signals(self) -> int:
        """Return the number of components that are integrals over recoils."""
        return len(self.folded.stages) - (len(self.measurement.strengths) - 1)

    def error(self, params: Mapping[str, float]) -> float:
        """Return by how much of an error bar the integral is off at `params` (names of the likelihood), at most.

        Infinite where it is not a number; 0 for measured numbers, which have no recoil integral.
        """
        if isinstance(self.measurement, Observables):
            return 0.0
        counts = component_counts(self.folded, params)
        variance = sum(counts.values()) if self.folded.errors is None else self.folded.errors**2
        signals = list(counts)[: self._signals]

        def difference(other: FoldedMeasurement) -> float:
            found = component_counts(other, params)
            shift = sum(found[name] - counts[name] for name in signals)
            error = math.sqrt(float(np.sum(np.where(shift == 0, 0.0, shift**2 / np.where(variance > 0, variance, 0.0)))))
            return error if math.isfinite(error) else math.inf

        halved = difference(self._halved)
        return halved if halved <= CLEARLY_SMALL else difference(self._doubled)
