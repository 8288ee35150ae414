"""The detector's response: from recoil energies to bins of reconstructed energy, from arrival times to time bins.

All stages own their parameters, so each coefficient of the detector can be fixed (then the response is folded to an
array on the host) or fitted (then it is rebuilt inside the compiled likelihood, with exact derivatives).
"""

import abc
import dataclasses
from collections.abc import Sequence

import equinox as eqx
import numpy as np

from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from ..stages.spectrum import EnergySpectrum
from ..stages.stage import Stage
from .energy import EnergyDetector, EnergyResponse
from .quenching import Quenching
from .resolution import Smearing


class Detector(Module):
    """What turns recoils into counts in bins: energy bins × cells, the cells being all other axes flattened."""

    @property
    @abc.abstractmethod
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges of each axis, by name with unit; the first is that of the energy bins."""

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, int]:
        """Return the number of energy bins and of cells."""

    @property
    def rows(self) -> int:
        """Return how many numbers are expected of each component: the bins, and what else there is."""
        return int(np.prod(self.shape))

    @abc.abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that it depends on."""

    @abc.abstractmethod
    def reads(self) -> frozenset[str]:
        """Return the names of the parameters that its stages read, its own or declared by the measurement."""

    @abc.abstractmethod
    def breaks(self, nuclides: int) -> Float[np.ndarray, "nuclide break"]:
        """Return the recoil energies [MeV] at which the response to each of `nuclides` nuclides has a kink."""

    def reach(self) -> float:
        """Return the recoil energy [MeV] beyond which nothing is counted, whatever the parameters of the detector.

        Infinite for nuclei: their recoils end by themselves.
        """
        return np.inf

    @abc.abstractmethod
    def share(self, recoil: Float[np.ndarray, "nuclide node"]) -> Float[np.ndarray, "nuclide node"]:
        """Return an upper bound of the share of recoils of energies `recoil` [MeV] that is counted, nominally."""

    @abc.abstractmethod
    def response(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> Stage:
        """Return the stage of the response to recoils of energies `recoil` [MeV], `order` nodes in each bin."""

    def selection(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> Stage:
        """Return the stage of the probability (bin, nuclide, node) that a recoil is counted in each energy bin.

        That is the response, unless rows of the response are something else than bins.
        """
        return self.response(recoil, order)

    def curves(self) -> tuple[Quenching, Smearing] | None:
        """Return quenching [keV] and smearing of the electron-equivalent energy; None by default: they are not known.

        Templates have both in them, and an energy axis may be in proportion to the recoil energy.
        """
        return None

    @abc.abstractmethod
    def electrons(self) -> "Detector | None":
        """Return the same detector for recoils of electrons, or None if its response to them is not known."""

    @abc.abstractmethod
    def signal(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> Stage:
        """Return the stage of the counts (bin, cell) that `recoils` (flavour, nuclide, node) give with a `response`.

        `strengths` names the parameter that scales each flavour, None for no parameter.
        """


class FlavourStrengths(Stage):
    """Stage: the counts of each flavour times its strength, for the flavours that have a strength."""

    counts: Stage
    strengths: tuple[str | None, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(name for name in self.strengths if name is not None)

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        factors = [np.ones(()) if name is None else params[name] for name in self.strengths]
        return namespace(*factors).stack(factors)[:, None] * self.counts(params)


def flavour_counts(recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> Stage:
    """Return the stage of the recoils that a response selects, of each flavour with its strength, if any."""
    spectrum = EnergySpectrum(recoils, response)
    return FlavourStrengths(spectrum, tuple(strengths)) if any(strengths) else spectrum


class AddedFlavours(Stage):
    """Stage: counts in each bin and cell, from those of each flavour."""

    counts: Stage
    """Counts of each flavour, (flavour, bin and cell)."""
    shape: tuple[int, int] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "bin cell"]:
        return self.counts(params).sum(axis=0).reshape(self.shape)


def spread_out(energy: Float[Array, "flavour bin"], spread: Float[Array, "flavour *bin cell"]) -> Array:
    """Return the counts in each bin and cell, (bin, cell): those of each flavour in the bins times its shares."""
    first, *others = (energy[flavour][:, None] * spread[flavour] for flavour in range(len(energy)))
    return sum(others, start=first)


class Signal(Stage):
    """Stage: expected signal counts in each bin and cell, before the strength of the signal."""

    energy: Stage
    spread: Stage

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "bin cell"]:
        return spread_out(self.energy(params), self.spread(params))


class BinnedDetector(Detector):
    """Bins of reconstructed energy, and how the events of each flavour are spread over the cells of the other axes."""

    energy: EnergyDetector
    spread: Stage
    """Share of each cell in the events of each flavour, an array (flavour, cell), or (flavour, bin, cell)."""
    others: dict[str, Float[np.ndarray, " edge"]]
    """Bin edges of the other axes, by name with unit; their product, the last fastest, are the cells."""
    spread_parameters: tuple[Parameter, ...] = eqx.field(static=True, default=())

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges of each axis, by name with unit."""
        return {f"energy [{self.energy.unit}]": self.energy.edges, **self.others}

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of energy bins and of cells."""
        return len(self.energy.edges) - 1, int(np.prod([len(edges) - 1 for edges in self.others.values()], dtype=int))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters of the energy response and of the spread."""
        return (*self.energy.parameters(), *self.spread_parameters)

    def reads(self) -> frozenset[str]:
        """Return the names of the parameters of the energy response and of the spread."""
        return self.spread.parameters().union(parameter.name for parameter in self.parameters())

    def breaks(self, nuclides: int) -> Float[np.ndarray, "nuclide break"]:
        """Return the recoil energies [MeV] at which the energy response has a kink."""
        return self.energy.breaks(nuclides)

    def share(self, recoil: Float[np.ndarray, "nuclide node"]) -> Float[np.ndarray, "nuclide node"]:
        """Return the share of recoils of energies `recoil` [MeV] that is counted in any energy bin."""
        return np.asarray(self.energy.response(recoil, 8)(self.energy.nominal())).sum(axis=0)

    def response(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> EnergyResponse:
        """Return the stage of the energy response."""
        return self.energy.response(recoil, order)

    def curves(self) -> tuple[Quenching, Smearing] | None:
        """Return quenching and smearing, None without smearing."""
        return None if self.energy.smearing is None else (self.energy.quenching, self.energy.smearing)

    def reach(self) -> float:
        """Return the recoil energy [MeV] beyond which nothing is counted, infinite for nuclei."""
        return self.energy.reach()

    def electrons(self) -> "BinnedDetector | None":
        """Return the same with the energy response to electrons, spread over the cells likewise."""
        energy = self.energy.electrons()
        return None if energy is None else dataclasses.replace(self, energy=energy)

    def signal(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> Signal:
        """Return the stage of the counts in each bin and cell."""
        return Signal(flavour_counts(recoils, response, strengths), self.spread)
