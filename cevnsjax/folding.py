"""Fold a measurement with an interaction: every integral that no free parameter touches becomes an array.

    dσ/dT (E, T) = κ(E, T) · A²(q² = 2MT; θ)
    F_l,i (T)    = (nuclei of nuclide i) · (fluence of flavour l) · ∫ φ_l(E) κ(E, T) dE            flux moments
    counts_b,t   = Σ_l [ Σ_i Σ_T  R_b,i,T · F_l,i(T) · A²_l,i(T; θ) ] · P_l,t   + backgrounds

The recoil energies T are Gauss-Legendre nodes in √T for each nuclide (the rate of a continuum starts as a power of √T),
with breaks where the rate has a kink: at the largest recoil of each line and of each end of a spectrum. R is the
detector's response, P the arrival in time. All checks of structure are made here and in the constructors, before
anything is compiled.
"""

import dataclasses
import math
from collections.abc import Mapping, Set

import equinox as eqx
import numpy as np

from ._constants import HBAR_C
from ._errors import InputError
from ._numerics import chebyshev_points, gauss_legendre, lagrange, namespace
from ._stage import Constant, Stage, specialise
from ._typing import Array, Float, Params, Scalar
from .detectors.response import Recoils
from .interactions.kinematics import maximum_recoil, minimum_energy, momentum_transfer
from .interactions.standard_model import StandardModel
from .measurement import Measurement, Observables
from .nuclei.target import nuclear_response

RECOIL_ORDER = 24
"""Quadrature nodes between breaks of the recoil energy, where there are few breaks."""
AMPLITUDE_ORDER = 24
"""Chebyshev points in recoil energy at which the squared amplitude is evaluated: 1e-12 for radii up to 12 fm, and
momentum transfers q with q · 12 fm up to `AMPLITUDE_REACH`, those of decays at rest."""
AMPLITUDE_REACH, AMPLITUDE_RADIUS = 6.5, 12.0
AMPLITUDE_MORE = 1.3
"""Further points for each unit of q · 12 fm beyond: the squared amplitude turns once in π of it."""
BIN_ORDER = 8
"""Quadrature nodes in each bin of reconstructed energy."""
FEW_BREAKS = 6
"""Breaks beyond which the nodes between them become fewer: the integrand is simple between close breaks."""
LEAST_ORDER = 10
"""Fewest nodes between breaks, at the standard order."""


class SquaredAmplitude(Stage):
    """Stage: the squared amplitude of each lepton's flavour at fixed recoil energies."""

    nuclear: Stage
    interaction: StandardModel
    leptons: tuple[str, ...] = eqx.field(static=True)
    """Charged lepton of each flavour."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.interaction.parameters())

    def __call__(self, params: Params) -> Float[Array, "flavour nuclide point"]:
        distinct = sorted(set(self.leptons))
        squared = self.interaction.squared_amplitude(distinct, self.nuclear(params), params)
        return squared[np.array([distinct.index(lepton) for lepton in self.leptons])]


class RecoilSpectrum(Recoils):
    """Stage: scattered nuclei at each recoil-energy node, quadrature weight included, in the whole exposure.

    The squared amplitude, an analytic function of the recoil energy, is evaluated at a few points and interpolated.
    """

    amplitude: Stage
    """Squared amplitude of each flavour at the points, (flavour, nuclide, point)."""
    interpolation: Float[Array, "nuclide point node"]
    """Lagrange polynomials of the points at the nodes."""
    moments: Float[Array, "flavour nuclide node"]
    """Flux moments times quadrature weights [counts]."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour nuclide node"]:
        squared = self.amplitude(params)
        return self.moments * namespace(squared).einsum("lip,ipk->lik", squared, self.interpolation)

    def through(self, response: Float[np.ndarray, "bin nuclide node"]) -> "FoldedSpectrum":
        """Return the stage of what a fixed response selects: every sum over nodes is done."""
        weights = np.einsum("lik,bik,ipk->lbip", self.moments, response, self.interpolation, optimize=True)
        return FoldedSpectrum(self.amplitude, weights)


