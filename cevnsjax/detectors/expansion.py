"""A response that parameters move, as a short sum: what moves apart from what recoils go through.

    counts_l,b = Σ_r ω_br(efficiency) · Σ_k Φ_k(quenching, smearing) · Σ_i,T C_kr,i(T) · recoils_l,i(T; physics)

Φ are products of Chebyshev polynomials of the parameters between their bounds. The response to a single recoil energy
would need many of them, that to a spectrum of recoils few: what is sharp in energy is washed out by the sum over the
recoils. An efficiency is integrated with the Legendre polynomials that the density of reconstructed energies is
expanded in, in each bin: ω_br, live, with a threshold that may pass from bin to bin. C is an array, and so the recoils
are folded with it like with a fixed response. All is chosen on the host, over the whole bounds, and its error measured
there.
"""

import functools
import itertools
import operator
from collections.abc import Callable, Sequence

import equinox as eqx
import numpy as np

from .._base.numerics import chebyshev_polynomials, namespace
from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from ..stages.reduction import interpolation
from ..stages.stage import Constant, Stage
from .efficiency import Efficiency
from .quenching import Quenching
from .resolution import Smearing

TAIL, KEPT = 3e-10, 3e-11
"""Size of the last quarter of the terms, and of the terms that are used, relative to the counts of a bin."""
FLOOR = 1e-2
"""Bins with a smaller share than this of the largest bin are compared with that share of it."""
FEWEST, MOST_POINTS = {1: 32, 2: 16}, 1024
"""Points on each axis to begin with, for 1 or 2 parameters, and points in all that are tried."""
LARGEST_TABLE = 40_000_000
"""Numbers of the expanded response up to which it is tried."""
MARGIN = 0.02
"""Share of a part of a bin below the lowest threshold in which the density is still expanded."""
DEGREES, POINTS = 12, 16
"""Legendre polynomials in each part of a bin, and Gauss-Legendre nodes that project onto them."""


Curves = tuple[Quenching, Smearing, Efficiency, Efficiency | None]
"""Quenching, smearing, efficiency, and acceptance before the smearing."""


