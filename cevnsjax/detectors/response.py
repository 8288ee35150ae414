"""The detector's response: from recoil energies to bins of reconstructed energy, from arrival times to time bins.

All stages own their parameters, so each coefficient of the detector can be fixed (then the response is folded to an
array on the host) or fitted (then it is rebuilt inside the compiled likelihood, with exact derivatives). Bins are
integrated exactly where the resolution is Gaussian and the efficiency 1, else with Gauss-Legendre nodes: the smearing
enters as a density, smooth in its parameters, and no incomplete gamma function is needed.
"""

import abc
import dataclasses
import itertools
from collections.abc import Callable, Sequence, Set

import equinox as eqx
import numpy as np

from .._errors import InputError
from .._numerics import namespace
from .._stage import Constant, Stage
from .._typing import Array, Float, Params, Scalar
from ..parameters import Parameter
from ..reduction import interpolation, sampled
from ..sources.arrival_times import ArrivalTimes
from .efficiency import Efficiency, UnitEfficiency, time_efficiency
from .expansion import (
    FEWEST,
    FLOOR,
    MARGIN,
    SelectedRows,
    expand,
    expanded,
    legendre_projection,
    legendre_ranges,
    live_spectrum,
    select,
)
from .quenching import Quenching, Unquenched
from .resolution import GaussianSmearing, Smearing

TIME_EFFICIENCY = ("time_efficiency_onset", "time_efficiency_rate")
STEP = 5.0
"""Standard deviations of the resolution within which the edge of a bin is a step."""
LARGEST_ERROR = 1e-9
"""Error of the counts in a bin up to which a response that moves is replaced by a short sum."""
SAMPLES, FEWEST_NODES = 64, 4
"""Values of the response's parameters with which that is judged, and nodes in a part of a bin to begin with."""
SWEPT = 4096
"""Recoil energies between which the steps through a response that moves are interpolated."""
MOST_BREAKS = 60
"""Breaks that a Gaussian response asks for at most."""


