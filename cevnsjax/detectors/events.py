"""Events that are not binned: the density of reconstructed energy, and of time, at each observed event.

    dν/dx (x_k) = Σ_i,T  ε(x_k) · p(x_k | T) · recoils_i(T)

p is the density of the smearing where a bin has its integral. The integral over the window is that of the bins it is
cut into. With time, the density of each flavour is that of its energies times that of its arrivals.
"""

import dataclasses
from collections.abc import Sequence, Set

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from ..stages.kept import kept
from ..stages.stacked import Rows, StackedResponse, in_a_row
from ..stages.stage import Constant, Stage
from .energy import EnergyDetector
from .response import BinnedDetector, Detector, flavour_counts, spread_out
from .shortening import fewer_recoils


class EventResponse(Stage):
    """Stage: density of the reconstructed energy of a recoil of each energy, with the efficiency, at each event."""

    detector: EnergyDetector
    recoil: Float[Array, "nuclide node"]
    """Recoil energies [MeV]."""
    energies: Float[Array, " event"]
    """Reconstructed energies of the events."""

    def __check_init__(self) -> None:
        if self.detector.smearing is None:
            raise InputError("expected a resolution, without which there are no densities of events")

    def own_parameters(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.detector.parameters())

    def width(self) -> int:
        return self.energies.size * self.recoil.size

    def meeting(self, recoils: Stage, free: Set[str], params: Params) -> Stage | None:
        """Return the densities by the response to fewer recoil energies."""
        return kept((self, recoils), free, params, lambda: fewer_recoils(self, recoils, free, params))

    def __call__(self, params: Params) -> Float[Array, "event nuclide node"]:
        detector, x = self.detector, self.energies
        energy = detector.quenching(self.recoil, params)
        selected = (x >= detector.efficiency.threshold(params)) * detector.efficiency(x, params)
        return selected[:, None, None] * detector.density(x, energy, params)


class EventSignal(Stage):
    """Stage: expected signal counts in each bin and cell, in a row, then the density at each event."""

    energy: Stage
    """Counts of each flavour in the energy bins, then the density of energies at the events, (flavour, row)."""
    cells: Stage
    """Share of each cell in the events of each flavour, an array (flavour, cell), or (flavour, bin, cell)."""
    others: Stage
    """Density of each flavour's events in all that is not energy, at the events, an array (flavour, event)."""
    bins: int = eqx.field(static=True)
    """Number of energy bins."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, " row"]:
        energy = self.energy(params)
        at_events = (energy[:, self.bins :] * self.others(params)).sum(axis=0)
        return in_a_row(spread_out(energy[:, : self.bins], self.cells(params)), at_events)


class EventDetector(Detector):
    """Bins in a window, and the density at each event that was observed in it.

    For a term of `unbinned_events`. What is expected is a row: the bins, then the events. Quenching, resolution,
    efficiency and arrival times, with all of their parameters, are those of the bins.
    """

    window: BinnedDetector
    """The bins that the window is cut into."""
    energies: Float[np.ndarray, " event"]
    """Reconstructed energy of each event, in the unit of the bins."""
    others: Stage
    """Density of each flavour's events in all that is not energy, at the events, an array (flavour, event)."""

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges of each axis, by name with unit."""
        return self.window.axes

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of energy bins and of cells."""
        return self.window.shape

    @property
    def rows(self) -> int:
        """Return how many numbers are expected of each component: the bins, and the events."""
        return self.window.rows + len(self.energies)

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters of the energy response and of the spread."""
        return self.window.parameters()

    def reads(self) -> frozenset[str]:
        """Return the names of the parameters of the energy response, of the spread and of the densities."""
        return self.window.reads() | self.others.parameters()

    def breaks(self, nuclides: int) -> Float[np.ndarray, "nuclide break"]:
        """Return the recoil energies [MeV] between which all bins and densities are smooth."""
        energy = self.window.energy
        return dataclasses.replace(energy, edges=np.union1d(energy.edges, self.energies)).breaks(nuclides)

    def reach(self) -> float:
        """Return the recoil energy [MeV] beyond which nothing is counted, infinite for nuclei."""
        return self.window.reach()

    def share(self, recoil: Float[np.ndarray, "nuclide node"]) -> Float[np.ndarray, "nuclide node"]:
        """Return the share of recoils of energies `recoil` [MeV] that is counted in the window."""
        return self.window.share(recoil)

    def response(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> StackedResponse:
        """Return the stage of the energy response: the bins, then the events."""
        events = EventResponse(self.window.energy, recoil, self.energies)
        return StackedResponse((self.window.response(recoil, order), events))

    def electrons(self) -> "EventDetector | None":
        """Return the same with the energy response to electrons, or None if that is not known."""
        window = self.window.electrons()
        return None if window is None else dataclasses.replace(self, window=window)

    def signal(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> EventSignal:
        """Return the stage of the counts in the bins, then the densities at the events."""
        energy = flavour_counts(recoils, response, strengths)
        return EventSignal(energy, self.window.spread, self.others, self.shape[0])

    def background(self, inside: Stage, density: Stage) -> Stage:
        """Return a background: counts in the bins of a stage, and its density at the events, of another, (event,)."""
        at_events = density.array
        if at_events is not None and np.shape(at_events) != np.shape(self.energies):
            raise InputError(
                f"expected the density of a background at {len(self.energies)} events, found {np.size(at_events)}"
            )
        if at_events is not None and not np.all((at_events >= 0) & np.isfinite(at_events)):
            raise InputError("expected densities of a background of 0 or more at the events, found others")
        rows = Rows((inside, density))
        return rows if rows.parameters() else Constant(rows({}))
