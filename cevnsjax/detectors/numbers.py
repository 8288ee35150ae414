"""Measured numbers that the signal predicts: all that a detector counts, times a factor, in place of counts in bins.

number_k = f_k Σ_b,t counts_b,t, where f is 1/(counts in the Standard Model) of a published ratio to that, and
1/Σ_l,i (fluence of flavour l × number of nuclei i) [cm²] of a flux-averaged cross section.
"""

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import numpy as np

from .._base.typing import Float
from ..stages.products import Placed
from ..stages.stage import Constant, Stage
from .efficiency import UnitEfficiency
from .energy import EnergyDetector
from .quenching import Unquenched
from .response import BinnedDetector, Detector
from .runs import SideBySide

HIGHEST_RECOIL = 1e6
"""End of the recoil energies [keV] that are counted above a threshold: beyond those of any neutrino here."""


class NumbersDetector(SideBySide):
    """Measured numbers, of which some are predicted by the signal; they are its bins, in a single cell."""

    parts: tuple[Detector, ...]
    """What counts the signal of each number that it predicts."""
    factors: tuple[float, ...] = eqx.field(static=True)
    places: tuple[int, ...] = eqx.field(static=True)
    """Place of each of these among all numbers."""
    count: int = eqx.field(static=True)
    """How many numbers there are in all."""

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the edges of the axis: a bin for each number."""
        return {"number [1]": np.arange(self.count + 1.0)}

    @property
    def shape(self) -> tuple[int, int]:
        """Return how many numbers there are, and 1."""
        return self.count, 1

    def each(self) -> tuple[Detector, ...]:
        """Return what counts the signal of each number."""
        return self.parts

    def having(self, others: tuple[Detector, ...]) -> "NumbersDetector":
        """Return the same of other detectors."""
        return dataclasses.replace(self, parts=others)

    def signal(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> Stage:
        """Return the stage of the numbers (number, 1); 0 for those that the signal does not predict."""
        signals = self.signals(recoils, response, strengths)
        return Placed(signals, self.factors, self.places, self.count).reshaped(self.shape)


def recoils_above(threshold: float, flavours: int) -> BinnedDetector:
    """Return a detector that counts every recoil of at least a `threshold` [keV] of each flavour, in a single bin.

    >>> import numpy as np
    >>> recoils_above(2.0, 3).share(np.array([[1e-3, 3e-3]])).tolist()
    [[0.0, 1.0]]

    """
    energy = EnergyDetector(
        edges=np.array([threshold, HIGHEST_RECOIL]),
        quenching=Unquenched(1.0),
        smearing=None,
        efficiency=UnitEfficiency(),
        unit="keV",
        unquenched=None,
    )
    return BinnedDetector(energy, Constant(np.ones((flavours, 1))), {})
