"""Semiconductors that measure ionisation: quenching, Gaussian resolution, bins above the thresholds of the crystals.

The probability R_b(E) that a recoil of ionisation energy E is counted in bin b is smooth in E: a Gaussian, integrated.
It is evaluated at Chebyshev points of the nominal ionisation energy alone, the same for all nuclides, and the recoils
are projected onto these points once:

    counts_b = Σ_j R_b(E_j; θ) · Σ_i,T  ℓ_j(E(T)) · recoils_i,T        ℓ_j: Lagrange's polynomials of the points

so that quenching and resolution can be fitted at the price of a few dozen error functions a bin.
"""

import dataclasses
from collections.abc import Sequence, Set

import numpy as np

from .._base.errors import InputError
from .._base.numerics import chebyshev_points, lagrange, namespace
from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from ..stages.spectrum import selected
from ..stages.stage import Stage
from .quenching import Quenching, Unquenched
from .resolution import GaussianSmearing
from .response import AddedFlavours, Detector, flavour_counts

LEAST_POINTS, POINTS_PER_WIDTH = 4.0, 0.25
"""Chebyshev points for each requested node in a bin: at least, and for each standard deviation of the noise in the
range of ionisation energies."""
REACH = 4.0
"""Standard deviations beyond the last bin within which an electron can be counted there, at the worst resolution."""
STEPS = 20
"""Parts of equal width that the recoils of electrons are integrated in."""


