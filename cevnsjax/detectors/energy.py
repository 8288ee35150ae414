"""Reconstructed energy: quenching, then smearing, then an efficiency, in bins.

Bins are integrated exactly where the resolution is Gaussian and the efficiency 1, else with Gauss-Legendre nodes: the
smearing enters as a density, smooth in its parameters, and no incomplete gamma function is needed.
"""

import dataclasses
import itertools
from collections.abc import Callable, Sequence, Set

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..parameters.parameter import Parameter
from ..stages.kept import kept
from ..stages.stage import Stage
from .efficiency import Efficiency
from .expansion import MARGIN, legendre_projection
from .quenching import Quenching, Unquenched
from .resolution import STEP, ClosedSmearing, Smearing
from .shortening import fewer_nodes, seen_spectra, short_sum

SWEPT = 4096
"""Recoil energies between which the steps through a response that moves are interpolated."""


class EnergyDetector(Module):
    """Reconstructed energy: quenching, then smearing, then an efficiency, in bins."""

    edges: Float[np.ndarray, " edge"]
    quenching: Quenching
    smearing: Smearing | None
    """None: the reconstructed energy is the electron-equivalent energy in keV, and nothing of it can be fitted."""
    efficiency: Efficiency
    unit: str = eqx.field(static=True)
    """Unit of the reconstructed energy, "PE" or "keV"."""
    pieces: int = eqx.field(static=True, default=1)
    """Parts of equal width that each bin is cut into where it is integrated numerically."""
    acceptance: Efficiency | None = None
    """Efficiency against the electron-equivalent energy before the smearing [keV], a table, if it is known so."""
    unquenched: Unquenched | None = Unquenched()
    """What is seen of the recoil of an electron, in place of the quenching; None if the efficiency is not its own."""

    def __check_init__(self) -> None:
        if len(self.edges) < 2 or not np.all(np.diff(self.edges) > 0):
            raise InputError(f"expected increasing bin edges, found {np.asarray(self.edges).tolist()}")

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters of the curves; of none if the counts would jump with them, as without smearing."""
        if self.smearing is None:
            return ()
        return (*self.quenching.parameters(), *self.smearing.parameters(), *self.efficiency.parameters())

    def nominal(self) -> dict[str, float]:
        """Return the defaults of the curves' parameters."""
        curves = [curve for curve in (self.quenching, self.smearing, self.efficiency) if curve is not None]
        return {parameter.name: parameter.default for curve in curves for parameter in curve.parameters()}

    def electrons(self) -> "EnergyDetector | None":
        """Return the response to recoils of electrons, with the same smearing and efficiency."""
        return None if self.unquenched is None else dataclasses.replace(self, quenching=self.unquenched)

    def _kinks(self, nominal: Params) -> list[float]:
        """Return the electron-equivalent energies [keV] between which the nominal response is smooth.

        Without smearing it jumps at the edges.
        """
        if self.smearing is None:
            return [*self.edges, *self.efficiency.knots()]
        accepted = () if self.acceptance is None else self.acceptance.knots()
        return [*accepted, *self.smearing.kinks(self.edges, not self.quenching.quenches, nominal)]

    def reach(self) -> float:
        """Return the recoil energy [MeV] of an electron beyond which nothing is counted, infinite for nuclei."""
        if self.quenching.quenches:
            return np.inf
        energies = self.edges[-1:]
        if self.smearing is not None:
            parameters = self.smearing.parameters()
            corners = itertools.product(*(parameter.bounds for parameter in parameters))
            worst = [dict(zip((parameter.name for parameter in parameters), corner, strict=True)) for corner in corners]
            means = [self.smearing.mean(energies, corner) for corner in worst]
            widths = [self.smearing.deviation(mean, corner) for mean, corner in zip(means, worst, strict=True)]
            energies = np.max([mean + STEP * width for mean, width in zip(means, widths, strict=True)], axis=0)
        return float(self.quenching.recoils(energies, {})[0])

    def parts(self) -> Float[np.ndarray, "bin edge"]:
        """Return the edges of the parts of each bin: `pieces` of equal width, cut at the kinks of the efficiency.

        Bins with fewer parts than others end in parts of no width.
        """
        share = np.arange(self.pieces + 1) / self.pieces
        even = self.edges[:-1, None] + np.diff(self.edges)[:, None] * share
        cut = [[*row, *(x for x in self.efficiency.knots() if row[0] < x < row[-1] and x not in row)] for row in even]
        most = max(map(len, cut))
        return np.array([np.sort([*row, *[row[self.pieces]] * (most - len(row))]) for row in cut])

    def _swept(self, smearing: Smearing, corners: Sequence[Params]) -> Float[np.ndarray, " break"]:
        """Return recoil energies [MeV], steps of two and a half widths wherever an edge is at any of the `corners`."""
        reach = STEP * np.asarray(smearing.deviation(self.edges[[0, -1]], corners[0]))
        first, last = max(self.edges[0] - reach[0], 0.0), self.edges[-1] + reach[1]
        ends = [self.quenching.recoils(np.array([first, last]), corner) for corner in corners]
        recoil = np.linspace(np.min(ends), np.max(ends), SWEPT)
        rates = []
        for corner in corners:
            energy = self.quenching(recoil[None, :], corner)[0]
            rate = np.gradient(energy, recoil) / (2.5 * smearing.deviation(np.maximum(energy, 0.0), corner))
            rates.append(np.where((energy >= first) & (energy <= last), rate, 0.0))
        steps = np.append(0.0, np.cumsum(np.diff(recoil) * np.max(rates, axis=0)[1:]))
        return np.interp(np.arange(int(steps[-1]) + 2), steps, recoil)

    def breaks(self, nuclides: int) -> Float[np.ndarray, "nuclide break"]:
        """Return recoil energies [MeV] between which the response is smooth, for each nuclide: the nominal response.

        Of a quenching with a constraint, that of all values within its bounds: the edges of the bins are then anywhere.
        """
        nominal = self.nominal()
        pulled = [p for p in self.quenching.parameters() if p.constraint is not None]
        if pulled and self.smearing is not None and self.smearing.peaked:
            names = [parameter.name for parameter in pulled]
            corners = itertools.product(*(parameter.bounds for parameter in pulled))
            values = [{**nominal, **dict(zip(names, corner, strict=True))} for corner in corners]
            swept = self._swept(self.smearing, values)
            return np.tile([*swept, *self.quenching.knots()], (nuclides, 1))
        recoils = self.quenching.recoils(np.array(self._kinks(nominal), float), nominal)
        return np.tile([*recoils, *self.quenching.knots()], (nuclides, 1))

    def domain(self, free: Set[str]) -> tuple[tuple[str, float, float], ...]:
        """Return name and bounds of the parameters that move."""
        moving = (p for p in self.parameters() if p.name in free)
        return tuple((p.name, float(p.bounds[0]), float(p.bounds[1])) for p in moving)

    def accepted(self, energy: Float[Array, "..."], params: Params) -> Float[Array, "..."] | Scalar:
        """Return the efficiency against the electron-equivalent `energy` [keV]."""
        return 1.0 if self.acceptance is None else self.acceptance(energy, params)

    def density(self, x: Float[Array, " x"], energy: Float[Array, "..."], params: Params) -> Float[Array, "x ..."]:
        """Return the density at the reconstructed energies `x` of each electron-equivalent `energy` [keV].

        The efficiency against `x` is not in it. Raises InputError without a smearing.
        """
        if self.smearing is None:
            raise InputError("expected a resolution, without which there are no densities")
        return self.accepted(energy, params) * self.smearing.density(x, energy, params)

    def response(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> "EnergyResponse":
        """Return the stage for recoils of energies `recoil` [MeV], with `order` nodes in each part of a bin."""
        x, w = np.polynomial.legendre.leggauss(order)
        return EnergyResponse(self, recoil, self.parts(), 0.5 * (x + 1.0), 0.5 * w)


class EnergyResponse(Stage):
    """Stage: probability that a recoil of each energy is selected in each energy bin."""

    detector: EnergyDetector
    recoil: Float[Array, "nuclide node"]
    """Recoil energies [MeV]."""
    parts: Float[Array, "bin edge"]
    """Edges of the parts of each bin that are integrated separately."""
    nodes: Float[Array, " order"]
    weights: Float[Array, " order"]

    def own_parameters(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.detector.parameters())

    def width(self) -> int:
        order = 1 if self.is_exact() else len(self.nodes)
        return self.parts[:, 1:].size * order * self.recoil.size

    def __call__(self, params: Params) -> Float[Array, "bin nuclide node"]:
        detector, smearing = self.detector, self.detector.smearing
        if smearing is None:
            return self._sorted(detector.nominal())
        energy = detector.quenching(self.recoil, params)
        accepted = detector.accepted(energy, params)
        closed = self._closed()
        if closed is not None:
            cumulative = closed.cumulative(detector.edges, energy, params)
            return accepted * (cumulative[1:] - cumulative[:-1])
        return accepted * self._integrated(smearing, energy, params)

    def meeting(self, recoils: Stage, free: Set[str], params: Params) -> Stage | None:
        """Return a short sum, or few nodes: the better first, by whether the shapes of the recoils move too."""
        return kept((self, recoils), free, params, lambda: self._shortened(recoils, free, params))

    def _shortened(self, recoils: Stage, free: Set[str], params: Params) -> Stage | None:
        seen = seen_spectra(recoils, free, params)
        if seen is None:
            return None
        ways = (fewer_nodes, short_sum) if recoils.shaped(free) else (short_sum, fewer_nodes)
        stages = (way(self, recoils, seen, free, params) for way in ways)
        return next((stage for stage in stages if stage is not None), None)

    def thresholds(self, samples: Sequence[Params]) -> tuple[float, float] | None:
        """Return the ends of where the threshold is at the `samples`; None if any sample has none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            energies = [float(self.detector.efficiency.threshold(values)) for values in samples]
        low, high = min(energies), max(energies)
        if np.isnan(energies).any():
            return None
        return low, high if low == high else high + MARGIN * (high - low)

    def is_exact(self) -> bool:
        """Return whether bins are integrated in closed form."""
        return self._closed() is not None

    def _closed(self) -> ClosedSmearing | None:
        """Return the smearing if bins are integrated by its closed form, else None."""
        smearing = self.detector.smearing
        return smearing if isinstance(smearing, ClosedSmearing) and self.detector.efficiency.complete else None

    def densities(
        self, ranges: Float[np.ndarray, "part 2"]
    ) -> Callable[[Params], Float[np.ndarray, "part degree nuclide node"]]:
        """Return the function that gives the Legendre coefficients of the density between `ranges`; host only."""
        points, projection = legendre_projection(ranges)

        def coefficients(params: Params) -> Float[np.ndarray, "part degree nuclide node"]:
            energy = self.detector.quenching(self.recoil, params)
            density = self.detector.density(points.ravel(), energy, params)
            return np.einsum("dx,pxik->pdik", projection, density.reshape(*points.shape, *energy.shape))

        return coefficients

    def _sorted(self, params: Params) -> Float[Array, "bin nuclide node"]:
        """Return the efficiency at each energy, in the bin that the energy is in."""
        energy = self.detector.quenching(self.recoil, params)
        edges = self.detector.edges[:, None, None]
        inside = (energy >= edges[:-1]) & (energy < edges[1:])
        selected = inside & (energy >= self.detector.efficiency.threshold(params))
        return selected * self.detector.efficiency(energy, params)

    def _integrated(
        self, smearing: Smearing, energy: Float[Array, "nuclide node"], params: Params
    ) -> Float[Array, "bin nuclide node"]:
        """Return ∫ density × efficiency over each bin, from the threshold."""
        detector = self.detector
        xp = namespace(self.recoil, *params.values())
        upper = self.parts[:, 1:]
        low = xp.clip(detector.efficiency.threshold(params), self.parts[:, :-1], upper)
        width = upper - low
        x = low[..., None] + width[..., None] * self.nodes
        weights = width[..., None] * self.weights * detector.efficiency(x, params)
        density = smearing.density(x.ravel(), energy, params)
        bins = len(detector.edges) - 1
        return xp.einsum("bx,bxik->bik", weights.reshape(bins, -1), density.reshape(bins, -1, *energy.shape))
