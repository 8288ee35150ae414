"""Fold a measurement with an interaction: every integral that no free parameter touches becomes an array.

    dσ/dT (E, T)  = Σ_ss' κ_ss'(E, T) · a_s a_s'(q² = 2MT; θ)                          s: Lorentz structures
    F_ss',l,i (T) = (number of targets i) · (fluence of flavour l) · ∫ φ_l(E) κ_ss'(E, T) dE         flux moments
    counts_b,t    = Σ_l [ Σ_i Σ_T  R_b,i,T · Σ_ss' F_ss',l,i(T) · a_s a_s'(T; θ) ] · P_l,t     + backgrounds

The recoil energies T are Gauss-Legendre nodes in √T for each nuclide (the rate of a continuum starts as a power of √T),
with breaks where the rate has a kink: at the largest recoil of each line and of each end of a spectrum. R is the
detector's response, P the arrival in time. Recoils of atomic electrons are folded in the same way. All checks of
structure are made here and in the constructors, before anything is compiled.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from .._base.errors import InputError
from .._base.typing import Float
from ..interactions.combination import Combination, combine
from ..interactions.interaction import FLAVOURS, Interaction
from ..interactions.kinematics import minimum_energy
from ..interactions.process import Process
from ..interactions.structures import incompatible, kernel, pairs
from ..measuring.measurement import Measurement
from ..nuclei.target import Target
from ..sources.source import Component, Source
from ..stages.stage import OnAxes, Stage
from .amplitudes import amplitudes
from .folded import Factor, FoldedMeasurement
from .nodes import RECOIL_ORDER, Nodes, recoil_nodes
from .oscillation import LEAST_SEEN, Arrivals, OscillatedSpectrum, Oscillations, energy_grid, resolved_moments
from .projection import AddedRecoils, Couplings, ProcessSpectrum, process_points, projected
from .recoils import RecoilSpectrum
from .scatterers import Scatterers, scatterers

BIN_ORDER = 8
"""Quadrature nodes in each bin of reconstructed energy."""


def flux_moments(
    components: Sequence[Component],
    pair: tuple[str, str],
    targets: Scatterers,
    nodes: Nodes,
    order: int,
) -> Float[np.ndarray, "component nuclide node"]:
    """Return F_l,i(T) of a pair of structures times the weight of T: counts per product of amplitudes."""
    moments = np.zeros((len(components), *nodes.recoil.shape))
    for (row, component), (i, mass) in itertools.product(enumerate(components), enumerate(targets.masses)):
        integral = component.spectrum.moment(
            lambda energy, recoil, m=mass, c=component: np.asarray(
                kernel(pair, energy, recoil, m, targets.kinematics, c.antineutrino)
            ),
            nodes.recoil[i],
            np.asarray(minimum_energy(nodes.recoil[i], mass)),
            order,
        )
        moments[row, i] = targets.numbers[i] * component.fluence * integral * nodes.weight[i]
    return moments


def recoil_spectrum(
    source: Source,
    target: Target,
    interaction: Combination,
    targets: Scatterers,
    nodes: Nodes,
    order: int = RECOIL_ORDER,
    name: str = "",
) -> Stage:
    """Return the stage of the recoil spectrum at `nodes`, all parameters live; `order` is that of the flux integral.

    `targets` are what of the `target` recoils.
    """
    components = source.components
    leptons = [FLAVOURS.index(component.lepton) for component in components]
    flavours = tuple(range(len(FLAVOURS)) if interaction.oscillates else sorted(set(leptons)))
    charges = targets.charges(nodes.recoil)
    parts = amplitudes(
        targets.terms,
        charges,
        2.0 * targets.masses[:, None] * nodes.recoil,
        flavours,
    )
    structures = tuple(part.structure for part in parts)
    if reason := incompatible(structures):
        raise InputError(f"{', '.join(interaction.names)} cannot be combined: {reason}")
    products = pairs(structures, targets.kinematics)
    moving = frozenset().union(*(shape.parameters() for part in parts for shape in part.shapes))
    known = (*interaction.parameters(), *target.parameters())
    moments = np.array([flux_moments(components, product, targets, nodes, order) for product in products])
    known_pairs = tuple((structures.index(first), structures.index(second)) for first, second in products)
    domain = tuple((p.name, float(p.bounds[0]), float(p.bounds[1])) for p in known if p.name in moving)
    rows = tuple(flavours.index(lepton) for lepton in leptons)
    if interaction.oscillates:
        resolved, oscillations = _resolved(source, interaction, products, targets, nodes, moments, name)
        arrivals = Arrivals(oscillations.baseline, rows)
        return OscillatedSpectrum(parts, arrivals, oscillations, moments, resolved, known_pairs, domain)
    elastic = RecoilSpectrum(parts, moments, known_pairs, rows, domain)
    processes = [
        ProcessSpectrum(
            _process_moments(components, targets, nodes, process),
            Couplings(process.vertex, tuple(leptons)),
            charges[process.charge],
        )
        for process in targets.processes
    ]
    return AddedRecoils((elastic, *processes)) if processes else elastic


def _process_moments(components: Sequence[Component], targets: Scatterers, nodes: Nodes, process: Process) -> Stage:
    """Return the stage of the moments of a process: of a quadrature, or at points."""
    if nodes.order:
        return projected(components, targets.masses, targets.numbers, nodes.edges, nodes.order, process)
    return process_points(components, targets.masses, targets.numbers, nodes.recoil, process)


def _resolved(
    source: Source,
    interaction: Combination,
    products: Sequence[tuple[str, str]],
    targets: Scatterers,
    nodes: Nodes,
    moments: Float[np.ndarray, "pair component nuclide node"],
    name: str,
) -> tuple[Float[np.ndarray, "pair component energy nuclide node"], Oscillations]:
    """Return the moments of each pair by energy, and the stage of the oscillation at these energies."""
    components, baseline = source.components, source.baseline
    if baseline is None:
        raise InputError(f"{', '.join(interaction.names)}: the distance of the source of {name} is not known")
    if baseline.averaged:
        return moments[:, :, None], Oscillations(baseline, np.ones(1))
    seen = LEAST_SEEN[targets.kind] * nodes.edges[:, -1] if nodes.order else nodes.recoil.min(axis=1)
    lowest = np.min(minimum_energy(seen, targets.masses))
    grid = energy_grid(components, baseline, float(lowest))
    resolved = np.empty((*moments.shape[:2], len(grid.energies), *moments.shape[2:]))
    fluences = np.array([component.fluence for component in components])
    for (q, pair), (i, mass) in itertools.product(enumerate(products), enumerate(targets.masses)):
        integral = resolved_moments(components, pair, targets.kinematics, mass, nodes.recoil[i], grid)
        resolved[q, :, :, i] = targets.numbers[i] * fluences[:, None, None] * integral * nodes.weight[i]
    return resolved, Oscillations(baseline, grid.energies)


def fold(
    measurement: Measurement,
    interaction: Combination | Interaction,
    recoil_order: int = RECOIL_ORDER,
    bin_order: int = BIN_ORDER,
) -> FoldedMeasurement:
    """Return `measurement` folded with `interaction`, every parameter live; `specialise` folds further.

    `recoil_order` and `bin_order` are the quadrature nodes between kinks of the recoil energy and in each bin of
    reconstructed energy; `quadrature_error` measures what they leave. Measured numbers that no signal predicts have one
    stage and no factor.
    """
    if min(recoil_order, bin_order) < 1:
        raise InputError(f"expected at least one quadrature node, found {recoil_order} and {bin_order}")
    interaction, signals, recoils = combine(interaction), dict[str, Stage](), None
    for component, (targets, detector) in scatterers(measurement, interaction).items():
        scattering = measurement.counted()
        source, target = scattering.source, scattering.target
        nodes = recoil_nodes(source, targets, detector, recoil_order)
        spectrum = recoil_spectrum(source, target, interaction, targets, nodes, recoil_order, measurement.name)
        recoils = spectrum if recoils is None else recoils
        signal = detector.signal(
            spectrum,
            detector.response(nodes.recoil, bin_order),
            scattering.group_strengths(measurement.strengths[0].parameter),
        )
        shape = np.shape(measurement.term.observed)
        signals[component] = signal if shape == detector.shape else OnAxes(signal, shape)
    factors = [Factor(strength.parameter, (), strength.scales) for strength in measurement.strengths]
    factors += [Factor()] * (measurement.prediction is not None)
    return FoldedMeasurement(
        stages=(*signals.values(), *measurement.others),
        term=measurement.term,
        factors=(*factors[:1] * len(signals), *factors[bool(signals) :]),
        components=(*signals, *measurement.components[bool(signals) :]),
        recoils=recoils,
    )
