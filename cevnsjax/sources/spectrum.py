"""Energy spectra of a flavour, normalised to 1: a line or a continuum."""

import abc
from collections.abc import Callable

import equinox as eqx
import numpy as np

from .._base.module import Module
from .._base.numerics import gauss_legendre, namespace
from .._base.typing import Array, Float

Kernel = Callable[[Float[np.ndarray, "..."], Float[np.ndarray, "..."]], Float[np.ndarray, "..."]]
"""A kinematic kernel κ(E, T) of neutrino energy and recoil energy [MeV]."""


class Spectrum(Module):
    """Distribution of the neutrino energy."""

    @abc.abstractmethod
    def breaks(self) -> tuple[float, ...]:
        """Return the energies [MeV] where a rate against recoil energy has a kink; the last ends the spectrum."""

    @abc.abstractmethod
    def moment(
        self,
        kernel: Kernel,
        recoil: Float[np.ndarray, " node"],
        threshold: Float[np.ndarray, " node"],
        order: int,
    ) -> Float[np.ndarray, " node"]:
        """Return ∫ φ(E) κ(E, T) dE above the `threshold` energy of each recoil energy T [MeV]."""

    @abc.abstractmethod
    def lines(self) -> tuple[tuple[float, float], ...]:
        """Return the energy [MeV] of each line and its share of the neutrinos."""

    @abc.abstractmethod
    def pieces(self) -> tuple[float, ...]:
        """Return the energies [MeV] between which the continuum is smooth, in order, with both ends; () without one."""

    @abc.abstractmethod
    def continuum(self, energy: Float[Array, " energy"]) -> Float[Array, " energy"]:
        """Return the density [1/MeV] without lines, zero beyond the ends of the spectrum."""


class Line(Spectrum):
    """Neutrinos of a single energy [MeV]."""

    energy: float

    def breaks(self) -> tuple[float, ...]:
        """Return the energy."""
        return (self.energy,)

    def moment(
        self,
        kernel: Kernel,
        recoil: Float[np.ndarray, " node"],
        threshold: Float[np.ndarray, " node"],
        order: int,
    ) -> Float[np.ndarray, " node"]:
        """Return κ at the energy of the line, 0 below the threshold."""
        return np.where(threshold <= self.energy, kernel(np.full_like(recoil, self.energy), recoil), 0.0)

    def lines(self) -> tuple[tuple[float, float], ...]:
        """Return the line."""
        return ((self.energy, 1.0),)

    def pieces(self) -> tuple[float, ...]:
        """Return nothing: there is no continuum."""
        return ()

    def continuum(self, energy: Float[Array, " energy"]) -> Float[Array, " energy"]:
        """Return zeros."""
        return 0.0 * energy


class Continuum(Spectrum):
    """Neutrinos with a density φ(E) [1/MeV], smooth between consecutive `edges` [MeV] and zero outside them."""

    density: Callable[[Float[Array, "..."]], Float[Array, "..."]] = eqx.field(static=True)
    edges: tuple[float, ...]

    def breaks(self) -> tuple[float, ...]:
        """Return the edges."""
        return tuple(edge for edge in self.edges if edge > 0.0)

    def moment(
        self,
        kernel: Kernel,
        recoil: Float[np.ndarray, " node"],
        threshold: Float[np.ndarray, " node"],
        order: int,
    ) -> Float[np.ndarray, " node"]:
        """Return the integral, Gauss-Legendre with `order` nodes on each piece between edges."""
        x, w = gauss_legendre((0.0, 1.0), order)
        total = np.zeros_like(recoil)
        for low, high in zip(self.edges[:-1], self.edges[1:], strict=True):
            start = np.clip(threshold, low, high)[:, None]
            energy = start + (high - start) * x
            total += np.sum((high - start) * w * self.density(energy) * kernel(energy, recoil[:, None]), axis=1)
        return total

    def lines(self) -> tuple[tuple[float, float], ...]:
        """Return nothing: there are no lines."""
        return ()

    def pieces(self) -> tuple[float, ...]:
        """Return the edges."""
        return self.edges

    def continuum(self, energy: Float[Array, " energy"]) -> Float[Array, " energy"]:
        """Return the density, zero outside the edges."""
        xp, low, high = namespace(energy), self.edges[0], self.edges[-1]
        inside = (energy >= low) & (energy <= high)
        return xp.where(inside, self.density(xp.clip(energy, low, high)), 0.0)
