"""The general path: recoils of a process whose kernel and limits move with the parameters, at fixed recoil energies.

    moments_l,i,kn = N_i Φ_l ∫ dE φ_l(E) ∫ dT κ(E, T; θ) ℓ_kn(T) T/T_kn,    T in panel k, T₋(E; θ) < T < T₊(E; θ)

ℓ_kn is the Lagrange polynomial, in √T, of node n of panel k: summed against a response times a squared charge that is
T times such a polynomial on each panel, the moments give its integral exactly, wherever the limits are. They take the
place of the flux moments times quadrature weights of a kernel that does not move. The factor T is there because a
detector sees nothing of a recoil of no energy while a kernel may have a pole there; what is seen without any threshold
is not what this is for.

The integral over E is inside, from E_min(T; θ) up. It is a quadrature with few energies between E_min and the end of
the spectrum, Chebyshev points, whose weights depend on E_min alone and hold the spectrum: they are computed to rounding
and kept as polynomials in E_min on cells. With n energies the quadrature is exact where E² κ is a polynomial in E of
degree n - 1; of exchange at tree level it is of degree 2.
The integral over T is a Gauss-Legendre quadrature in √T between all points where the integrand has a kink: the edges of
the panels, and both limits of the energies where the spectrum has a kink. These move, and are sorted each time.
"""

from collections.abc import Callable, Sequence, Set
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._base.module import Module
from .._base.numerics import gauss_legendre, namespace
from .._base.typing import Array, Float, Params
from ..interactions.interaction import Vertex
from ..interactions.process import Process
from ..sources.source import Component
from ..stages.spectrum import selected
from ..stages.stage import Stage

TERMS = 16
"""Terms of the polynomials in E_min."""
CELL_ERROR = 1e-10
"""Error of the polynomials, relative to the largest weight in a cell, above which a smooth cell is halved."""
MOST_HALVINGS = 8
FLUX_ORDER = 24
"""Nodes of the flux integral in each piece of a spectrum, where there are few pieces."""
MANY_PIECES = 60
"""Pieces of a spectrum beyond which the quadrature has fewer nodes in each."""
MOST_CELLS = 200
"""Pieces beyond which a cell holds several of them."""
LEAST_RECOIL = 1e-24
"""Recoil energy [MeV] below which nothing is counted."""
RISE = (16.0, 256.0)
"""Multiples of the smallest √T at which the quadrature is cut: rates rise there as powers of 1/√T."""
LEAST_ORDER = 12
"""Fewest nodes in recoil energy between kinks; else two thirds of those in a panel."""


class FluxRule(Module):
    """Quadrature ∫ φ_l(E) f(E) dE from any lower end up: nodes and weights that depend on the lower end.

    The nodes are the Chebyshev points between the lower end and the largest energy. The weights are polynomials in the
    lower end on each cell.
    """

    edges: Float[np.ndarray, " edge"]
    """Edges of the cells [MeV]."""
    table: Float[np.ndarray, "cell term component point"]
    """Coefficients of the powers of the place in the cell, from -1 to 1, the highest first."""
    points: Float[np.ndarray, " point"]
    """Places of the nodes, from 0 at the lower end to 1 at the largest energy."""

    def energies(self, lower: Float[Array, "*node"]) -> Float[Array, "point *node"]:
        """Return the nodes [MeV] above a `lower` end."""
        place = self.points.reshape((-1,) + (1,) * lower.ndim)
        # Far above all energies, where the weights are zero, rounding would make some of the nodes zero.
        lower = namespace(lower).minimum(lower, 2.0 * self.edges[-1])
        return lower + place * (self.edges[-1] - lower)

    def weights(
        self, lower: Float[Array, "*interval node"], middle: Float[Array, "*interval"]
    ) -> Float[Array, "component point *interval node"]:
        """Return the weights of the nodes; all nodes of an interval are in the cell that the `middle` is in."""
        xp = namespace(lower, middle)
        cell = (middle[..., None] >= self.edges[1:-1]).sum(axis=-1)
        coefficients = xp.moveaxis(xp.asarray(self.table)[cell], (-3, -2, -1), (0, 1, 2))[..., None]
        low, high = (xp.asarray(edges)[cell][..., None] for edges in (self.edges[:-1], self.edges[1:]))
        x = 2.0 * (xp.maximum(lower, self.edges[0]) - low) / (high - low) - 1.0
        value = 0.0
        for coefficient in coefficients:
            value = value * x + coefficient
        return xp.where((middle < self.edges[-1])[..., None], value, 0.0)