class Combined(Stage):
    """Stage: a sum of arrays with factors that move."""

    terms: Stage
    """The factors, an array (term,)."""
    table: Float[Array, "term number"]
    shape: tuple[int, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def width(self) -> int:
        return self.table.shape[1]

    def rows(self, axis: int) -> Float[Array, "..."]:
        """Return the table of which this is the sum (`combined`), its `axis` terms × bins."""
        several = np.moveaxis(np.reshape(self.table, (-1, *self.shape)), 0, axis)
        return several.reshape(*self.shape[:axis], -1, *self.shape[axis + 1 :])

    def __call__(self, params: Params) -> Float[Array, "..."]:
        return (self.terms(params) @ self.table).reshape(self.shape)


class Polynomials(Stage):
    """Stage: products of Chebyshev polynomials of parameters between their bounds, an array (term,)."""

    picks: tuple[Float[Array, "_ term"], ...]
    """For each parameter, 1 at the degree that each term has of it."""
    axes: tuple[tuple[str, float, float], ...] = eqx.field(static=True)
    """Name and bounds of each parameter."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(name for name, _, _ in self.axes)

    def __call__(self, params: Params) -> Float[Array, " term"]:
        factors = []
        for (name, low, high), pick in zip(self.axes, self.picks, strict=True):
            x = (2.0 * params[name] - low - high) / (high - low)
            factors.append(chebyshev_polynomials(x, len(pick)) @ pick)
        return functools.reduce(operator.mul, factors)


class ExpandedRows(Stage):
    """Stage: a sum over terms that move, of rows (flavour, term and row) that are functions of other parameters."""

    rows: Stage
    terms: Stage
    count: int = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour row"]:
        rows, terms = self.rows(params), self.terms(params)
        return namespace(rows, terms).einsum("k,lkr->lr", terms, rows.reshape(rows.shape[0], self.count, -1))


def combined(table: Float[np.ndarray, "..."], terms: Stage, count: int, axis: int) -> Combined:
    """Return the stage of a table whose `axis` is `count` terms × bins, summed over the terms."""
    shape = (*table.shape[:axis], count, table.shape[axis] // count, *table.shape[axis + 1 :])
    ordered = np.moveaxis(np.reshape(table, shape), axis, 0)
    return Combined(terms, ordered.reshape(count, -1), ordered.shape[1:])


def expanded(rows: Stage, terms: Stage, count: int) -> Stage:
    """Return the sum over `count` terms that move of `rows` (flavour, term and row)."""
    if rows.array is not None:
        return combined(rows.array, terms, count, axis=1)
    short = rows.expanded(terms, count)
    return ExpandedRows(rows, terms, count) if short is None else short


class Selection(Stage):
    """Stage: ∫ efficiency × Legendre polynomial over a part of a bin, from the threshold, for each row."""

    efficiency: Efficiency
    parts: Float[Array, "bin edge"]
    """Edges of the parts of each bin."""
    nodes: Float[Array, " order"]
    weights: Float[Array, " order"]
    ranges: Float[Array, "part 2"]
    """Ends of each part between which the density is expanded: it may be singular below all thresholds."""
    picks: Float[Array, "moment row"]
    """1 at the part and degree of each row."""
    degrees: int = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.efficiency.parameters())

    def moments(self, params: Params) -> Float[Array, "part degree"]:
        """Return the integrals of all degrees."""
        lower, upper = self.parts[:, :-1].ravel(), self.parts[:, 1:].ravel()
        xp = namespace(*params.values())
        low = xp.clip(self.efficiency.threshold(params), lower, upper)
        width = upper - low
        x = low[:, None] + width[:, None] * self.nodes
        weights = width[:, None] * self.weights * self.efficiency(x, params)
        start, end = self.ranges[:, :1], self.ranges[:, 1:]
        position = (2.0 * x - start - end) / (end - start)
        terms = [weights, weights * position]
        for n in range(1, self.degrees - 1):
            terms.append(((2 * n + 1) * position * terms[n] - n * terms[n - 1]) / (n + 1))
        return xp.stack([term.sum(axis=1) for term in terms[: self.degrees]], axis=1)

    def __call__(self, params: Params) -> Float[Array, " row"]:
        return self.moments(params).ravel() @ self.picks


class SelectedRows(Stage):
    """Stage: selected recoils in each bin, from rows of which each counts as the efficiency says."""

    rows: Stage
    """Density of the reconstructed recoils, expanded in the parts of the bins, an array (flavour, row)."""
    selection: Stage
    bins: Float[Array, "row bin"]
    """1 at the bin of each row."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        return (self.rows(params) * self.selection(params)) @ self.bins


def legendre_ranges(parts: Float[np.ndarray, "bin edge"], lowest: float) -> Float[np.ndarray, "part 2"]:
    """Return the ends between which the density is needed in each part: from the `lowest` threshold."""
    lower, upper = parts[:, :-1].ravel(), parts[:, 1:].ravel()
    start = np.maximum(lower, lowest - MARGIN * (upper - lower))
    return np.stack([np.where(start < upper, start, lower), np.where(upper > lower, upper, lower + 1.0)], axis=1)


def legendre_projection(
    ranges: Float[np.ndarray, "part 2"],
) -> tuple[Float[np.ndarray, "part point"], Float[np.ndarray, "degree point"]]:
    """Return points in each part, and what makes Legendre coefficients of the values there."""
    x, w = np.polynomial.legendre.leggauss(POINTS)
    points = ranges[:, :1] + np.diff(ranges) * 0.5 * (x + 1.0)
    vander = np.polynomial.legendre.legvander(x, DEGREES - 1)
    return points, (0.5 * (2 * np.arange(DEGREES) + 1) * w[:, None] * vander).T


def select(
    efficiency: Efficiency,
    parts: Float[np.ndarray, "bin edge"],
    quadrature: tuple[Float[np.ndarray, " order"], Float[np.ndarray, " order"]],
    ranges: Float[np.ndarray, "part 2"],
    magnitudes: Float[np.ndarray, "value part degree spectrum"],
    samples: Sequence[Params],
) -> tuple[Selection, Float[np.ndarray, "row part degree"], Float[np.ndarray, "row bin"]]:
    """Return the stage of the integrals that are needed, and what makes their rows of the Legendre coefficients.

    `magnitudes` are those of coefficients that occur; the integrals of most degrees are combinations of few, as far as
    the `samples` of the efficiency's parameters distinguish them.
    """
    largest = magnitudes.max(axis=2, keepdims=True)
    sizes = (magnitudes / np.maximum(largest, FLOOR * largest.max(axis=1, keepdims=True))).max(axis=(0, 3))
    whole = Selection(efficiency, parts, *quadrature, ranges, np.eye(sizes.size), DEGREES)
    integrals = np.array([whole.moments(values) for values in samples])
    picks, matrices, bins = [], [], []
    per_bin = parts.shape[1] - 1
    for part, (moments, size) in enumerate(zip(np.moveaxis(integrals, 1, 0), sizes, strict=True)):
        largest = np.abs(moments * size).max(axis=1)
        open_ = largest > 1e-9 * largest.max(initial=0.0)
        if not open_.any():
            continue
        degrees, matrix = interpolation(moments[open_], size)
        for degree, row in zip(degrees, matrix, strict=True):
            full = np.zeros(sizes.shape)
            full[part] = row
            picks.append(np.arange(sizes.size) == part * DEGREES + degree)
            matrices.append(full)
            bins.append(np.arange(len(parts)) == part // per_bin)
    stage = Selection(efficiency, parts, *quadrature, ranges, np.array(picks, float).T, DEGREES)
    return stage, np.array(matrices), np.array(bins, float)


def expand(
    function: Callable[[Params], Float[Array, "row nuclide node"]],
    moving: Sequence[Parameter],
    params: Params,
    spectra: Float[np.ndarray, "spectrum nuclide node"],
    bins: Float[np.ndarray, "row bin"],
) -> tuple[Polynomials, Float[np.ndarray, "term row nuclide node"]] | None:
    """Return the polynomials of the `moving` parameters, and what each is multiplied with in a response.

    As many as the counts of the `spectra` need, in every bin; `bins` has the largest factor that each row goes into its
    bin with. None if that is too many, as is foreseen from how fast the terms fall.
    """
    counts, shape = [FEWEST[len(moving)]] * len(moving), function(params).shape
    flat = spectra.reshape(len(spectra), -1).T
    while np.prod(counts) <= MOST_POINTS and np.prod(counts) * np.prod(shape) <= LARGEST_TABLE:
        axes, transforms = [], []
        for parameter, count in zip(moving, counts, strict=True):
            low, high = parameter.bounds
            angles = np.pi * (np.arange(count) + 0.5) / count
            axes.append(0.5 * (low + high) + 0.5 * (high - low) * np.cos(angles))
            weights = np.where(np.arange(count) == 0, 1.0, 2.0) / count
            transforms.append(weights[:, None] * np.cos(np.outer(np.arange(count), angles)))
        names = [parameter.name for parameter in moving]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(moving))
        values = np.empty((len(points), shape[0], len(flat)))
        for row, point in zip(values, points, strict=True):
            row[:] = function({**params, **dict(zip(names, map(float, point), strict=True))}).reshape(shape[0], -1)
        transform, *others = transforms
        for other in others:
            transform = np.kron(transform, other)
        sizes = np.abs(transform @ (values.reshape(-1, len(flat)) @ flat).reshape(len(points), -1)).reshape(
            len(points), shape[0], -1
        )
        sizes = np.max(sizes[:, :, None] * bins[:, :, None], axis=1)
        scale = sizes.max(axis=0)
        scale = np.maximum(scale, FLOOR * scale.max(axis=0))
        share = (sizes / np.where(scale > 0, scale, 1.0)).max(axis=(1, 2)).reshape(counts)
        tails = [share.take(range(3 * count // 4, count), axis).max() for axis, count in enumerate(counts)]
        short = [tail > TAIL for tail in tails]
        most = MOST_POINTS ** (1.0 / len(moving))
        if any(tail ** (most / count) > TAIL for tail, count in zip(tails, counts, strict=True)):
            return None
        if not any(short):
            share[(0,) * len(moving)] = np.inf  # of spectra that are 0 at all energies a single term is left
            degrees = np.argwhere(share > KEPT)
            picks = tuple(
                np.array([degrees[:, axis] == degree for degree in range(max(last + 1, 2))], float)
                for axis, last in enumerate(degrees.max(axis=0))
            )
            bounds = tuple((p.name, float(p.bounds[0]), float(p.bounds[1])) for p in moving)
            terms = transform[np.ravel_multi_index(tuple(degrees.T), counts)] @ values.reshape(len(points), -1)
            return Polynomials(picks, bounds), terms.reshape(-1, *shape)
        counts = [2 * count if tail else count for count, tail in zip(counts, short, strict=True)]
    return None


class LiveSpectrum(Stage):
    """Stage: selected recoils in each bin, from those at few recoil energies; densities × efficiency are integrated.

    Where the threshold may be, the nodes in reconstructed energy move with it; elsewhere they are fixed.
    """

    recoils: Stage
    """Recoils at the energies, an array (flavour, recoil)."""
    quenching: Quenching
    smearing: Smearing
    efficiency: Efficiency
    acceptance: Efficiency | None
    recoil: Float[Array, "1 recoil"]
    """Recoil energies [MeV]."""
    lower: Float[Array, " moving"]
    """Edges of the part of a bin that each node is in, of those that move."""
    upper: Float[Array, " moving"]
    nodes: Float[Array, " moving"]
    """Place of each node in its part, 0 to 1."""
    weights: Float[Array, " moving"]
    still: Float[Array, " still"]
    """Nodes that are fixed."""
    still_weights: Float[Array, " still"]
    moving_bins: Float[Array, "moving bin"]
    """1 at the bin of each node."""
    still_bins: Float[Array, "still bin"]

    def own_parameters(self) -> frozenset[str]:
        curves = (self.quenching, self.smearing, self.efficiency)
        return frozenset(parameter.name for curve in curves for parameter in curve.parameters())

    def width(self) -> int:
        return (len(self.nodes) + len(self.still)) * self.recoil.size

    def _parts(self, params: Params) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Return densities (node, recoil) and weights (node, bin) of the nodes that move and of the others."""
        energy = self.quenching(self.recoil, params)
        accepted = 1.0 if self.acceptance is None else self.acceptance(energy, params)
        xp = namespace(energy, *params.values())
        low = xp.clip(self.efficiency.threshold(params), self.lower, self.upper)
        width = self.upper - low
        moving, still = low + width * self.nodes, np.asarray(self.still) if xp is np else self.still
        parts = []
        for x, weights, bins in (
            (moving, width * self.weights, self.moving_bins),
            (still, self.still_weights, self.still_bins),
        ):
            density = accepted * self.smearing.density(x, energy, params)
            parts.append((density[:, 0], (weights * self.efficiency(x, params))[:, None] * bins))
        return parts[0], parts[1]

    def response(self, params: Params) -> Float[Array, "bin recoil"]:
        """Return the probability that a recoil of each energy is selected in each bin."""
        (density, weights), (still, still_weights) = self._parts(params)
        return weights.T @ density + still_weights.T @ still

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        recoils = self.recoils(params)
        (density, weights), (still, still_weights) = self._parts(params)
        return (recoils @ density.T) @ weights + (recoils @ still.T) @ still_weights


def live_spectrum(
    curves: Curves,
    recoil: Float[np.ndarray, "1 recoil"],
    parts: Float[np.ndarray, "bin edge"],
    orders: np.ndarray,
    thresholds: tuple[float, float],
) -> LiveSpectrum:
    """Return the stage for recoils of energies `recoil` [MeV], none of each, with `orders` nodes in parts of each bin.

    `thresholds` are the ends of where the threshold may be.
    """
    rows: list[tuple[float, float, float, float, np.ndarray]] = []
    still: list[tuple[float, float, np.ndarray]] = []
    for own, bin_, order in zip(parts, np.eye(len(parts)), orders, strict=True):
        x, w = np.polynomial.legendre.leggauss(order)
        for low, high in itertools.pairwise(own):
            for node, weight in zip(0.5 * (x + 1.0), 0.5 * w, strict=True):
                if low >= thresholds[1]:
                    still.append((low + (high - low) * node, (high - low) * weight, bin_))
                else:
                    rows.append((low, high, node, weight, bin_))
    lower, upper, nodes, weights = np.array([row[:4] for row in rows]).reshape(-1, 4).T
    return LiveSpectrum(
        Constant(np.zeros((1, recoil.shape[1]))),
        *curves,
        recoil,
        lower,
        upper,
        nodes,
        weights,
        np.array([row[0] for row in still]),
        np.array([row[1] for row in still]),
        np.array([row[4] for row in rows]).reshape(-1, len(parts)),
        np.array([row[2] for row in still]).reshape(-1, len(parts)),
    )