class FoldedSpectrum(Stage):
    """Stage: selected recoils of each flavour in each energy bin, linear in the squared amplitude at a few points."""

    amplitude: Stage
    weights: Float[Array, "flavour bin nuclide point"]
    """Counts per squared amplitude."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        squared = self.amplitude(params)
        return namespace(squared).einsum("lbip,lip->lb", self.weights, squared)


@dataclasses.dataclass(frozen=True)
class Factor:
    """What multiplies a component: its strength, what others share of it added, times further parameters."""

    strength: str | None = None
    shared: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()

    def names(self) -> frozenset[str]:
        """Return the parameters that it depends on."""
        own = () if self.strength is None else (self.strength,)
        return frozenset((*own, *self.shared, *self.scales))

    def __call__(self, params: Params) -> Scalar:
        """Return strength + Σ (shared - 1), times the scales."""
        value: Scalar = 1.0 if self.strength is None else params[self.strength]
        for name in self.shared:
            value = value + (params[name] - 1.0)
        for name in self.scales:
            value = value * params[name]
        return value


class FoldedMeasurement(eqx.Module):
    """A measurement folded with an interaction: arrays, and stages for what is still a function of parameters.

    The stages know the parameters by the names that the measurement gives them; `aliases` translates those that have
    another name in the likelihood.
    """

    stages: tuple[Stage, ...]
    """The signal, then the backgrounds, before their factors."""
    observed: Float[Array, "..."]
    errors: Float[Array, "..."] | None
    """Gaussian errors; None for Poisson counts."""
    factors: tuple[Factor, ...] = eqx.field(static=True)
    components: tuple[str, ...] = eqx.field(static=True)
    one_sided: bool = eqx.field(static=True, default=False)
    aliases: tuple[tuple[str, str], ...] = eqx.field(static=True, default=())
    """Pairs (name in the measurement, name in the likelihood) where these differ."""
    shared: tuple[tuple[str, tuple[str, ...]], ...] = eqx.field(static=True, default=())
    """Nuisances that measurements share, by the strength (name in the measurement) that they move when it is pulled."""

    def _global(self, names: Set[str]) -> frozenset[str]:
        aliases = dict(self.aliases)
        return frozenset(aliases.get(name, name) for name in names)

    def local(self, params: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Return the parameters by the names that the measurement gives them."""
        return dict(params) | {own: params[name] for own, name in self.aliases if name in params}

    def shaping(self) -> frozenset[str]:
        """Return the parameters that the stages still depend on."""
        return self._global(frozenset().union(*(stage.parameters() for stage in self.stages)))

    def scaling(self) -> frozenset[str]:
        """Return the parameters of the factors."""
        return self._global(frozenset().union(*(factor.names() for factor in self.factors)))

    def parameters(self) -> frozenset[str]:
        """Return the names of the parameters that the expected counts still depend on."""
        return self.shaping() | self.scaling()

    def specialise(self, free: Set[str], params: Params) -> "FoldedMeasurement":
        """Return the same with all that depends on no parameter of `free` evaluated at `params`."""
        aliases = dict(self.aliases)
        own = (free - set(aliases)) | {name for name, alias in aliases.items() if alias in free}
        local = self.local(params)
        return dataclasses.replace(self, stages=tuple(specialise(stage, own, local) for stage in self.stages))

    def evaluate(self, params: Params) -> "FoldedMeasurement":
        """Return the same with every stage evaluated at `params`, traced or not: only the factors are left."""
        local = self.local(params)
        return dataclasses.replace(self, stages=tuple(Constant(stage(local)) for stage in self.stages))

    def join(self, aliases: Mapping[str, str], shared: Mapping[str, tuple[str, ...]]) -> "FoldedMeasurement":
        """Return the same in a likelihood: with the names of its parameters there, and what its strengths share."""
        return dataclasses.replace(self, aliases=tuple(sorted(aliases.items())), shared=tuple(sorted(shared.items())))

    def pull(self, nuisances: Set[str]) -> "FoldedMeasurement":
        """Return the same with what it shares added to the strengths that are `nuisances`.

        A strength that is fitted or fixed is the whole strength: nothing is added to it.
        """
        aliases, shared = dict(self.aliases), dict(self.shared)
        factors = []
        for factor in self.factors:
            pulled = factor.strength is not None and aliases.get(factor.strength, factor.strength) in nuisances
            added = shared.get(factor.strength, ()) if pulled else ()
            factors.append(dataclasses.replace(factor, shared=added))
        return dataclasses.replace(self, factors=tuple(factors))


@dataclasses.dataclass(frozen=True)
class Nodes:
    """Quadrature in recoil energy [MeV] for each nuclide, arrays (nuclide, node)."""

    recoil: np.ndarray
    weight: np.ndarray
    largest: np.ndarray
    """Largest recoil energy [MeV] of each nuclide."""


