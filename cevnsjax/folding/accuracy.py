"""What the quadrature leaves of the recoil integrals of a likelihood, in units of the error bars of its results.

Where the expected counts of bin b are off by δ_b, no fitted parameter moves by more than

    sqrt(Σ_b δ_b² / V_b)

of its error, whichever it is (by Cauchy and Schwarz, for counts that are linear in the parameters within the errors;
V_b is the variance of the bin: the expected counts, or the squared Gaussian error, of correlated numbers after they are
whitened; and for the density at an unbinned event its square). δ_b is the difference from a fold with half of the
nodes, an upper bound that costs little; where that is not clearly small, with twice as many.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property

import numpy as np

from .._base.typing import Array, Float
from ..interactions.combination import Combination
from ..measuring.measurement import Measurement
from ..measuring.terms.term import is_binned
from .fold import BIN_ORDER, fold
from .folded import FoldedMeasurement
from .nodes import RECOIL_ORDER
from .scatterers import endless_rise

WORTH_A_WORD = 1e-4
"""Error of a recoil integral, in error bars, above which a result reports it."""
TOO_LARGE = 1e-2
"""Error above which a result is not to be trusted."""
CLEARLY_SMALL = 0.1 * WORTH_A_WORD
"""Difference from half of the nodes up to which twice as many are not tried."""


@dataclasses.dataclass(frozen=True)
class Accuracy:
    """The largest error of the recoil integrals of a likelihood."""

    error: float
    """In error bars, at most: 0 where nothing is integrated, infinite where an integral is not a number."""
    measurement: str = ""
    """Whose integral that is."""
    interactions: tuple[str, ...] = ()
    reason: str | None = None
    """Why it has no better value, where that is known, and what to do."""

    @property
    def trusted(self) -> bool:
        """Return whether results are to be trusted as far as the integrals go."""
        return self.error <= TOO_LARGE

    @property
    def message(self) -> str:
        """Return the warning about it, empty if it is small."""
        if self.error <= WORTH_A_WORD:
            return ""
        reason = "" if self.reason is None else f" ({self.reason})"
        models = ", ".join(self.interactions)
        return f"the recoil integral of {self.measurement} ({models}) is off by {self.error:.1g} error bars{reason}"

    def added_to(self, message: str) -> str:
        """Return the `message` of a result with the warning about the integrals."""
        if not self.trusted:
            return f"not to be trusted: {self.message}, more than {TOO_LARGE:g}; {message}"
        return "; ".join(filter(None, (message, self.message)))


EXACT = Accuracy(0.0)


@dataclasses.dataclass(frozen=True)
class RecoilIntegral:
    """The recoil integral of a measurement, as it is folded and with other numbers of nodes."""

    measurement: Measurement
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
        """Return the signals folded with other numbers of nodes."""
        other = fold(self.measurement, self.interaction, recoil_order, bin_order)
        return dataclasses.replace(self.folded, stages=other.stages)

    def errors(self, points: Sequence[Mapping[str, float]], nuisances: Set[str]) -> list[float]:
        """Return by how many error bars the integral is off at each of the `points`, at most.

        A point has the values of all parameters by their names in the likelihood.
        """
        if self.measurement.scattering is None:
            return [0.0 for _ in points]
        first = points[0]
        moving = frozenset(name for name in first if any(point[name] != first[name] for point in points))

        def ready(folded: FoldedMeasurement) -> FoldedMeasurement:
            pulled = folded.pull(nuisances)
            return pulled.hold(moving, first) if len(points) > 1 else pulled

        whole, halved = ready(self.folded), ready(self._halved)
        doubled: FoldedMeasurement | None = None
        differences = []
        for point in points:
            rows = _by_component(whole, point)
            error = self._difference(halved, rows, point)
            if error > CLEARLY_SMALL:
                doubled = ready(self._doubled) if doubled is None else doubled
                error = self._difference(doubled, rows, point)
            differences.append(error)
        return differences

    def _difference(
        self, other: FoldedMeasurement, rows: Mapping[str, Float[Array, "..."]], point: Mapping[str, float]
    ) -> float:
        """Return what the `rows` of all components at `point` differ by from those of another fold, in error bars."""
        term, expected = self.folded.term, np.asarray(sum(rows.values()))
        backgrounds = {strength.component for strength in self.measurement.strengths[1:]}
        other_rows = _by_component(other, point)
        shift = np.asarray(sum(other_rows[name] - rows[name] for name in rows if name not in backgrounds))
        if is_binned(term):
            shift, expected, term = term.whitened(shift), np.asarray(term.whitened(expected)), term.diagonal()
        seen, variance = shift != 0.0, term.variance(expected)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            pulls = np.where(seen, shift, 0.0) / np.sqrt(np.where(seen, variance, 1.0))
            error = math.sqrt(float((pulls**2).sum()))
        return error if math.isfinite(error) else math.inf

    @property
    def reason(self) -> str | None:
        """Return why the integral has no value, None if it has a value."""
        return endless_rise(self.measurement, self.interaction)


def _by_component(folded: FoldedMeasurement, point: Mapping[str, float]) -> dict[str, Float[Array, "..."]]:
    """Return what its term takes of each component: counts in bins, numbers, densities at events."""
    return dict(zip(folded.components, folded.contributions(point), strict=True))


def accuracy(
    integrals: Sequence[RecoilIntegral], points: Iterable[Mapping[str, float]], nuisances: Set[str]
) -> Accuracy:
    """Return the largest error of the `integrals` at any of the `points`, values of all parameters of the likelihood.

    Parameters that are `nuisances` are pulled, others are fitted or fixed: the strengths of a signal differ in that.
    A point of which a parameter is not known, as at the edge of an interval that was not found, is left out.
    """
    where = [point for point in points if all(map(math.isfinite, point.values()))]
    errors = [(max(integral.errors(where, nuisances)), integral) for integral in integrals] if where else []
    error, worst = max(errors, key=lambda pair: pair[0], default=(0.0, None))
    if worst is None or error == 0.0:
        return EXACT
    models = tuple(worst.interaction.names)
    return Accuracy(error, worst.measurement.name, models, worst.reason if error > WORTH_A_WORD else None)
