"""Recoils of neutrinos that oscillate into a fourth neutrino: the flux of each flavour is weighted in energy.

    recoils_l,i(T) = Σ_b [ P⁰_lb F_l,i(T) + P¹_lb G_l,i(T; Δm²) ] · |a_b(T)|²
    G_l,i(T; Δm²)  = ∫ φ_l(E) κ(E, T) <sin²(Δm² L/4E)> dE = Σ_e <sin²(Δm² L/4E_e)> K_l,e,i(T)

The averaged sine is a polynomial in 1/E between the points E_e of cells, so many of them that it is exact to 1e-8 up to
the largest Δm²; K is the flux moment of the Lagrange polynomials of the points. Where the flavours arrive with an
amplitude to change, the transitions of a model that changes the flavour are added without interference.
"""

import math
from collections.abc import Sequence, Set
from functools import cache
from itertools import pairwise

import equinox as eqx
import numpy as np
from scipy.special import roots_legendre

from .._base.errors import InputError
from .._base.module import Module
from .._base.numerics import chebyshev_points, lagrange, namespace
from .._base.typing import Array, Float, Params, Scalar
from ..interactions.interaction import FLAVOURS
from ..interactions.kinematics import minimum_energy
from ..interactions.sterile_oscillation import DELTA_M2_41, ELEMENTS, arrival
from ..interactions.structures import kernel
from ..sources.baseline import PHASE, Baseline
from ..sources.source import Component
from ..stages.stage import Constant, Places, Stage
from .projection import forward_derivatives
from .recoils import RecoilSpectrum

DAMPING = 2.7
"""Phase kσ at which an oscillation is averaged away, to exp(-2 (kσ)²) = 5e-7."""
MORE_POINTS = 24
"""Points of a cell in addition to a point for each radian of half the change of the phase."""
MOST_POINTS = 4000
"""Most points of a cell: without any spread of the distances the largest Δm² needs more."""
LEAST_SEEN = {"nucleus": 1e-3, "electron": 1e-5}
"""Recoil energies below which nothing is seen, in units of the largest: the energies that only give such are a single
cell, with the sine at its upper end."""
NEGLIGIBLE = 1e-14
"""Share of a point in all counts below which it is left out."""


class EnergyGrid(Module):
    """Energies at which the oscillation is evaluated: points of cells, then lines."""

    cells: tuple[Float[np.ndarray, " _"], ...]
    """Points of each cell, increasing in 1/E, that is in the order of falling energies [MeV]."""
    lines: tuple[float, ...]
    """Energies of the lines [MeV]."""

    @property
    def energies(self) -> Float[np.ndarray, " energy"]:
        """Return all energies [MeV]."""
        return np.concatenate([*self.cells, np.array(self.lines)])


def energy_grid(components: Sequence[Component], baseline: Baseline, lowest: float) -> EnergyGrid:
    """Return the points for all splittings within the bounds, from the end of the spectra down to `lowest` [MeV]."""
    lines = sorted({energy for component in components for energy, _ in component.spectrum.lines()})
    ends = [component.spectrum.pieces()[-1] for component in components if component.spectrum.pieces()]
    cells, high = [], max(ends, default=0.0)
    while high > lowest:
        low = max(0.5 * high, lowest) if high > 1.5 * lowest else lowest
        largest = DELTA_M2_41.bounds[1]
        if baseline.spread > 0:
            largest = min(largest, DAMPING * high / (PHASE * baseline.spread))
        count = MORE_POINTS + math.ceil(PHASE * largest * baseline.distance * (1.0 / low - 1.0 / high))
        if count > MOST_POINTS:
            raise InputError(
                f"a source at {baseline.distance:g} ± {baseline.spread:g} m: oscillations up to {largest:.3g} eV² "
                f"cannot be resolved; expected a larger spread of the distances"
            )
        cells.append(1.0 / chebyshev_points(1.0 / high, 1.0 / low, count))
        high = low
    return EnergyGrid(tuple(cells), tuple(lines))