class Detector(eqx.Module):
    """What turns recoils into counts in bins: energy bins × cells, the cells being all other axes flattened."""

    @property
    @abc.abstractmethod
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges of each axis, by name with unit; the first is that of the energy bins."""

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, int]:
        """Return the number of energy bins and of cells."""

    @abc.abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that it depends on."""

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

    @abc.abstractmethod
    def electrons(self) -> "Detector | None":
        """Return the same detector for recoils of electrons, or None if its response to them is not known."""

    @abc.abstractmethod
    def signal(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> Stage:
        """Return the stage of the counts (bin, cell) that `recoils` (flavour, nuclide, node) give with a `response`.

        `strengths` names the parameter that scales each flavour, if there is one.
        """


class EnergyDetector(eqx.Module):
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

    def _of_electrons(self) -> bool:
        return isinstance(self.quenching, Unquenched)

    def _kinks(self, nominal: Params) -> list[float]:
        """Return the electron-equivalent energies [keV] between which the nominal response is smooth.

        Without smearing it jumps at the edges. A Gaussian response varies within its width: where that is narrower
        than the bins, about the edges alone; else everywhere, in steps of two and a half widths. Photo-electrons of
        nuclei are spread too widely to need any; those of electrons, whose spectrum does not end, are cut likewise.
        """
        if self.smearing is None:
            return [*self.edges, *self.efficiency.knots()]
        gaussian = isinstance(self.smearing, GaussianSmearing)
        if not (gaussian or self._of_electrons()):
            return []
        kinks = [] if self.acceptance is None else list(self.acceptance.knots())
        if gaussian and self.smearing.minimum > 0:
            kinks.append(self.smearing.minimum)
        edges = self.smearing.mean(self.edges, nominal)
        reach = STEP * np.asarray(self.smearing.deviation(edges, nominal))
        if gaussian and np.all(reach[1:] + reach[:-1] <= np.diff(edges)):
            inner = np.concatenate([edges - 0.5 * reach, edges + 0.5 * reach]) if self._of_electrons() else []
            return [*kinks, *(edges - reach), *edges, *(edges + reach), *inner]
        least = (1e-3 if gaussian else 1e-2) * edges[-1]
        energy, last = max(edges[0] - reach[0], 0.0 if gaussian else least), edges[-1] + reach[-1]
        most = len(kinks) + MOST_BREAKS
        while energy < last and len(kinks) < most:
            width = self.smearing.deviation(np.maximum([energy], least), nominal)
            energy = energy + 2.5 * float(width[0])
            kinks.append(energy)
        return kinks

    def reach(self) -> float:
        """Return the recoil energy [MeV] of an electron beyond which nothing is counted, infinite for nuclei."""
        if not self._of_electrons():
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

    def _swept(self, corners: Sequence[Params]) -> Float[np.ndarray, " break"]:
        """Return recoil energies [MeV], steps of two and a half widths wherever an edge is at any of the `corners`."""
        reach = STEP * np.asarray(self.smearing.deviation(self.edges[[0, -1]], corners[0]))
        first, last = max(self.edges[0] - reach[0], 0.0), self.edges[-1] + reach[1]
        ends = [self.quenching.recoils(np.array([first, last]), corner) for corner in corners]
        recoil = np.linspace(np.min(ends), np.max(ends), SWEPT)
        rates = []
        for corner in corners:
            energy = self.quenching(recoil[None, :], corner)[0]
            rate = np.gradient(energy, recoil) / (2.5 * self.smearing.deviation(np.maximum(energy, 0.0), corner))
            rates.append(np.where((energy >= first) & (energy <= last), rate, 0.0))
        steps = np.append(0.0, np.cumsum(np.diff(recoil) * np.max(rates, axis=0)[1:]))
        return np.interp(np.arange(int(steps[-1]) + 2), steps, recoil)

    def breaks(self, nuclides: int) -> Float[np.ndarray, "nuclide break"]:
        """Return recoil energies [MeV] between which the response is smooth, for each nuclide: the nominal one.

        Of a quenching with a constraint, that of all values within its bounds: the edges of the bins are then anywhere.
        """
        nominal = self.nominal()
        pulled = [p for p in self.quenching.parameters() if p.constraint is not None]
        if pulled and isinstance(self.smearing, GaussianSmearing):
            names = [parameter.name for parameter in pulled]
            corners = itertools.product(*(parameter.bounds for parameter in pulled))
            swept = self._swept([{**nominal, **dict(zip(names, corner, strict=True))} for corner in corners])
            return np.tile([*swept, *self.quenching.knots()], (nuclides, 1))
        recoils = self.quenching.recoils(np.array(self._kinks(nominal), float), nominal)
        return np.tile([*recoils, *self.quenching.knots()], (nuclides, 1))

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
    """Edges of the parts of each bin that are integrated one by one."""
    nodes: Float[Array, " order"]
    weights: Float[Array, " order"]

    def own_parameters(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.detector.parameters())

    def width(self) -> int:
        order = 1 if self.is_exact() else len(self.nodes)
        return self.parts[:, 1:].size * order * self.recoil.size

    def __call__(self, params: Params) -> Float[Array, "bin nuclide node"]:
        detector = self.detector
        if detector.smearing is None:
            return self._sorted(detector.nominal())
        energy = detector.quenching(self.recoil, params)
        accepted = 1.0 if detector.acceptance is None else detector.acceptance(energy, params)
        if self.is_exact():
            cumulative = detector.smearing.cumulative(detector.edges, energy, params)
            return accepted * (cumulative[1:] - cumulative[:-1])
        return accepted * self._integrated(energy, params)

    def domain(self, free: Set[str]) -> tuple[tuple[str, float, float], ...]:
        """Return name and bounds of its parameters that move."""
        return tuple((p.name, *map(float, p.bounds)) for p in self.detector.parameters() if p.name in free)

    def thresholds(self, samples: Sequence[Params]) -> tuple[float, float] | None:
        """Return the ends of where the threshold is at the `samples`; None if one of them has none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found = [float(self.detector.efficiency.threshold(values)) for values in samples]
        low, high = min(found), max(found)
        if np.isnan(found).any():
            return None
        return low, high if low == high else high + MARGIN * (high - low)

    def is_exact(self) -> bool:
        """Return whether bins are integrated in closed form."""
        return isinstance(self.detector.smearing, GaussianSmearing) and isinstance(
            self.detector.efficiency, UnitEfficiency
        )

    def differs(
        self,
        other: Callable[[Params], Float[np.ndarray, "bin nuclide node"]],
        spectra: Float[np.ndarray, "spectrum nuclide node"],
        samples: Sequence[Params],
    ) -> np.ndarray:
        """Return in which bins another response counts otherwise, by more than `LARGEST_ERROR`, of any `spectra`."""
        found = np.zeros(len(self.parts), bool)
        flat = spectra.reshape(len(spectra), -1).T
        for values in samples:
            exact = self(values).reshape(len(found), -1)
            error = np.abs((other(values).reshape(exact.shape) - exact) @ flat)
            size = exact @ np.abs(flat)
            found |= ~np.all(error <= LARGEST_ERROR * np.maximum(size, FLOOR * size.max(axis=0)), axis=1)
        return found

    def densities(
        self, ranges: Float[np.ndarray, "part 2"]
    ) -> Callable[[Params], Float[np.ndarray, "part degree nuclide node"]]:
        """Return the function that gives the Legendre coefficients of the density between `ranges`; host only."""
        points, projection = legendre_projection(ranges)
        detector = self.detector

        def coefficients(params: Params) -> Float[np.ndarray, "part degree nuclide node"]:
            energy = detector.quenching(self.recoil, params)
            accepted = 1.0 if detector.acceptance is None else detector.acceptance(energy, params)
            density = accepted * detector.smearing.density(points.ravel(), energy, params)
            return np.einsum("dx,pxik->pdik", projection, density.reshape(*points.shape, *energy.shape))

        return coefficients

    def _sorted(self, params: Params) -> Float[Array, "bin nuclide node"]:
        """Return the efficiency at each energy, in the bin that the energy is in."""
        energy = self.detector.quenching(self.recoil, params)
        edges = self.detector.edges[:, None, None]
        inside = (energy >= edges[:-1]) & (energy < edges[1:])
        selected = inside & (energy >= self.detector.efficiency.threshold(params))
        return selected * self.detector.efficiency(energy, params)

    def _integrated(self, energy: Float[Array, "nuclide node"], params: Params) -> Float[Array, "bin nuclide node"]:
        """Return ∫ density × efficiency over each bin, from the threshold."""
        detector = self.detector
        xp = namespace(self.recoil, *params.values())
        upper = self.parts[:, 1:]
        low = xp.clip(detector.efficiency.threshold(params), self.parts[:, :-1], upper)
        width = upper - low
        x = low[..., None] + width[..., None] * self.nodes
        weights = width[..., None] * self.weights * detector.efficiency(x, params)
        density = detector.smearing.density(x.ravel(), energy, params)
        bins = len(detector.edges) - 1
        return xp.einsum("bx,bxik->bik", weights.reshape(bins, -1), density.reshape(bins, -1, *energy.shape))


class Recoils(Stage):
    """A stage of recoils at fixed energies, an array (flavour, nuclide, node)."""

    @abc.abstractmethod
    def through(self, response: Float[np.ndarray, "bin nuclide node"], free: Set[str], params: Params) -> Stage:
        """Return the stage of what a fixed response selects of them, an array (flavour, bin).

        Only the parameters `free` move; the others have the values `params`.
        """

    def shaped(self, free: Set[str]) -> bool:
        """Return whether the parameters `free` change the shape of what each product of amplitudes gives."""
        return True

    def spectra(self, free: Set[str], params: Params) -> Float[np.ndarray, "spectrum nuclide node"] | None:
        """Return spectra that stand for all there are while the parameters `free` move; None if that is not known."""
        return None


class EnergySpectrum(Stage):
    """Stage: selected recoils of each flavour in each energy bin, all nuclides together."""

    recoils: Stage
    response: Stage

    def simplified(self, free: Set[str], params: Params) -> Stage:
        """Return the recoils folded with the response where that is an array, else with fewer numbers that move.

        The error of these, measured at other values of the parameters than they are made with, is below
        `LARGEST_ERROR`; where it is not, everything stays as it is.
        """
        if isinstance(self.recoils, Recoils) and isinstance(self.response, Constant):
            return self.recoils.through(self.response.value, free, params)
        if isinstance(self.recoils, Constant | Recoils) and isinstance(self.response, EnergyResponse):
            shaped = isinstance(self.recoils, Recoils) and self.recoils.shaped(free)
            spectra = self.recoils.value if isinstance(self.recoils, Constant) else self.recoils.spectra(free, params)
            seen = None if spectra is None else spectra[spectra.any(axis=(1, 2))]
            if seen is not None and len(seen):
                ways = (self._thinned, self._expanded) if shaped else (self._expanded, self._thinned)
                found = (way(self.response, seen, free, params) for way in ways)
                return next((stage for stage in found if stage is not None), self)
        return self

    def _through(self, rows: Float[np.ndarray, "row nuclide node"], free: Set[str], params: Params) -> Stage:
        """Return the stage of what an array selects of the recoils, (flavour, row)."""
        if isinstance(self.recoils, Constant):
            return Constant(np.tensordot(self.recoils.value, rows, ((1, 2), (1, 2))))
        return self.recoils.through(rows, free, params)

    def _expanded(
        self,
        response: "EnergyResponse",
        spectra: Float[np.ndarray, "spectrum nuclide node"],
        free: Set[str],
        params: Params,
    ) -> Stage | None:
        """Return a short sum over recoils folded with arrays, or None if the response is too much for that."""
        detector, efficiency = response.detector, response.detector.efficiency
        selecting = {p.name for p in efficiency.parameters()} & free
        moving = [p for p in detector.parameters() if p.name in free - selecting]
        if len(moving) > max(FEWEST):
            return None
        domain = response.domain(free)
        rows, selection, bins = response, None, np.eye(len(response.parts))
        samples = sampled(domain, free, params, SAMPLES, 1)
        if selecting:
            thresholds = response.thresholds(samples)
            if thresholds is None:
                return None
            ranges = legendre_ranges(response.parts, thresholds[0])
            densities = response.densities(ranges)
            sizes = [np.abs(np.tensordot(densities(v), spectra, ((2, 3), (1, 2)))) for v in samples[: SAMPLES // 2]]
            selection, matrix, bins = select(
                efficiency, response.parts, (response.nodes, response.weights), ranges, np.array(sizes), samples
            )
            rows = lambda values: np.tensordot(matrix, densities(values), 2)  # noqa: E731
        terms, table = None, rows(params)
        if moving:
            factors = 1.0 if selection is None else np.max([np.abs(selection(v)) for v in samples], axis=0)[:, None]
            if (series := expand(rows, moving, params, spectra, factors * bins)) is None:
                return None
            terms, table = series

        def short(values: Params) -> Float[np.ndarray, "bin nuclide node"]:
            found = table if terms is None else np.tensordot(terms(values), table, 1)
            return found if selection is None else np.tensordot((selection(values)[:, None] * bins).T, found, 1)

        if response.differs(short, spectra, sampled(domain, free, params, SAMPLES // 4, 2)).any():
            return None
        spectrum = self._through(table.reshape(-1, *table.shape[-2:]), free, params)
        spectrum = spectrum if terms is None else expanded(spectrum, terms)
        return spectrum if selection is None else SelectedRows(spectrum, selection, bins)

    def _thinned(
        self,
        response: "EnergyResponse",
        spectra: Float[np.ndarray, "spectrum nuclide node"],
        free: Set[str],
        params: Params,
    ) -> Stage | None:
        """Return the same with the response to fewer recoil energies, of no one nuclide, and fewer nodes in the bins.

        The response to any other recoil energy is a sum of those to the energies that are kept.
        """
        detector = response.detector
        if detector.smearing is None or response.is_exact():
            return None
        domain = response.domain(free)
        samples = sampled(domain, free, params, SAMPLES, 1)
        table = np.array([response(values) for values in samples])
        importance = (np.abs(spectra) / np.abs(spectra).sum(axis=(1, 2), keepdims=True)).max(axis=0)
        size = np.tensordot(table, importance, 2)
        seen = size > FLOOR * size.max(axis=1, keepdims=True)
        kept, matrix = interpolation(table[seen].reshape(seen.sum(), -1), importance.ravel())
        matrix = matrix.reshape(-1, *response.recoil.shape)
        recoil = response.recoil.ravel()[None, kept]
        ends = response.thresholds(samples)
        if ends is None:
            return None
        curves = detector.quenching, detector.smearing, detector.efficiency, detector.acceptance
        checks = sampled(domain, free, params, SAMPLES // 4, 2)
        orders = np.full(len(response.parts), FEWEST_NODES)
        while np.all(orders <= len(response.nodes)):
            fewer = live_spectrum(curves, recoil, response.parts, orders, ends)
            wrong = response.differs(lambda v, f=fewer: np.tensordot(f.response(v), matrix, 1), spectra, checks)
            if not wrong.any():
                return dataclasses.replace(fewer, recoils=self._through(matrix, free, params))
            orders = orders + wrong
        return None

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        recoils, response = self.recoils(params), self.response(params)
        return recoils.reshape(recoils.shape[0], -1) @ response.reshape(response.shape[0], -1).T


class FlavourStrengths(Stage):
    """Stage: the counts of each flavour times its strength, for the flavours that have one."""

    counts: Stage
    strengths: tuple[str | None, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(name for name in self.strengths if name is not None)

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        factors = [np.ones(()) if name is None else params[name] for name in self.strengths]
        return namespace(*factors).stack(factors)[:, None] * self.counts(params)


class Signal(Stage):
    """Stage: expected signal counts in each bin and cell, before the strength of the signal."""

    energy: Stage
    spread: Stage

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "bin cell"]:
        energy, spread = self.energy(params), self.spread(params)
        return sum(energy[flavour][:, None] * spread[flavour] for flavour in range(len(energy)))


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

    def breaks(self, nuclides: int) -> Float[np.ndarray, "nuclide break"]:
        """Return the recoil energies [MeV] at which the energy response has a kink."""
        return self.energy.breaks(nuclides)

    def share(self, recoil: Float[np.ndarray, "nuclide node"]) -> Float[np.ndarray, "nuclide node"]:
        """Return the share of recoils of energies `recoil` [MeV] that is counted in any energy bin."""
        return self.energy.response(recoil, 8)(self.energy.nominal()).sum(axis=0)

    def response(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> EnergyResponse:
        """Return the stage of the energy response."""
        return self.energy.response(recoil, order)

    def reach(self) -> float:
        """Return the recoil energy [MeV] beyond which nothing is counted, infinite for nuclei."""
        return self.energy.reach()

    def electrons(self) -> "BinnedDetector | None":
        """Return the same with the energy response to electrons, spread over the cells likewise."""
        energy = self.energy.electrons()
        return None if energy is None else dataclasses.replace(self, energy=energy)

    def signal(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> Signal:
        """Return the stage of the counts in each bin and cell."""
        energy: Stage = EnergySpectrum(recoils, response)
        if any(strengths):
            energy = FlavourStrengths(energy, tuple(strengths))
        return Signal(energy, self.spread)


class TimeWindow(eqx.Module):
    """The time bins of a detector, with an efficiency that falls exponentially after an onset."""

    edges: Float[np.ndarray, " edge"]
    """Edges of the time bins [us], from 0."""
    onset: float
    rate: float

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the onset and the rate of the time efficiency."""
        onset, rate = TIME_EFFICIENCY
        last = float(self.edges[-1])
        return (
            Parameter(
                onset,
                "us",
                self.onset,
                (0.0, last),
                r"t_\varepsilon",
                "onset of the loss of time efficiency",
                own=True,
            ),
            Parameter(
                rate,
                "1/us",
                self.rate,
                (0.0, 1.0),
                r"\lambda_\varepsilon",
                "rate of the loss of time efficiency",
                own=True,
            ),
        )

    def binned(self, arrivals: ArrivalTimes, shift: str) -> "TimeResponse":
        """Return the stage that cuts `arrivals` into the bins; the parameter `shift` delays them."""
        return TimeResponse(arrivals, Decayed(arrivals), self.edges, shift)


def time_shift(name: str, what: str) -> Parameter:
    """Return the parameter that delays `what` by a time."""
    return Parameter(name, "us", 0.0, (-0.5, 0.5), r"\Delta t", f"delay of {what}", own=True)


class Decayed(Stage):
    """Stage: the integral of the cumulative distribution times the decaying efficiency, up to each knot."""

    arrivals: ArrivalTimes

    def own_parameters(self) -> frozenset[str]:
        return frozenset((TIME_EFFICIENCY[1],))

    def __call__(self, params: Params) -> Float[Array, "distribution knot"]:
        return self.arrivals.decayed(params[TIME_EFFICIENCY[1]])


class TimeResponse(Stage):
    """Stage: how much of each distribution is selected in each time bin.

    ∫_bin p(t - Δ) ε_T(t) dt, integrated by parts: the cumulative distribution is known at the edges, and what is left,
    ∫ C(t - Δ) ε_T'(t) dt over the part of the bin after the onset, is summed piece by piece of the spline.
    """

    arrivals: ArrivalTimes
    decayed: Stage
    edges: Float[Array, " edge"]
    shift: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.shift, *TIME_EFFICIENCY))

    def __call__(self, params: Params) -> Float[Array, "distribution bin"]:
        shift: Scalar = params[self.shift]
        onset, rate = params[TIME_EFFICIENCY[0]], params[TIME_EFFICIENCY[1]]
        xp = namespace(self.edges, shift, onset, rate)
        at_edges = self.arrivals.cumulative(self.edges - shift) * time_efficiency(self.edges, onset, rate)
        at_knots = self.decayed(params)
        low = xp.clip(onset, self.edges[:-1], self.edges[1:]) - shift
        lost = self.arrivals.loss(self.edges[1:] - shift, rate, at_knots) - self.arrivals.loss(low, rate, at_knots)
        factor = xp.exp(-rate * (shift + self.arrivals.start - onset))
        return at_edges[:, 1:] - at_edges[:, :-1] + factor * lost


class TimeBins(Stage):
    """Stage: share of each distribution in each time bin, delayed by a parameter, without any efficiency."""

    arrivals: ArrivalTimes
    edges: Float[Array, " edge"]
    shift: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.shift,))

    def __call__(self, params: Params) -> Float[Array, "distribution bin"]:
        cumulative = self.arrivals.cumulative(self.edges - params[self.shift])
        return cumulative[:, 1:] - cumulative[:, :-1]
