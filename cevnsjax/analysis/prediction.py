"""Expected counts of one measurement, as a user holds them."""

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..folding import fold
from ..interactions.standard_model import StandardModel
from ..measurement import Measurement
from ..prediction import component_counts, flux_averaged_cross_section, quadrature_error, signal_by_nuclide

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclasses.dataclass(frozen=True)
class Prediction:
    """Expected counts of one measurement at given parameters."""

    measurement: Measurement
    interaction: StandardModel
    params: dict[str, float]

    @cached_property
    def counts(self) -> dict[str, np.ndarray]:
        """Return the counts of each component in each bin, arrays (energy bin, time bin)."""
        folded = fold(self.measurement, self.interaction)
        return component_counts(folded, self.params)

    @cached_property
    def signal(self) -> np.ndarray:
        """Return the signal counts, an array (flavour, nuclide, energy bin, time bin)."""
        return signal_by_nuclide(self.measurement, self.interaction, self.params)

    @cached_property
    def quadrature_error(self) -> float:
        """Return the largest relative error of a signal bin that the quadrature leaves, measured by doubling it."""
        return quadrature_error(self.measurement, self.interaction, self.params)

    @cached_property
    def cross_section(self) -> float:
        """Return the flux-averaged cross section per nucleus [cm²], times the strength of the signal."""
        strength = self.params[self.measurement.strengths[0].parameter]
        return float(strength * flux_averaged_cross_section(self.measurement, self.interaction, self.params))

    def as_dict(self) -> dict[str, Any]:
        """Return the prediction as plain lists and numbers."""
        flavours, nuclides = self.measurement.source.flavours, self.measurement.target.nuclides
        return {
            "measurement": self.measurement.name,
            "total": {name: float(counts.sum()) for name, counts in self.counts.items()},
            "counts": {name: counts.tolist() for name, counts in self.counts.items()},
            "signal": {
                flavour: {nucleus.name: self.signal[k, i].tolist() for i, nucleus in enumerate(nuclides)}
                for k, flavour in enumerate(flavours)
            },
            "flux_averaged_cross_section": {"value": 1e40 * self.cross_section, "unit": "1e-40 cm^2"},
            "edges": {axis: edges.tolist() for axis, edges in self.measurement.axes.items()},
            "quadrature_error": self.quadrature_error,
            "observed": self.measurement.observed.tolist(),
        }

    def plot(self) -> "Figure":
        """Draw data and components against energy and against time."""
        from ..plots.spectra import draw_spectra

        return draw_spectra(self.measurement.title, self.measurement.axes, self.measurement.observed, self.counts)