class IonisationDetector(Detector):
    """Crystals of the same material whose counts are summed, in bins of ionisation energy.

    A recoil below the smallest ionisation energy gives no signal. Where that is, as a recoil energy, is a matter of the
    nominal quenching: it does not move when the quenching is fitted.
    """

    edges: Float[np.ndarray, " edge"]
    """Edges of the bins [keV]."""
    quenching: Quenching
    smearing: GaussianSmearing
    minimum: float
    """Smallest ionisation energy of a signal [keV]."""
    thresholds: tuple[float, ...] = (-np.inf,)
    """Threshold of each crystal [keV]."""
    shares: tuple[float, ...] = (1.0,)
    """Share of each crystal in the exposure."""

    def __check_init__(self) -> None:
        if len(self.edges) < 2 or not np.all(np.diff(self.edges) > 0):
            raise InputError(f"expected increasing bin edges, found {np.asarray(self.edges).tolist()}")
        if not self.minimum > 0 or self.smearing.minimum > 0:
            raise InputError(f"expected a positive smallest energy of the detector alone, found {self.minimum}")
        if len(self.thresholds) != len(self.shares) or not np.isclose(sum(self.shares), 1.0):
            raise InputError(f"expected a share of each crystal, of sum 1, found {self.shares} for {self.thresholds}")

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges."""
        return {"energy [keV]": self.edges}

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of bins, and 1 cell."""
        return len(self.edges) - 1, 1

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters of quenching and resolution."""
        return (*self.quenching.parameters(), *self.smearing.parameters())

    def reach(self) -> float:
        """Return the recoil energy [MeV] of an electron beyond which nothing is counted, infinite for nuclei."""
        return 1e-3 * self._largest()

    def curves(self) -> tuple[Quenching, GaussianSmearing]:
        """Return quenching and smearing."""
        return self.quenching, self.smearing

    def electrons(self) -> "IonisationDetector":
        """Return the same with recoils that are not quenched."""
        return dataclasses.replace(self, quenching=Unquenched())

    def _largest(self) -> float:
        """Return the ionisation energy [keV] above which an electron is in no bin, at any resolution that is allowed.

        Infinite for nuclei.
        """
        if self.quenching.quenches:
            return np.inf
        (resolution,) = self.smearing.parameters()
        width = self.smearing.deviation(self.edges[-1:], {resolution.name: resolution.bounds[1]})
        return float(self.edges[-1] + REACH * width[0])

    def _defaults(self) -> dict[str, float]:
        """Return the nominal parameters of the quenching."""
        return {parameter.name: parameter.default for parameter in self.quenching.parameters()}

    def reads(self) -> frozenset[str]:
        """Return the names of its parameters."""
        return frozenset(parameter.name for parameter in self.parameters())

    def breaks(self, nuclides: int) -> Float[np.ndarray, "nuclide break"]:
        """Return the recoil energies [MeV] of the smallest signal and of the points of a tabulated quenching.

        Electrons have energies far beyond the bins: for them also those of steps through the bins, to the largest.
        """
        points: Sequence[float] | np.ndarray = self.quenching.kinks()
        if not self.quenching.quenches:
            points = 1e-3 * np.linspace(self.minimum, self._largest(), STEPS + 1)[1:]
        smallest = self.quenching.recoils(np.array([self.minimum]), self._defaults())
        return np.tile([*smallest, *points], (nuclides, 1))

    def share(self, recoil: Float[np.ndarray, "nuclide node"]) -> Float[np.ndarray, "nuclide node"]:
        """Return whether recoils of energies `recoil` [MeV] give a signal at the nominal quenching, 1 or 0."""
        return np.asarray(self.quenching(recoil, self._defaults()) > self.minimum, float)

    def response(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> "IonisationResponse":
        """Return the stage for recoils of energies `recoil` [MeV]; the points are `order` times a number."""
        nominal = self._defaults()
        energy = self.quenching(recoil, nominal).ravel()
        if not energy.max() > self.minimum:
            raise InputError(f"no recoil gives {self.minimum:g} keV: the largest ionisation energy is {energy.max():g}")
        highest = min(float(energy.max()), self._largest())
        count = order * (LEAST_POINTS + POINTS_PER_WIDTH * (highest - self.minimum) / self.smearing.noise)
        points = chebyshev_points(self.minimum, highest, int(count))
        seen = (energy > self.minimum) & (energy <= highest)
        projection = seen * lagrange(points, np.clip(energy, self.minimum, highest))
        edges = np.maximum(self.edges, np.array(self.thresholds)[:, None])
        probability = PointProbability(self, edges, self.quenching.recoils(points, nominal))
        return IonisationResponse(probability, projection.reshape(-1, *recoil.shape))

    def signal(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> AddedFlavours:
        """Return the stage of the counts in each bin."""
        return AddedFlavours(flavour_counts(recoils, response, strengths), self.shape)


class PointProbability(Stage):
    """Stage: probability that a recoil is counted in each bin, at Chebyshev points of the ionisation energy."""

    detector: IonisationDetector
    edges: Float[Array, "crystal edge"]
    """Edges of the bins of each crystal, none below its threshold [keV]."""
    recoil: Float[Array, " point"]
    """Recoil energies of the points [MeV]."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.detector.parameters())

    def width(self) -> int:
        return self.edges.shape[1] * self.recoil.size

    def __call__(self, params: Params) -> Float[Array, "bin point"]:
        detector = self.detector
        energy = detector.quenching(self.recoil[None, :], params)[0]
        crystals = []
        for share, edges in zip(detector.shares, self.edges, strict=True):
            cumulative = detector.smearing.cumulative(edges, energy, params)
            crystals.append(share * (cumulative[1:] - cumulative[:-1]))
        return sum(crystals[1:], start=crystals[0])


class IonisationResponse(Stage):
    """Stage: probability that a recoil of each energy is counted in each bin."""

    probability: Stage
    """That at the points, an array (bin, point)."""
    projection: Float[Array, "point nuclide node"]
    """What brings recoils to the points."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "bin nuclide node"]:
        return namespace(*params.values()).tensordot(self.probability(params), self.projection, 1)

    def meeting(self, recoils: Stage, free: Set[str], params: Params) -> "PointSpectrum":
        """Return the recoils brought to the points, where alone the probability is evaluated."""
        return PointSpectrum(selected(recoils, np.asarray(self.projection), free, params), self.probability)


class PointSpectrum(Stage):
    """Stage: selected recoils of each flavour in each bin, from those at the points."""

    recoils: Stage
    """Recoils of each flavour at the points, (flavour, point)."""
    probability: Stage

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        return self.recoils(params) @ self.probability(params).T