def recoil_nodes(measurement: Measurement, order: int) -> Nodes:
    """Return the quadrature nodes of each nuclide between consecutive kinks of the rate.

    There are `order` nodes between kinks, fewer where there are many kinks.
    """
    energies = sorted({edge for component in measurement.source.components for edge in component.spectrum.breaks()})
    nuclides = measurement.target.nuclides
    kinks = measurement.detector.breaks(len(nuclides))
    pieces = len(energies) + kinks.shape[1]
    between = (
        order if pieces <= FEW_BREAKS else max(-(-order * LEAST_ORDER // pieces), order * LEAST_ORDER // RECOIL_ORDER)
    )
    recoil, weight, largest = [], [], []
    for nucleus, own in zip(nuclides, kinks, strict=True):
        ends = [maximum_recoil(energy, nucleus.mass) for energy in energies]
        breaks = np.sort([0.0, *ends, *np.clip(own, 0.0, ends[-1])])
        root, weights = gauss_legendre(np.sqrt(breaks), max(between, 1))
        nodes, weights = root**2, 2.0 * root * weights
        recoil.append(nodes)
        weight.append(weights)
        largest.append(ends[-1])
    return Nodes(np.array(recoil), np.array(weight), np.array(largest))


def flux_moments(
    measurement: Measurement, interaction: StandardModel, nodes: Nodes, order: int
) -> Float[np.ndarray, "flavour nuclide node"]:
    """Return F_l,i(T) times the weight of T: counts in the exposure per squared amplitude."""
    components, target = measurement.source.components, measurement.target
    moments = np.empty((len(components), *nodes.recoil.shape))
    for flavour, component in enumerate(components):
        for i, (nucleus, number) in enumerate(zip(target.nuclides, target.numbers, strict=True)):
            recoil = nodes.recoil[i]
            integral = component.spectrum.moment(
                lambda energy, t, mass=nucleus.mass: interaction.kernel(energy, t, mass),
                recoil,
                minimum_energy(recoil, nucleus.mass),
                order,
            )
            moments[flavour, i] = number * component.fluence * integral * nodes.weight[i]
    return moments


def recoil_spectrum(
    measurement: Measurement, interaction: StandardModel, nodes: Nodes, order: int = RECOIL_ORDER
) -> RecoilSpectrum:
    """Return the stage of the recoil spectrum at `nodes`, all parameters live; `order` is that of the flux integral."""
    masses = np.array([nucleus.mass for nucleus in measurement.target.nuclides])
    reach = float(momentum_transfer(nodes.largest, masses).max()) * AMPLITUDE_RADIUS / HBAR_C
    needed = AMPLITUDE_ORDER + math.ceil(AMPLITUDE_MORE * max(reach - AMPLITUDE_REACH, 0.0))
    count = max(2, -(-needed * order // RECOIL_ORDER))
    points = nodes.largest[:, None] * chebyshev_points(0.0, 1.0, count)
    return RecoilSpectrum(
        amplitude=SquaredAmplitude(
            nuclear=nuclear_response(measurement.target, momentum_transfer(points, masses[:, None])),
            interaction=interaction,
            leptons=tuple(component.lepton for component in measurement.source.components),
        ),
        interpolation=np.array([lagrange(p, x) for p, x in zip(points, nodes.recoil, strict=True)]),
        moments=flux_moments(measurement, interaction, nodes, order),
    )


def fold(
    measurement: Measurement | Observables,
    interaction: StandardModel,
    recoil_order: int = RECOIL_ORDER,
    bin_order: int = BIN_ORDER,
) -> FoldedMeasurement:
    """Return `measurement` folded with `interaction`, every parameter live; `specialise` folds further.

    `recoil_order` and `bin_order` are the quadrature nodes between kinks of the recoil energy and in each bin of
    reconstructed energy; `quadrature_error` measures what they leave. Measured numbers have one stage and no factor.
    """
    if min(recoil_order, bin_order) < 1:
        raise InputError(f"expected at least one quadrature node, found {recoil_order} and {bin_order}")
    if isinstance(measurement, Observables):
        return FoldedMeasurement(
            stages=(measurement.prediction,),
            observed=measurement.observed,
            errors=measurement.errors,
            factors=(Factor(),),
            components=("prediction",),
            one_sided=measurement.one_sided,
        )
    nodes = recoil_nodes(measurement, recoil_order)
    signal = measurement.detector.signal(
        recoil_spectrum(measurement, interaction, nodes, recoil_order),
        measurement.detector.response(nodes.recoil, bin_order),
        measurement.group_strengths,
    )
    return FoldedMeasurement(
        stages=(signal, *measurement.backgrounds),
        observed=measurement.observed,
        errors=measurement.errors,
        factors=tuple(Factor(strength.parameter, (), strength.scales) for strength in measurement.strengths),
        components=tuple(strength.component for strength in measurement.strengths),
        one_sided=measurement.one_sided,
    )