def _basis(points: Float[np.ndarray, " point"], place: Float[np.ndarray, "*node"]) -> Float[np.ndarray, "point *node"]:
    """Return the Lagrange polynomials of the `points` at each `place`."""
    factors = [[(place - other) / (own - other) for other in points if other != own] for own in points]
    return np.array([np.prod(factor, axis=0) for factor in factors])


def _cell_weights(
    components: Sequence[Component],
    edges: Float[np.ndarray, " edge"],
    above: tuple[Float[np.ndarray, " above"], Float[np.ndarray, "component above"]],
    points: Float[np.ndarray, " point"],
    lower: Float[np.ndarray, " lower"],
    largest: float,
    order: int,
) -> Float[np.ndarray, "lower component point"]:
    """Return ∫ φ_l(E)/E² L_j(E) dE from each `lower` end up, L_j the Lagrange polynomials of the nodes up to `largest`.

    `edges` are those of the pieces up to the end of the cell, `above` is the quadrature from there on.
    """
    x, w = gauss_legendre((0.0, 1.0), order)
    start = np.clip(lower[:, None], edges[:-1], edges[1:])
    width = edges[1:] - start
    energy = start[..., None] + width[..., None] * x
    density = np.array([component.spectrum.continuum(energy.ravel()) for component in components])
    density = density.reshape(-1, *energy.shape) * width[..., None] * w / energy**2
    nodes, weights = above
    first, span = lower[:, None, None], (largest - lower)[:, None, None]
    integrals = np.einsum("lxpg,jxpg->xlj", density, _basis(points, (energy - first) / span))
    return integrals + np.einsum("ln,jxn->xlj", weights, _basis(points, (nodes - first[..., 0]) / span[..., 0]))


