"""Spectra given by points: linear between them, with jumps; and spectra made of several parts."""

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.numerics import chebyshev_points, gauss_legendre, lagrange
from .._base.typing import Float
from .spectrum import Kernel, Spectrum

MOST_BREAKS = 400
"""Points beyond which a table is smooth enough for the quadrature in recoil energy to step over some of them."""


SMOOTH_PIECES = 2
"""Pieces above all thresholds, for each node, from which on they are taken together."""


class Tabulated(Spectrum):
    """Neutrinos with a density through points (E, φ), linear between them and zero beyond.

    An energy that is given twice is a jump of the density there.
    """

    energy: Float[np.ndarray, " point"]
    """Energies of the points [MeV], none lower than the point before."""
    density: Float[np.ndarray, " point"]
    """Density at the points [1/MeV]."""

    def __check_init__(self) -> None:
        energy, density = self.energy, self.density
        if energy.ndim != 1 or len(energy) < 2 or energy.shape != density.shape:
            raise InputError(
                f"a tabulated spectrum: expected two points or more, found {energy.shape}, {density.shape}"
            )
        if not (np.all(np.isfinite(energy)) and np.all(np.diff(energy) >= 0) and 0 <= energy[0] < energy[-1]):
            raise InputError(f"a tabulated spectrum: expected energies in order, from 0 on, found {energy.tolist()}")
        if not (np.all(np.isfinite(density)) and np.all(density >= 0)):
            raise InputError(f"a tabulated spectrum: expected densities of 0 or more, found {density.min()}")

    def integral(self) -> float:
        """Return ∫ φ(E) dE."""
        return float(np.sum(np.diff(self.energy) * (self.density[1:] + self.density[:-1])) / 2.0)

    def breaks(self) -> tuple[float, ...]:
        """Return the energies of the points, where there are many only every n-th, the ends and the jumps."""
        distinct, times = np.unique(self.energy, return_counts=True)
        chosen = np.arange(len(distinct)) % -(-len(distinct) // MOST_BREAKS) == 0
        chosen |= times > 1
        chosen[-1] = True
        return tuple(float(energy) for energy in distinct[chosen] if energy > 0.0)

    def moment(
        self,
        kernel: Kernel,
        recoil: Float[np.ndarray, " node"],
        threshold: Float[np.ndarray, " node"],
        order: int,
    ) -> Float[np.ndarray, " node"]:
        """Return the integral, Gauss-Legendre with `order` nodes on each piece between points.

        Where the table goes on above all thresholds, the kernel is interpolated there: it is smooth in ln E.
        """
        x, w = gauss_legendre((0.0, 1.0), order)
        total = np.zeros_like(recoil)
        first_above = int(np.searchsorted(self.energy, threshold.max()))
        smooth = len(self.energy) - 1 - first_above > SMOOTH_PIECES * order and self.energy[first_above] > 0.0
        if smooth:
            energies, weights = self._smooth_part(first_above, order)
            total += kernel(energies, recoil[:, None]) @ weights
        points = zip(self.energy[:-1], self.energy[1:], self.density[:-1], self.density[1:], strict=True)
        for low, high, first, last in list(points)[: first_above if smooth else None]:
            above = threshold < high
            if low == high or not np.any(above):
                continue
            start = np.maximum(threshold[above], low)[:, None]
            energy = start + (high - start) * x
            density = first + (last - first) * (energy - low) / (high - low)
            total[above] += np.sum((high - start) * w * density * kernel(energy, recoil[above, None]), axis=1)
        return total

    def lines(self) -> tuple[tuple[float, float], ...]:
        """Return nothing: there are no lines."""
        return ()

    def pieces(self) -> tuple[float, ...]:
        """Return the energies of the points."""
        return tuple(np.unique(self.energy).tolist())

    def continuum(self, energy: Float[np.ndarray, " energy"]) -> Float[np.ndarray, " energy"]:
        """Return the density; at a jump, that above it."""
        low = np.clip(np.searchsorted(self.energy, energy, side="right") - 1, 0, len(self.energy) - 2)
        width = self.energy[low + 1] - self.energy[low]
        share = np.where(width > 0, (energy - self.energy[low]) / np.where(width > 0, width, 1.0), 1.0)
        value = self.density[low] + (self.density[low + 1] - self.density[low]) * share
        return np.where((energy >= self.energy[0]) & (energy <= self.energy[-1]), value, 0.0)

    def _smooth_part(self, first: int, order: int) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
        """Return energies, `order` of them, and weights that integrate what is smooth in ln E from a point on."""
        low, high = self.energy[first:-1, None], self.energy[first + 1 :, None]
        x, w = gauss_legendre((0.0, 1.0), order)
        share = np.where(high > low, x, 0.0)
        energy = low + (high - low) * share
        density = (1.0 - share) * self.density[first:-1, None] + share * self.density[first + 1 :, None]
        nodes = chebyshev_points(np.log(low[0, 0]), np.log(high[-1, 0]), order)
        return np.exp(nodes), lagrange(nodes, np.log(energy.ravel())) @ ((high - low) * w * density).ravel()


def tabulated(energy: Float[np.ndarray, " point"], density: Float[np.ndarray, " point"]) -> tuple[float, Tabulated]:
    """Return the integral of a `density` [1/MeV] given at `energy` [MeV], and the spectrum normalised to 1."""
    integral = Tabulated(energy, density).integral()
    if not integral > 0:
        raise InputError("a tabulated spectrum: expected a positive integral, found none")
    return integral, Tabulated(energy, density / integral)


class Mixture(Spectrum):
    """Several spectra, each normalised to 1, with the share that each has of the neutrinos."""

    parts: tuple[Spectrum, ...]
    shares: tuple[float, ...] = eqx.field(converter=lambda shares: tuple(map(float, shares)))
    """Shares, of sum 1."""

    def __check_init__(self) -> None:
        if len(self.parts) != len(self.shares) or not np.isclose(sum(self.shares), 1.0, rtol=1e-12):
            raise InputError(f"a mixture of spectra: expected {len(self.parts)} shares of sum 1, found {self.shares}")

    def breaks(self) -> tuple[float, ...]:
        """Return the energies of all parts."""
        return tuple(sorted({energy for part in self.parts for energy in part.breaks()}))

    def moment(
        self,
        kernel: Kernel,
        recoil: Float[np.ndarray, " node"],
        threshold: Float[np.ndarray, " node"],
        order: int,
    ) -> Float[np.ndarray, " node"]:
        """Return the sum over the parts."""
        moments = (part.moment(kernel, recoil, threshold, order) for part in self.parts)
        first, *others = (share * moment for share, moment in zip(self.shares, moments, strict=True))
        return sum(others, start=first)

    def lines(self) -> tuple[tuple[float, float], ...]:
        """Return the lines of all parts."""
        pairs = zip(self.shares, self.parts, strict=True)
        return tuple((energy, share * own) for share, part in pairs for energy, own in part.lines())

    def pieces(self) -> tuple[float, ...]:
        """Return the energies of all parts."""
        return tuple(sorted({energy for part in self.parts for energy in part.pieces()}))

    def continuum(self, energy: Float[np.ndarray, " energy"]) -> Float[np.ndarray, " energy"]:
        """Return the sum over the parts."""
        first, *others = (share * part.continuum(energy) for share, part in zip(self.shares, self.parts, strict=True))
        return sum(others, start=first)
