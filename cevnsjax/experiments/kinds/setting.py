"""What the kinds of a table can see of the rest of an experiment."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...detectors.energy import EnergyDetector
from ...nuclei.target import Target
from ...sources.source import Source

ENERGY = "energy"


@dataclasses.dataclass(frozen=True)
class Bins:
    """The bins that an experiment counts in."""

    axes: Mapping[str, np.ndarray]
    """Edges of the bins of each axis by its key under ``[binning]``, in order."""
    units: Mapping[str, str]
    """Unit of each axis."""

    def bins(self, *axes: str) -> tuple[int, ...]:
        """Return the number of bins of some axes."""
        return tuple(len(self.axes[axis]) - 1 for axis in axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the number of bins of each axis."""
        return self.bins(*self.axes)

    def label(self, axis: str) -> str:
        """Return the name of an axis with its unit."""
        unit = self.units[axis]
        return axis if unit == "1" else f"{axis} [{unit}]"


@dataclasses.dataclass(frozen=True)
class Setting(Bins):
    """Source, target, axes and detector of an experiment."""

    source: Source
    target: Target
    exposure: float | None
    """Mass times live time [kg d], None where the live time is not known."""
    energy: EnergyDetector | None = None
    detector: Any = None
    """What stands in the table of the detector."""
    prompt: np.ndarray | None = None
    """Share of each time bin of the neutrinos that come first, nominally, if there are time bins."""
    time_efficiency: bool = False
    """Whether the time efficiency of the signal has parameters."""
    parameters: tuple[str, ...] = ()
    """Parameters of the detector."""
    events: Mapping[str, np.ndarray] | None = None
    """Where events were seen along each axis, if they are not binned."""
    prompt_density: np.ndarray | None = None
    """Density of the neutrinos that come first at the times of the events, nominally."""
