"""Fold a measurement with an interaction: every integral that no free parameter touches becomes an array.

    dσ/dT (E, T)  = Σ_ss' κ_ss'(E, T) · a_s a_s'(q² = 2MT; θ)                          s: Lorentz structures
    F_ss',l,i (T) = (number of targets i) · (fluence of flavour l) · ∫ φ_l(E) κ_ss'(E, T) dE         flux moments
    counts_b,t    = Σ_l [ Σ_i Σ_T  R_b,i,T · Σ_ss' F_ss',l,i(T) · a_s a_s'(T; θ) ] · P_l,t     + backgrounds

The recoil energies T are Gauss-Legendre nodes in √T for each nuclide (the rate of a continuum starts as a power of √T),
with breaks where the rate has a kink: at the largest recoil of each line and of each end of a spectrum. R is the
detector's response, P the arrival in time. Recoils of atomic electrons are folded in the same way. All checks of
structure are made here and in the constructors, before anything is compiled.
"""

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence, Set

import equinox as eqx
import numpy as np

from ._constants import ELECTRON_MASS
from ._errors import InputError
from ._numerics import gauss_legendre
from ._stage import Constant, Stage, specialise
from ._typing import Array, Float, Params, Scalar
from .amplitude import amplitudes
from .detectors.response import Detector, Recoils
from .interactions.combination import Combination, combine
from .interactions.interaction import FLAVOURS, Interaction
from .interactions.kinematics import maximum_recoil, minimum_energy, momentum_transfer
from .interactions.structures import RISING, incompatible, kernel, pairs
from .measurement import Measurement, Observables
from .nuclei.electrons import electron_breaks, electron_charges, electron_groups
from .nuclei.target import nuclear_charges
from .oscillation import (
    LEAST_SEEN,
    Arrivals,
    OscillatedSpectrum,
    Oscillations,
    energy_grid,
    resolved_moments,
)
from .projection import AddedRecoils, Couplings, ProcessSpectrum, projected
from .recoils import RecoilSpectrum
from .sources.source import Component

