"""Quadrature nodes in recoil energy, between the kinks of the rate."""

import dataclasses

import numpy as np

from .._base.numerics import gauss_legendre
from .._base.typing import Float
from ..detectors.response import Detector
from ..interactions.kinematics import maximum_recoil
from ..sources.source import Source
from .scatterers import UNSEEN, Scatterers

RECOIL_ORDER = 24
"""Quadrature nodes between breaks of the recoil energy, where there are few breaks."""

FEW_BREAKS = 6
"""Breaks beyond which the nodes between them become fewer: the integrand is simple between close breaks."""


LEAST_ORDER, MANY_BREAKS, ORDER_OF_MANY = 10, 100, 6
"""Fewest nodes between breaks, at the standard order; and with very many breaks, at every point of a long table."""


@dataclasses.dataclass(frozen=True)
class Nodes:
    """Quadrature in recoil energy [MeV] for each nuclide, arrays (nuclide, node)."""

    recoil: np.ndarray
    weight: np.ndarray
    edges: np.ndarray
    """Edges [MeV] of the panels that hold the nodes, an array (nuclide, edge)."""
    order: int
    """Nodes of each panel; 0 where the nodes are no quadrature but energies at which a rate is asked for."""


def recoil_points(recoil: Float[np.ndarray, " node"], targets: Scatterers) -> Nodes:
    """Return energies `recoil` [MeV], the same for each nuclide, as nodes of weight 1: what they count is dR/dT."""
    points = np.tile(recoil, (len(targets.masses), 1))
    return Nodes(points, np.ones_like(points), np.tile([0.0, recoil.max()], (len(points), 1)), 0)


def recoil_nodes(source: Source, targets: Scatterers, detector: Detector, order: int) -> Nodes:
    """Return the quadrature nodes of each nuclide between consecutive kinks of the rate that a `detector` counts.

    There are `order` nodes between kinks, fewer where there are many kinks. Nodes of no weight, between kinks at equal
    energy, are put at the largest recoil, and left out if every nuclide has them. Where the rate rises towards zero and
    the detector may count recoils that are next to nothing (the tail of its resolution), there are nodes in each power
    of ten down to where the rise ends.
    """
    energies = sorted({edge for component in source.components for edge in component.spectrum.breaks()})
    count = len(targets.masses)
    steps = max(map(len, targets.breaks))
    kinks = np.zeros((count, detector.breaks(count).shape[1] + steps))
    for own, charges, response in zip(kinks, targets.breaks, detector.breaks(count), strict=True):
        own[: len(charges)] = charges
        own[steps:] = response
    pieces = len(energies) + kinks.shape[1]
    least = LEAST_ORDER if pieces < MANY_BREAKS else ORDER_OF_MANY
    between = order if pieces <= FEW_BREAKS else max(-(-order * least // pieces), order * least // RECOIL_ORDER)
    edges = []
    for mass, own in zip(targets.masses, kinks, strict=True):
        ends = [maximum_recoil(energy, mass) for energy in energies]
        edges.append(np.sort(np.clip([0.0, *ends, *own], 0.0, min(ends[-1], detector.reach()))))
    panels = np.array(edges)
    panels = panels[:, np.append(True, np.any(np.diff(panels) > 0, axis=0))]
    if targets.lightest is not None:
        panels = _towards_zero(panels, detector, 0.5 * targets.lightest**2 / targets.masses)
    recoil, weight = [], []
    for breaks in panels:
        root, weights = gauss_legendre(np.sqrt(breaks), max(between, 1))
        nodes, weights = root**2, 2.0 * root * weights
        recoil.append(np.where(weights > 0, nodes, breaks[-1]))
        weight.append(weights)
    return Nodes(np.array(recoil), np.array(weight), panels, max(between, 1))


def _towards_zero(
    panels: Float[np.ndarray, "nuclide edge"], detector: Detector, ends: Float[np.ndarray, " nuclide"]
) -> Float[np.ndarray, "nuclide cut"]:
    """Return the `panels` with the lowest cut in powers of ten down to the `ends` [MeV], if such recoils are seen."""
    lowest = panels[:, 1]
    if not np.all(ends < lowest) or not detector.share(ends[:, None]).max() > UNSEEN:
        return panels
    decades = int(np.ceil(np.log10(lowest / ends).max()))
    cuts = ends[:, None] * (lowest / ends)[:, None] ** (np.arange(decades) / decades)
    return np.concatenate([panels[:, :1], cuts, panels[:, 1:]], axis=1)