def flux_rule(components: Sequence[Component], count: int) -> FluxRule | None:
    """Return the quadrature with `count` nodes over the continua of the spectra; None if there are only lines."""
    pieces = sorted({edge for component in components for edge in component.spectrum.pieces()})
    if not pieces:
        return None
    edges, order = np.array(pieces), FLUX_ORDER if len(pieces) <= MANY_PIECES else FLUX_ORDER // 3
    points = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / max(count - 1, 1))
    places = np.cos(np.pi * (np.arange(TERMS) + 0.5) / TERMS)
    chebyshev = np.linalg.inv(np.polynomial.chebyshev.chebvander(places, TERMS - 1))
    polynomials = [np.polynomial.chebyshev.cheb2poly(row) for row in np.eye(TERMS)]
    powers = np.array([np.pad(row, (0, TERMS - len(row))) for row in polynomials]).T[::-1]

    lines = {energy for component in components for energy, _ in component.spectrum.lines()}
    breaks = sorted({edge for component in components for edge in component.spectrum.breaks()} - lines)
    cells = sorted({*breaks[:: -(-len(breaks) // MOST_CELLS)], edges[0], edges[-1]})
    largest = float(edges[-1])
    above = np.full(1, largest), np.zeros((len(components), 1))
    ends, table = [largest], []
    waiting = [(low, high, 0) for low, high in pairwise(cells)]
    while waiting:
        low, high, halvings = waiting.pop()
        inside = edges[(edges > low) & (edges < high)]
        own = np.array([low, *inside, high])
        lower = 0.5 * (low + high) + 0.5 * (high - low) * places
        nodes = lower[:, None] + points * (largest - lower)[:, None]
        weights = _cell_weights(components, own, above, points, lower, largest, order) * (nodes**2)[:, None]
        weights = np.tensordot(chebyshev, weights, 1)
        if (
            not len(inside)
            and halvings < MOST_HALVINGS
            and np.abs(weights[-2:]).max() > CELL_ERROR * np.abs(weights).max()
        ):
            middle = 0.5 * (low + high)
            waiting += [(low, middle, halvings + 1), (middle, high, halvings + 1)]
            continue
        ends.append(low)
        table.append(np.tensordot(powers, weights, 1))
        if waiting:
            moments = _cell_weights(components, own, above, points, np.array([low]), largest, order)[0]
            above = low + points * (largest - low), moments
    return FluxRule(np.array(ends[::-1]), np.array(table[::-1]), points)


def lagrange_matrix(order: int) -> Float[np.ndarray, "degree point"]:
    """Return the matrix from Chebyshev polynomials to the Lagrange polynomials of the nodes of Gauss and Legendre."""
    nodes, _ = np.polynomial.legendre.leggauss(order)
    return np.linalg.inv(np.polynomial.chebyshev.chebvander(nodes, order - 1))


def forward_derivatives(function: Callable[..., Array]) -> Callable[..., Array]:
    """Return `function` of a few scalars such that its derivatives are always taken forward.

    Of many numbers that few parameters move this is the cheaper way, in a gradient taken backward too.
    """
    wrapped = jax.custom_jvp(function)

    @wrapped.defjvp
    def _derivative(values: tuple[Any, ...], changes: tuple[Any, ...]) -> tuple[Array, Array]:
        parts = []
        for n in range(len(values)):
            along = tuple(jnp.ones_like(v) if n == m else jnp.zeros_like(v) for m, v in enumerate(values))
            total, slope = jax.jvp(function, values, along)
            parts.append((total, slope * changes[n]))
        first, *others = (change for _, change in parts)
        return parts[-1][0], sum(others, start=first)

    return wrapped


class FluxIntegral(Module):
    """The integral of the kernel of a process over the spectra, lines and continua."""

    process: Process
    masses: Float[np.ndarray, " nuclide"]
    """Masses of the targets [MeV]."""
    rule: FluxRule | None
    """Quadrature over the continua."""
    lines: Float[np.ndarray, " line"]
    """Energies of the lines [MeV]."""
    shares: Float[np.ndarray, "component line"]
    """Share of each line in each component."""

    @property
    def ends(self) -> Float[np.ndarray, " end"]:
        """Return the energies [MeV] where a spectrum has a kink, those of the lines among them."""
        edges = () if self.rule is None else self.rule.edges
        return np.unique([energy for energy in (*edges, *self.lines) if energy > 0])

    def __call__(
        self,
        recoil: Float[Array, "nuclide interval node"],
        lower: Float[Array, "nuclide interval node"],
        middle: Float[Array, "nuclide interval"],
        params: Params,
    ) -> Float[Array, "component nuclide interval node"]:
        """Return ∫ φ(E) κ(E, T) dE from a `lower` end; an interval whose `middle` end is too large has nothing."""
        xp = namespace(*params.values(), self.masses)
        masses, total = self.masses[:, None, None], xp.zeros(())
        if self.rule is not None:
            weights = self.rule.weights(lower, middle)
            for point, energy in enumerate(self.rule.energies(lower)):
                total = total + weights[:, point] * self.process.kernel(energy, recoil, masses, params)
        for energy, shares in zip(self.lines, self.shares.T, strict=True):
            kernel = xp.where((middle <= energy)[..., None], self.process.kernel(energy, recoil, masses, params), 0.0)
            total = total + shares[:, None, None, None] * kernel
        return total


def flux_integral(
    components: Sequence[Component], masses: Float[np.ndarray, " nuclide"], process: Process
) -> FluxIntegral:
    """Return the integral of a `process` on targets of these `masses` [MeV] over the spectra of `components`."""
    lines = sorted({energy for component in components for energy, _ in component.spectrum.lines()})
    shares = np.zeros((len(components), len(lines)))
    for row, component in zip(shares, components, strict=True):
        for energy, share in component.spectrum.lines():
            row[lines.index(energy)] += share
    rule = flux_rule(components, process.energies())
    return FluxIntegral(process, np.asarray(masses, float), rule, np.array(lines), shares)


class ProjectedMoments(Stage):
    """Stage: the moments of a process at the recoil nodes of fixed panels, quadrature weight included."""

    flux: FluxIntegral
    scales: Float[np.ndarray, "component nuclide"]
    """Number of targets times fluence [1/cm²]."""
    panels: Float[np.ndarray, "nuclide edge"]
    """Square roots of the edges of the panels [√MeV]."""
    ends: Float[np.ndarray, " end"]
    """Energies [MeV] where a spectrum has a kink, those of the lines among them."""
    recoil: Float[np.ndarray, "nuclide node"]
    """Recoil energies [MeV] of the nodes of all panels."""
    matrix: Float[np.ndarray, "degree point"]
    """From Chebyshev polynomials to the Lagrange polynomials of the nodes."""
    nodes: Float[np.ndarray, " order"]
    """Nodes and weights between 0 and 1 of the quadrature between kinks."""
    weights: Float[np.ndarray, " order"]

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.flux.process.names())

    def _kinks(self, params: Params) -> Float[Array, "nuclide kink"]:
        """Return the √T between which the integrand is smooth, in order."""
        limits = self.flux.process.recoil_limits(self.ends, self.flux.masses[:, None], params)
        xp = namespace(*params.values(), self.ends)
        low, high = (xp.sqrt(xp.maximum(limit, LEAST_RECOIL)) for limit in limits)
        moving = [low, high, *(low[:, -1:] * factor for factor in RISE)]
        moving = xp.clip(xp.concatenate(moving, axis=-1), self.panels[:, :1], self.panels[:, -1:])
        return xp.sort(xp.concatenate([xp.asarray(self.panels), moving], axis=-1), axis=-1)

    def __call__(self, params: Params) -> Float[Array, "component nuclide node"]:
        names = self.flux.process.names()
        values = [params[name] for name in names]
        if namespace(*values, self.flux.masses) is np:
            return self._moments(dict(zip(names, values, strict=True)))
        return forward_derivatives(lambda *given: self._moments(dict(zip(names, given, strict=True))))(*values)

    def _moments(self, params: Params) -> Float[Array, "component nuclide node"]:
        xp = namespace(*params.values(), self.flux.masses)
        kinks = self._kinks(params)
        start, width = kinks[:, :-1], kinks[:, 1:] - kinks[:, :-1]
        centre = start + 0.5 * width
        root = start[..., None] + width[..., None] * self.nodes
        masses = self.flux.masses[:, None]
        recoil = xp.maximum(root**2, LEAST_RECOIL)
        lower = xp.asarray(self.flux.process.minimum_energy(recoil, masses[..., None], params))
        middle = xp.asarray(self.flux.process.minimum_energy(xp.maximum(centre**2, LEAST_RECOIL), masses, params))
        flux = self.flux(recoil, lower, middle, params) * (2.0 * root**3 * width[..., None] * self.weights)

        place = xp.clip((centre[..., None] >= self.panels[:, None, 1:-1]).sum(axis=-1), 0, self.panels.shape[1] - 2)
        chosen = xp.eye(self.panels.shape[1] - 1)[place]
        low = xp.take_along_axis(xp.asarray(self.panels), place, axis=1)[..., None]
        high = xp.take_along_axis(xp.asarray(self.panels), place + 1, axis=1)[..., None]
        span = xp.where(high > low, high - low, 1.0)
        x = (2.0 * root - low - high) / span
        last, term = xp.zeros_like(x), xp.ones_like(x)
        pieces = []
        for degree in range(len(self.matrix)):
            pieces.append((flux * term).sum(axis=-1))
            last, term = term, (2.0 if degree else 1.0) * x * term - last
        panels = xp.einsum("dlis,isp->lipd", xp.stack(pieces), chosen) @ self.matrix
        return panels.reshape(*panels.shape[:2], -1) * self.scales[..., None] / self.recoil


def projected(
    components: Sequence[Component],
    masses: Float[np.ndarray, " nuclide"],
    numbers: Float[np.ndarray, " nuclide"],
    panels: Float[np.ndarray, "nuclide edge"],
    order: int,
    process: Process,
) -> ProjectedMoments:
    """Return the stage of the moments of a `process` at `order` recoil nodes in each of the `panels`.

    `masses` [MeV] and `numbers` of the targets; `panels` are the edges in recoil energy [MeV]. The nodes are those of
    Gauss and Legendre in √T.
    """
    flux, roots = flux_integral(components, masses, process), np.sqrt(panels)
    nodes, weights = gauss_legendre((0.0, 1.0), max(LEAST_ORDER, -(-2 * order // 3)))
    return ProjectedMoments(
        flux=flux,
        scales=np.outer([component.fluence for component in components], numbers),
        panels=roots,
        ends=flux.ends,
        recoil=np.array([np.maximum(gauss_legendre(own, order)[0] ** 2, LEAST_RECOIL) for own in roots]),
        matrix=lagrange_matrix(order),
        nodes=nodes,
        weights=weights,
    )


class PointMoments(Stage):
    """Stage: the moments of a process at energies of the user, per recoil energy."""

    flux: FluxIntegral
    scales: Float[np.ndarray, "component nuclide"]
    """Number of targets times fluence [1/cm²]."""
    recoil: Float[np.ndarray, "nuclide node"]
    """Recoil energies [MeV]."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.flux.process.names())

    def __call__(self, params: Params) -> Float[Array, "component nuclide node"]:
        """Return the moments [1/MeV]: every energy is an interval of its own."""
        xp = namespace(*(params[name] for name in self.flux.process.names()), self.recoil)
        recoil, masses = xp.asarray(self.recoil), self.flux.masses[:, None]
        lower = xp.asarray(self.flux.process.minimum_energy(recoil, masses, params))
        moments = self.flux(recoil[..., None], lower[..., None], lower, params)
        return moments[..., 0] * self.scales[..., None]


def process_points(
    components: Sequence[Component],
    masses: Float[np.ndarray, " nuclide"],
    numbers: Float[np.ndarray, " nuclide"],
    recoil: Float[np.ndarray, "nuclide node"],
    process: Process,
) -> PointMoments:
    """Return the stage of the moments of a `process` at the `recoil` energies [MeV]."""
    scales = np.outer([component.fluence for component in components], numbers)
    return PointMoments(flux_integral(components, masses, process), scales, recoil)


class Couplings(Stage):
    """Stage: the squared couplings of the flavour of each component."""

    vertex: Vertex
    rows: tuple[int, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.vertex.names())

    def __call__(self, params: Params) -> Float[Array, " component"]:
        return self.vertex(params)[np.array(self.rows)] ** 2


class ProcessSpectrum(Stage):
    """Stage: targets scattered in a process at each recoil node, quadrature weight included."""

    moments: Stage
    couplings: Stage
    charge: Stage
    """Charge at the nodes, (nuclide, node)."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "component nuclide node"]:
        return self.couplings(params)[:, None, None] * self.moments(params) * self.charge(params) ** 2

    def through(self, rows: Float[np.ndarray, "row nuclide node"], free: Set[str], params: Params) -> Stage | None:
        """Return the stage of what fixed rows select; None where the charge moves."""
        if self.charge.array is None:
            return None
        return CoupledCounts(self.couplings, selected(self.moments, rows * self.charge.array**2, free, params))


class CoupledCounts(Stage):
    """Stage: counts per squared coupling, (component, bin), times the squared couplings."""

    couplings: Stage
    counts: Stage

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "component bin"]:
        return self.couplings(params)[:, None] * self.counts(params)


class Added(Stage):
    """Stage: a sum."""

    parts: tuple[Stage, ...]

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "..."]:
        return sum(part(params) for part in self.parts)


class AddedRecoils(Stage):
    """Stage: recoils of several kinds at the same nodes."""

    parts: tuple[Stage, ...]

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "component nuclide node"]:
        return sum(part(params) for part in self.parts)

    def through(self, rows: Float[np.ndarray, "row nuclide node"], free: Set[str], params: Params) -> Stage:
        """Return the stage of what fixed rows select of each."""
        return Added(tuple(selected(part, rows, free, params) for part in self.parts))