RECOIL_ORDER = 24
"""Quadrature nodes between breaks of the recoil energy, where there are few breaks."""
BIN_ORDER = 8
"""Quadrature nodes in each bin of reconstructed energy."""
FEW_BREAKS = 6
"""Breaks beyond which the nodes between them become fewer: the integrand is simple between close breaks."""
LEAST_ORDER, MANY_BREAKS, ORDER_OF_MANY = 10, 100, 6
"""Fewest nodes between breaks, at the standard order; and with very many breaks, at every point of a long table."""
MASSLESS = 1e-3
"""Mass [MeV] down to whose recoil energy the rate by something massless is followed: it rises on, without an end."""
NO_RECOIL = 1e-30
"""Recoil energy [MeV] that stands for none."""
UNSEEN = 1e-25
"""Share of recoils below which no rise of a rate towards zero makes them count."""


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

    def renamed(self, names: Set[str]) -> frozenset[str]:
        """Return the names in the likelihood of parameters of the measurement."""
        aliases = dict(self.aliases)
        return frozenset(aliases.get(name, name) for name in names)

    def local(self, params: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Return the parameters by the names that the measurement gives them."""
        return dict(params) | {own: params[name] for own, name in self.aliases if name in params}

    def shaping(self) -> frozenset[str]:
        """Return the parameters that the stages still depend on."""
        return self.renamed(frozenset().union(*(stage.parameters() for stage in self.stages)))

    def scaling(self) -> frozenset[str]:
        """Return the parameters of the factors."""
        return self.renamed(frozenset().union(*(factor.names() for factor in self.factors)))

    def parameters(self) -> frozenset[str]:
        """Return the names of the parameters that the expected counts still depend on."""
        return self.shaping() | self.scaling()

    def width(self) -> int:
        """Return how many numbers one evaluation makes at most in one place: its bins, or those of a live response."""
        return max(self.observed.size, *(stage.largest_width() for stage in self.stages))

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
    edges: np.ndarray
    """Edges [MeV] of the panels that hold the nodes, an array (nuclide, edge)."""
    order: int
    """Nodes of each panel."""


@dataclasses.dataclass(frozen=True)
class Scatterers:
    """What the neutrinos of a measurement scatter off: its nuclides, or the electrons of its elements."""

    kind: str
    """"nucleus" or "electron"."""
    masses: Float[np.ndarray, " nuclide"]
    """Masses [MeV]."""
    numbers: Float[np.ndarray, " nuclide"]
    breaks: tuple[tuple[float, ...], ...]
    """Recoil energies [MeV] where the charges of each have a step."""
    detector: Detector
    charges: Callable[[Float[np.ndarray, "nuclide node"]], dict[str, Stage]]
    """Charges by name at recoil energies [MeV]."""
    lightest: float | None = None
    """Least mass [MeV] of what is exchanged, where the rate rises towards a recoil of zero: as 1/(2MT + m²)², or as
    1/T. None where the amplitudes are smooth there."""


def nuclei(measurement: Measurement) -> Scatterers:
    """Return the nuclei of a measurement."""
    target = measurement.target
    masses = np.array([nucleus.mass for nucleus in target.nuclides])
    return Scatterers(
        kind="nucleus",
        masses=masses,
        numbers=target.numbers,
        breaks=((),) * len(masses),
        detector=measurement.detector,
        charges=lambda recoil: nuclear_charges(target, momentum_transfer(recoil, masses[:, None])),
    )


def electrons(measurement: Measurement) -> Scatterers:
    """Return the electrons of the atoms of a measurement."""
    detector = measurement.detector if measurement.recoils == "electron" else measurement.detector.electrons()
    if detector is None:
        raise InputError(f"{measurement.name}: its release has no response to recoils of electrons")
    groups = electron_groups(measurement.target)
    return Scatterers(
        kind="electron",
        masses=np.full(len(groups), ELECTRON_MASS),
        numbers=np.array(list(groups.values())),
        breaks=tuple(tuple(electron_breaks(element)) for element in groups),
        detector=detector,
        charges=lambda recoil: electron_charges(measurement.target, recoil),
    )


def scatterers(measurement: Measurement, interaction: Combination) -> dict[str, Scatterers]:
    """Return what the neutrinos of a measurement scatter off, by the component of the prediction."""
    signal = measurement.strengths[0].component
    if measurement.recoils == "electron":
        found = {signal: electrons(measurement)}
    else:
        found = {signal: nuclei(measurement)} | ({"es": electrons(measurement)} if interaction.electrons else {})
    return {
        name: dataclasses.replace(targets, lightest=lightest_exchanged(interaction, targets.kind))
        for name, targets in found.items()
    }


def lightest_exchanged(interaction: Combination, kind: str) -> float | None:
    """Return the least mass [MeV] that what is exchanged may have, None if no rate rises towards zero recoil."""
    least = {parameter.name: float(parameter.bounds[0]) for parameter in interaction.parameters()}
    masses = [
        min([least[name] for name in term.propagator.names() if least[name] > 0], default=MASSLESS)
        if term.propagator is not None
        else MASSLESS
        for term in interaction.terms(kind)
        if term.propagator is not None or term.structure in RISING
    ]
    return min(masses, default=None)


def recoil_nodes(measurement: Measurement, targets: Scatterers, order: int) -> Nodes:
    """Return the quadrature nodes of each nuclide between consecutive kinks of the rate.

    There are `order` nodes between kinks, fewer where there are many kinks. Nodes of no weight, between kinks at one
    energy, are put at the largest recoil, and left out if every nuclide has them. Where the rate rises towards zero and
    the detector may count recoils that are next to nothing (the tail of its resolution), there are nodes in each power
    of ten down to where the rise ends.
    """
    energies = sorted({edge for component in measurement.source.components for edge in component.spectrum.breaks()})
    count = len(targets.masses)
    steps = max(map(len, targets.breaks))
    kinks = np.zeros((count, targets.detector.breaks(count).shape[1] + steps))
    for own, charges, response in zip(kinks, targets.breaks, targets.detector.breaks(count), strict=True):
        own[: len(charges)] = charges
        own[steps:] = response
    pieces = len(energies) + kinks.shape[1]
    least = LEAST_ORDER if pieces < MANY_BREAKS else ORDER_OF_MANY
    between = order if pieces <= FEW_BREAKS else max(-(-order * least // pieces), order * least // RECOIL_ORDER)
    edges = []
    for mass, own in zip(targets.masses, kinks, strict=True):
        ends = [maximum_recoil(energy, mass) for energy in energies]
        edges.append(np.sort(np.clip([0.0, *ends, *own], 0.0, min(ends[-1], targets.detector.reach()))))
    panels = np.array(edges)
    panels = panels[:, np.append(True, np.any(np.diff(panels) > 0, axis=0))]
    if targets.lightest is not None:
        panels = _towards_zero(panels, targets, 0.5 * targets.lightest**2 / targets.masses)
    recoil, weight = [], []
    for breaks in panels:
        root, weights = gauss_legendre(np.sqrt(breaks), max(between, 1))
        nodes, weights = root**2, 2.0 * root * weights
        recoil.append(np.where(weights > 0, nodes, breaks[-1]))
        weight.append(weights)
    return Nodes(np.array(recoil), np.array(weight), panels, max(between, 1))


def endless_rise(measurement: Measurement, interaction: Combination) -> str | None:
    """Return why the recoil integral of `measurement` diverges at zero recoil and what to do, None if it does not.

    The rate by a photon rises as 1/T², that of a kernel of `RISING` as 1/T: what is counted must fall faster.
    """
    for targets in scatterers(measurement, interaction).values():
        terms = interaction.terms(targets.kind)
        share = float(targets.detector.share(np.full((len(targets.masses), 1), NO_RECOIL)).max())
        photons = any(term.propagator is not None and not term.propagator.names() for term in terms)
        rising = any(term.structure in RISING for term in terms)
        if (rising and share > UNSEEN) or (photons and share > UNSEEN * NO_RECOIL):
            return (
                "it diverges at zero recoil: the rate rises without end, and recoils of next to no energy are counted; "
                "the detector needs a smallest energy of a signal (detector.resolution.minimum of a description)"
            )
    return None


def _towards_zero(
    panels: Float[np.ndarray, "nuclide edge"], targets: Scatterers, ends: Float[np.ndarray, " nuclide"]
) -> Float[np.ndarray, "nuclide cut"]:
    """Return the `panels` with the lowest cut in powers of ten down to the `ends` [MeV], if such recoils are seen."""
    lowest = panels[:, 1]
    if not np.all(ends < lowest) or not targets.detector.share(ends[:, None]).max() > UNSEEN:
        return panels
    decades = int(np.ceil(np.log10(lowest / ends).max()))
    cuts = ends[:, None] * (lowest / ends)[:, None] ** (np.arange(decades) / decades)
    return np.concatenate([panels[:, :1], cuts, panels[:, 1:]], axis=1)


def flux_moments(
    components: Sequence[Component],
    pair: tuple[str, str],
    kinematics: str,
    targets: Scatterers,
    nodes: Nodes,
    order: int,
) -> Float[np.ndarray, "component nuclide node"]:
    """Return F_l,i(T) of a pair of structures times the weight of T: counts per product of amplitudes."""
    moments = np.zeros((len(components), *nodes.recoil.shape))
    for (row, component), (i, mass) in itertools.product(enumerate(components), enumerate(targets.masses)):
        integral = component.spectrum.moment(
            lambda energy, recoil, m=mass, c=component: kernel(pair, energy, recoil, m, kinematics, c.antineutrino),
            nodes.recoil[i],
            minimum_energy(nodes.recoil[i], mass),
            order,
        )
        moments[row, i] = targets.numbers[i] * component.fluence * integral * nodes.weight[i]
    return moments


def recoil_spectrum(
    measurement: Measurement, interaction: Combination, targets: Scatterers, nodes: Nodes, order: int = RECOIL_ORDER
) -> Recoils:
    """Return the stage of the recoil spectrum at `nodes`, all parameters live; `order` is that of the flux integral."""
    components = measurement.source.components
    leptons = [FLAVOURS.index(component.lepton) for component in components]
    flavours = tuple(range(len(FLAVOURS)) if interaction.oscillates else sorted(set(leptons)))
    charges = targets.charges(nodes.recoil)
    parts = amplitudes(
        interaction.terms(targets.kind),
        charges,
        2.0 * targets.masses[:, None] * nodes.recoil,
        flavours,
    )
    structures = tuple(part.structure for part in parts)
    if reason := incompatible(structures):
        raise InputError(f"{', '.join(interaction.names)} cannot be combined: {reason}")
    kinematics = interaction.kinematics(targets.kind)
    products = pairs(structures, kinematics)
    moving = frozenset().union(*(shape.parameters() for part in parts for shape in part.shapes))
    known = (*interaction.parameters(), *measurement.target.parameters())
    moments = np.array([flux_moments(components, product, kinematics, targets, nodes, order) for product in products])
    known_pairs = tuple((structures.index(first), structures.index(second)) for first, second in products)
    domain = tuple((p.name, *map(float, p.bounds)) for p in known if p.name in moving)
    rows = tuple(flavours.index(lepton) for lepton in leptons)
    if interaction.oscillates:
        resolved, oscillations = _resolved(measurement, interaction, products, kinematics, targets, nodes, moments)
        arrivals = Arrivals(oscillations.baseline, rows)
        return OscillatedSpectrum(parts, arrivals, oscillations, moments, resolved, known_pairs, domain)
    elastic = RecoilSpectrum(parts, moments, known_pairs, rows, domain)
    processes = [
        ProcessSpectrum(
            projected(components, targets.masses, targets.numbers, nodes.edges, nodes.order, process),
            Couplings(process.vertex, tuple(leptons)),
            charges[process.charge],
        )
        for process in interaction.processes(targets.kind)
    ]
    return AddedRecoils((elastic, *processes)) if processes else elastic


def _resolved(
    measurement: Measurement,
    interaction: Combination,
    products: Sequence[tuple[str, str]],
    kinematics: str,
    targets: Scatterers,
    nodes: Nodes,
    moments: Float[np.ndarray, "pair component nuclide node"],
) -> tuple[Float[np.ndarray, "pair component energy nuclide node"], Oscillations]:
    """Return the moments of each pair by energy, and the stage of the oscillation at these energies."""
    components, baseline = measurement.source.components, measurement.source.baseline
    if baseline is None:
        raise InputError(
            f"{', '.join(interaction.names)}: the distance of the source of {measurement.name} is not known"
        )
    if baseline.averaged:
        return moments[:, :, None], Oscillations(baseline, np.ones(1))
    lowest = minimum_energy(LEAST_SEEN[targets.kind] * nodes.edges[:, -1], targets.masses).min()
    grid = energy_grid(components, baseline, float(lowest))
    resolved = np.empty((*moments.shape[:2], len(grid.energies), *moments.shape[2:]))
    fluences = np.array([component.fluence for component in components])
    for (q, pair), (i, mass) in itertools.product(enumerate(products), enumerate(targets.masses)):
        integral = resolved_moments(components, pair, kinematics, mass, nodes.recoil[i], grid)
        resolved[q, :, :, i] = targets.numbers[i] * fluences[:, None, None] * integral * nodes.weight[i]
    return resolved, Oscillations(baseline, grid.energies)


def fold(
    measurement: Measurement | Observables,
    interaction: Combination | Interaction,
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
    interaction, signals = combine(interaction), {}
    for component, targets in scatterers(measurement, interaction).items():
        nodes = recoil_nodes(measurement, targets, recoil_order)
        signals[component] = targets.detector.signal(
            recoil_spectrum(measurement, interaction, targets, nodes, recoil_order),
            targets.detector.response(nodes.recoil, bin_order),
            measurement.group_strengths,
        )
    factors = [Factor(strength.parameter, (), strength.scales) for strength in measurement.strengths]
    return FoldedMeasurement(
        stages=(*signals.values(), *measurement.backgrounds),
        observed=measurement.observed,
        errors=measurement.errors,
        factors=(*factors[:1] * len(signals), *factors[1:]),
        components=(*signals, *(strength.component for strength in measurement.strengths[1:])),
        one_sided=measurement.one_sided,
    )