@cache
def _rule(order: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights of Gauss and Legendre between -1 and 1."""
    return roots_legendre(order)


def resolved_moments(
    components: Sequence[Component],
    pair: tuple[str, str],
    kinematics: str,
    mass: float,
    recoil: Float[np.ndarray, " node"],
    grid: EnergyGrid,
) -> Float[np.ndarray, "component energy node"]:
    """Return ∫ φ_l(E) κ(E, T) L_e(E) dE with the Lagrange polynomials L_e, in 1/E, of the points of each cell.

    Below the lowest cell, L is that of its last point everywhere: the sum over e is the flux moment.
    """
    least = np.asarray(minimum_energy(recoil, mass))
    pieces = sorted({edge for component in components for edge in component.spectrum.pieces()})
    moments = [np.zeros((len(components), len(points), len(recoil))) for points in grid.cells]
    last = len(moments) - 1
    intervals = [(cell, float(points[-1]), float(points[0])) for cell, points in enumerate(grid.cells)]
    for cell, low, high in [*intervals, *((last, 0.0, low) for _, low, _ in intervals[-1:])]:
        points = grid.cells[cell]
        inside = [edge for edge in pieces if low < edge < high]
        edges = np.unique(np.clip([pieces[0], low, *inside, high], low, high))
        for start, end in pairwise(edges):
            share = (1.0 / start - 1.0 / end) / (1.0 / low - 1.0 / high) if low else 0.0
            x, w = _rule(16 * (1 + math.ceil(len(points) * math.sqrt(share) / 16)))
            cut = np.flatnonzero((least > start) & (least < end))
            ranges = [(np.flatnonzero(least <= start), start), *((k, float(least[k[0]])) for k in cut[:, None])]
            for at, first in ranges:
                energy, weight = 0.5 * (first + end) + 0.5 * (end - first) * x, 0.5 * (end - first) * w
                basis = lagrange(1.0 / points, 1.0 / np.maximum(energy, points[-1]))
                for row, component in enumerate(components):
                    kappa = kernel(pair, energy[:, None], recoil[at], mass, kinematics, component.antineutrino)
                    density = weight * component.spectrum.continuum(energy)
                    moments[cell][row][:, at] += basis @ (density[:, None] * kappa)
    lines = np.zeros((len(components), len(grid.lines), len(recoil)))
    for row, component in enumerate(components):
        for energy, share in component.spectrum.lines():
            kappa = kernel(pair, np.full_like(recoil, energy), recoil, mass, kinematics, component.antineutrino)
            lines[row, grid.lines.index(energy)] += share * np.where(least <= energy, kappa, 0.0)
    return np.concatenate([*moments, lines], axis=1)


def _products(
    amplitudes: list[Float[Array, "flavour final nuclide node"]], pairs: tuple[tuple[int, int], ...]
) -> Float[Array, "pair flavour nuclide node"]:
    """Return the products of amplitudes, summed over the final states."""
    products = [(amplitudes[first] * amplitudes[second]).sum(axis=1) for first, second in pairs]
    return namespace(*products).stack(products)


class Arrivals(Stage):
    """Stage: the matrices P⁰ and P¹ for the flavours of the components."""

    baseline: Baseline
    rows: tuple[int, ...] = eqx.field(static=True)
    """Index of the flavour of each component."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in ELEMENTS)

    def __call__(self, params: Params) -> Float[Array, "2 component flavour"]:
        return arrival(params, self.baseline)[:, np.array(self.rows)]


class Oscillations(Stage):
    """Stage: the averaged sines at the energies of the grid."""

    baseline: Baseline
    energies: Float[Array, " energy"]

    def own_parameters(self) -> frozenset[str]:
        return frozenset((DELTA_M2_41.name,))

    def at(self, places: Places) -> "Oscillations":
        """Return the same at some of the energies."""
        return Oscillations(self.baseline, self.energies[places])

    def __call__(self, params: Params) -> Float[Array, " energy"]:
        sines = self.baseline.oscillation(params[DELTA_M2_41.name], self.energies)
        return namespace(sines).asarray(sines)


class OscillatedSpectrum(Stage):
    """Stage: scattered targets at each recoil-energy node, of neutrinos that oscillate before."""

    amplitudes: tuple[Stage, ...]
    """Amplitude of each Lorentz structure for e, mu and tau."""
    arrivals: Stage
    oscillations: Stage
    moments: Float[Array, "pair component nuclide node"]
    """Flux moments times quadrature weights."""
    resolved: Float[Array, "pair component energy nuclide node"]
    """The same, by energy."""
    pairs: tuple[tuple[int, int], ...] = eqx.field(static=True)
    domain: tuple[tuple[str, float, float], ...] = eqx.field(static=True)
    """Name and bounds of the parameters of the shapes."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "component nuclide node"]:
        products = _products([amplitude(params) for amplitude in self.amplitudes], self.pairs)
        arrivals, sines = self.arrivals(params), self.oscillations(params)
        xp = namespace(products, arrivals, sines)
        weighted = xp.einsum("tlb,qbik->tqlik", arrivals, products)
        lost = xp.einsum("e,qleik->qlik", sines, self.resolved)
        return (self.moments * weighted[0] + lost * weighted[1]).sum(axis=0)

    def through(self, rows: Float[np.ndarray, "row nuclide node"], free: Set[str], params: Params) -> Stage | None:
        """Return the stage of what fixed rows select; None where amplitudes and oscillations both move."""
        if all(amplitude.array is not None for amplitude in self.amplitudes):
            return ArrivedCounts(self.arrivals, self._standing(rows))
        if self.oscillations.array is None:
            return None
        flavours = len(FLAVOURS)
        lost = np.einsum("e,qleik->qlik", self.oscillations.array, self.resolved)
        each = np.repeat(np.concatenate([self.moments, lost], axis=1), flavours, axis=1)
        after = tuple(range(flavours)) * (each.shape[1] // flavours)
        spectrum = RecoilSpectrum(self.amplitudes, each, self.pairs, after, self.domain)
        return ArrivedCounts(self.arrivals, spectrum.through(rows, free, params))

    def _standing(self, rows: Float[np.ndarray, "row nuclide node"]) -> Stage:
        """Return the stage of the counts as each flavour where no amplitude moves, (2, component, flavour, row)."""
        products = _products([amplitude.array for amplitude in self.amplitudes], self.pairs)
        standing = np.einsum("qlik,qbik,cik->lbc", self.moments, products, rows, optimize=True)
        moving = np.einsum("qleik,qbik,cik->elbc", self.resolved, products, rows, optimize=True)
        if self.oscillations.array is not None:
            return Constant(np.stack([standing, np.tensordot(self.oscillations.array, moving, 1)]))
        size = np.where(standing > 0, standing, 1.0)
        relevant = np.abs(moving / size).max(axis=(1, 2, 3)) > NEGLIGIBLE
        return OscillatedCounts(self.oscillations.at(np.flatnonzero(relevant)), standing, moving[relevant])


class OscillatedCounts(Stage):
    """Stage: counts of each component as each flavour, undiminished and weighted with the averaged sine."""

    oscillations: Stage
    standing: Float[Array, "component flavour bin"]
    moving: Float[Array, "energy component flavour bin"]

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def _lost(self, delta_m2: Scalar) -> Float[Array, "component flavour bin"]:
        sines = self.oscillations({DELTA_M2_41.name: delta_m2})
        return namespace(sines).tensordot(sines, self.moving, 1)

    def __call__(self, params: Params) -> Float[Array, "2 component flavour bin"]:
        delta_m2 = params[DELTA_M2_41.name]
        xp = namespace(delta_m2, self.moving)
        lost = self._lost(delta_m2) if xp is np else forward_derivatives(self._lost)(delta_m2)
        return xp.stack([xp.asarray(self.standing), lost])


class ArrivedCounts(Stage):
    """Stage: selected recoils of each component, the flavours that arrive added."""

    arrivals: Stage
    counts: Stage
    """Counts of each component as each flavour, (2, component, flavour, bin), or its first three axes merged."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "component bin"]:
        arrivals, counts = self.arrivals(params), self.counts(params)
        return namespace(arrivals, counts).einsum("tlb,tlbc->lc", arrivals, counts.reshape(*arrivals.shape, -1))
