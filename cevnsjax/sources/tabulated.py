"""Spectra given by points: linear between them, with jumps; and spectra made of several parts."""

import dataclasses
import functools

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.numerics import chebyshev_points, gauss_legendre, lagrange, namespace
from .._base.typing import Array, Float
from .spectrum import Kernel, Spectrum

MOST_BREAKS = 400
"""Points beyond which a table is smooth enough for the quadrature in recoil energy to step over some of them."""

KERNEL_NODES, KERNEL_RATIO = 20, 4.0
"""Energies at which a kernel is known between two, whose ratio is at most this, to integrate it from any point on.

A polynomial in 1/E up to E⁻⁴ is known to 1e-15 by them, being smooth in ln E.
"""


@dataclasses.dataclass(frozen=True)
class _Stretch:
    """Pieces of a table over which a kernel is integrated together."""

    first: int
    """Number of its first piece."""
    energy: Float[np.ndarray, " node"]
    """Energies at which the kernel is taken."""
    weight: Float[np.ndarray, "piece node"]
    """Weights of the integral from the lower end of each piece to the end of the stretch."""


def _pieces(
    energy: Float[np.ndarray, " point"], density: Float[np.ndarray, " point"]
) -> tuple[Float[np.ndarray, "end piece"], Float[np.ndarray, "end piece"]]:
    """Return the energies and densities at both ends of the pieces that have a width."""
    wide = energy[1:] > energy[:-1]
    ends = np.array([energy[:-1][wide], energy[1:][wide]])
    return ends, np.array([density[:-1][wide], density[1:][wide]])


@functools.lru_cache(maxsize=256)
def _stretches(energy: bytes, density: bytes, order: int) -> tuple[_Stretch, ...]:
    """Return the pieces of a table but for the first in stretches, with `order` nodes of Gauss-Legendre in each."""
    (low, high), (first, last) = _pieces(np.frombuffer(energy), np.frombuffer(density))
    x, w = gauss_legendre((0.0, 1.0), order)
    nodes = low[:, None] + (high - low)[:, None] * x
    weights = (high - low)[:, None] * w * (first[:, None] + (last - first)[:, None] * x)
    stretches, end = [], len(low)
    while end > 1:
        begin = max(int(np.searchsorted(low, high[end - 1] / KERNEL_RATIO)), 1)
        if begin < end - 1:
            points = chebyshev_points(np.log(low[begin]), np.log(high[end - 1]), KERNEL_NODES)
            known = lagrange(points, np.log(nodes[begin:end].ravel())) * weights[begin:end].ravel()
            own = known.reshape(KERNEL_NODES, end - begin, order).sum(axis=2).T
            stretches.append(_Stretch(begin, np.exp(points), np.cumsum(own[::-1], axis=0)[::-1]))
        else:
            begin = end - 1
            stretches.append(_Stretch(begin, nodes[begin], weights[begin:end]))
        end = begin
    return tuple(stretches)


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
        """Return the integral, Gauss-Legendre with `order` nodes on the piece of the threshold, and on all above it."""
        x, w = gauss_legendre((0.0, 1.0), order)
        (low, high), (first, last) = _pieces(self.energy, self.density)
        piece = np.clip(np.searchsorted(low, threshold, side="right") - 1, 0, None)
        start, end = np.maximum(threshold, low[piece])[:, None], high[piece][:, None]
        energy = start + (end - start) * x
        share = (energy - low[piece, None]) / (high - low)[piece, None]
        density = first[piece, None] + (last - first)[piece, None] * share
        own = np.sum((end - start) * w * density * kernel(energy, recoil[:, None]), axis=1)
        total = np.where(threshold < high[-1], own, 0.0)
        for stretch in _stretches(self.energy.tobytes(), self.density.tobytes(), order):
            row = np.maximum(piece + 1 - stretch.first, 0)
            below = row < len(stretch.weight)
            values = kernel(stretch.energy, recoil[below, None])
            total[below] += np.sum(stretch.weight[row[below]] * values, axis=1)
        return total

    def lines(self) -> tuple[tuple[float, float], ...]:
        """Return nothing: there are no lines."""
        return ()

    def pieces(self) -> tuple[float, ...]:
        """Return the energies of the points."""
        return tuple(np.unique(self.energy).tolist())

    def continuum(self, energy: Float[Array, " energy"]) -> Float[Array, " energy"]:
        """Return the density; at a jump, that above it."""
        xp = namespace(energy)
        points, density = xp.asarray(self.energy), xp.asarray(self.density)
        low = xp.clip(xp.searchsorted(points, energy, side="right") - 1, 0, len(self.energy) - 2)
        width = points[low + 1] - points[low]
        share = xp.where(width > 0, (energy - points[low]) / xp.where(width > 0, width, 1.0), 1.0)
        value = density[low] + (density[low + 1] - density[low]) * share
        return xp.where((energy >= points[0]) & (energy <= points[-1]), value, 0.0)


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

    def continuum(self, energy: Float[Array, " energy"]) -> Float[Array, " energy"]:
        """Return the sum over the parts."""
        first, *others = (share * part.continuum(energy) for share, part in zip(self.shares, self.parts, strict=True))
        return sum(others, start=first)
