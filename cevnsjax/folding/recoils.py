"""Recoil spectra: flux moments times products of amplitudes, and what is left of them behind a fixed response.

    recoils_l,i(T) = Σ_ss' F_ss',l,i(T) · Σ_l' Re(a_s,ll' a*_s',ll')(T; θ)

Behind a fixed response the sum over recoil energies is done once: `QuadraticSpectrum` where only vertices move (counts
are a quadratic form of them, exactly), `ReducedSpectrum` where propagators or radii do (amplitudes at few energies).
"""

import dataclasses
from collections.abc import Sequence, Set
from itertools import combinations_with_replacement, product

import equinox as eqx
import numpy as np

from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..detectors.expansion import Combined, ExpandedRows, combined
from ..stages.reduction import interpolation, sampled
from ..stages.stage import Constant, Stage
from .amplitudes import factors, final_states

SAMPLES = 128
"""Values of the parameters at which shapes are sampled, to choose the energies that are used."""
SPECTRA = 8
"""Values of the parameters at which a response that moves is judged."""
TOLERANCES = 1e-12, 1e-14
"""Size of what the energies that are used leave of the samples, relative to the largest: the second if need be."""
LARGEST_ERROR = 1e-9
"""Error of the counts, relative to their sum of absolute values, up to which fewer energies are used."""

NOTHING: Params = {}
Chosen = tuple[np.ndarray, Float[np.ndarray, "_ node"]]
"""Energies of a nuclide that are used, and the matrix that interpolates between them."""
Pair = tuple[int, int]
"""Indices of two amplitudes whose product has a kernel."""


class RecoilSpectrum(Stage):
    """Stage: scattered targets at each recoil-energy node, quadrature weight included, in the whole exposure."""

    amplitudes: tuple[Stage, ...]
    """Amplitude of each Lorentz structure."""
    moments: Float[Array, "pair component nuclide node"]
    """Flux moments times quadrature weights [counts] of each pair of structures."""
    pairs: tuple[Pair, ...] = eqx.field(static=True)
    rows: tuple[int, ...] = eqx.field(static=True)
    """Row of the amplitudes that the flavour of each component has."""
    domain: tuple[tuple[str, float, float], ...] = eqx.field(static=True)
    """Name and bounds of the parameters of the shapes."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "component nuclide node"]:
        products = _products([amplitude(params) for amplitude in self.amplitudes], self.pairs, self.rows)
        return (self.moments * products).sum(axis=0)

    def through(self, rows: Float[np.ndarray, "row nuclide node"], free: Set[str], params: Params) -> Stage:
        """Return the stage of what fixed rows select: every sum over nodes is done, or a sum over few is left."""
        spectrum = self._trimmed(free, params)
        if all(shape.array is not None for amplitude in self.amplitudes for shape in factors(amplitude)[1]):
            return _quadratic(spectrum, rows)
        return _reduced(spectrum, np.einsum("qlik,bik->qlbik", self.moments, rows), free, params)

    def shaped(self, free: Set[str]) -> bool:
        """Return whether propagators or radii move."""
        return any(name in free for name, _, _ in self.domain)

    def spectra(self, free: Set[str], params: Params) -> Float[np.ndarray, "spectrum nuclide node"]:
        """Return the recoils that each product of shapes gives, at values of the parameters over their bounds."""
        rows = np.array(self.rows)
        functions = _shape_products(self, sampled(self.domain, free, params, SPECTRA, 3))
        products = [self.moments[pair] * (v[:, rows] if v.shape[1] > 1 else v) for pair, v in functions]
        return np.concatenate(products).reshape(-1, *self.moments.shape[2:])

    def _trimmed(self, free: Set[str], params: Params) -> "RecoilSpectrum":
        """Return the same without the final states that are never reached, if all amplitudes still have vertices."""
        if any(amplitude.array is not None for amplitude in self.amplitudes):
            return self
        finals = final_states([factors(amplitude)[0] for amplitude in self.amplitudes], free, params)
        amplitudes = tuple(dataclasses.replace(a, vertices=factors(a)[0].at(finals)) for a in self.amplitudes)
        return dataclasses.replace(self, amplitudes=amplitudes)


def _products(
    amplitudes: list[Float[Array, "flavour final nuclide node"]], pairs: tuple[Pair, ...], rows: tuple[int, ...]
) -> Float[Array, "pair component nuclide node"]:
    """Return the products of amplitudes, summed over the final states, of the flavour of each component."""
    xp = namespace(*amplitudes)
    products = xp.stack([(amplitudes[first] * amplitudes[second]).sum(axis=1) for first, second in pairs])
    return products[:, np.array(rows)]


class QuadraticSpectrum(Stage):
    """Stage: selected recoils of each component in each energy bin, a quadratic form of the vertices."""

    vertices: tuple[Stage, ...]
    """Vertices (shape, flavour, final) of each Lorentz structure."""
    table: Stage
    """Coefficients of the products and, last, what no parameter of the physics moves, an array (1 + product, component,
    bin)."""
    products: tuple[tuple[int, int, int, int], ...] = eqx.field(static=True)
    """Structure and shape of both factors of each product."""
    rows: tuple[int, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "component bin"]:
        vertices = [stage(params) for stage in self.vertices]
        products = [(vertices[s][m] * vertices[t][n]).sum(axis=-1) for s, m, t, n in self.products]
        table = self.table(params)
        xp = namespace(*products, table)
        if not products:
            return table[0]
        return table[-1] + xp.einsum("ql,qlb->lb", xp.stack(products)[:, np.array(self.rows)], table[:-1])

    def expanded(self, terms: Stage, count: int) -> "QuadraticSpectrum":
        """Return the sum over `count` terms that move, of bins that are all those of the first term, then the next."""
        return dataclasses.replace(self, table=combined(self.table(NOTHING), terms, count, axis=2))

    def mapped(self, matrix: Float[np.ndarray, "bin row"]) -> "QuadraticSpectrum | None":
        """Return the same with sums over its bins for bins."""
        table = self.table(NOTHING)
        if table.shape[0] * table.shape[1] >= table.shape[2]:
            return None
        return dataclasses.replace(self, table=Constant(table @ matrix))


class ReducedSpectrum(Stage):
    """Stage: selected recoils of each component in each energy bin, from the amplitudes at few recoil energies."""

    amplitudes: tuple[Stage, ...]
    weights: Stage
    """Counts per product of amplitudes, an array (pair, component, bin, nuclide, point)."""
    pairs: tuple[Pair, ...] = eqx.field(static=True)
    rows: tuple[int, ...] = eqx.field(static=True)
    error: Scalar
    """Largest error of the counts in the samples, relative to the sum of their absolute values over recoil energies.

    Not static: it differs with the values of fixed parameters, which must not compile the program anew.
    """

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "component bin"]:
        products = _products([amplitude(params) for amplitude in self.amplitudes], self.pairs, self.rows)
        weights = self.weights(params)
        return namespace(products, weights).einsum("qlbip,qlip->lb", weights, products)

    def expanded(self, terms: Stage, count: int) -> "ReducedSpectrum":
        """Return the sum over `count` terms that move, of bins that are all those of the first term, then the next."""
        return dataclasses.replace(self, weights=combined(self.weights(NOTHING), terms, count, axis=2))

    def parted(self, free: Set[str]) -> Stage:
        """Return the same with the terms of the weights added up last, if nothing else moves."""
        moving = frozenset[str]().union(*(amplitude.parameters() for amplitude in self.amplitudes))
        if not (isinstance(self.weights, Combined) and moving.isdisjoint(free)):
            return self
        rows = dataclasses.replace(self, weights=Constant(self.weights.rows(axis=2)))
        return ExpandedRows(rows, self.weights.terms, len(self.weights.table))

    def mapped(self, matrix: Float[np.ndarray, "bin row"]) -> "ReducedSpectrum | None":
        """Return the same with sums over its bins for bins."""
        weights = self.weights(NOTHING)
        if weights[:, :, 0].size >= weights.shape[2]:
            return None
        return dataclasses.replace(self, weights=Constant(np.einsum("qlbip,br->qlrip", weights, matrix)))


def _values(shape: Stage, params: Params, flavours: int) -> Float[np.ndarray, "flavour nuclide node"]:
    values = np.asarray(shape(params))
    return np.broadcast_to(values, (flavours, *values.shape[-2:]))


def _quadratic(spectrum: RecoilSpectrum, selected: Float[np.ndarray, "bin nuclide node"]) -> Stage:
    """Return the counts that fixed rows select as a quadratic form of the vertices."""
    rows, flavours = np.array(spectrum.rows), max(spectrum.rows) + 1
    vertices, stages = zip(*map(factors, spectrum.amplitudes), strict=True)
    shapes = [[_values(shape, NOTHING, flavours) for shape in several] for several in stages]
    constant = np.zeros((len(rows), len(selected)))
    products, coefficients = [], []
    for (s, t), own in zip(spectrum.pairs, spectrum.moments, strict=True):
        numbers = range(len(shapes[s])), range(len(shapes[t]))
        for m, n in combinations_with_replacement(numbers[0], 2) if s == t else product(*numbers):
            twice = 2.0 if s == t and m != n else 1.0
            recoils = own * shapes[s][m][rows] * shapes[t][n][rows]
            folded = twice * (recoils.reshape(len(rows), -1) @ selected.reshape(len(selected), -1).T)
            first, second = vertices[s].array, vertices[t].array
            if first is not None and second is not None:
                strength = (first[m] * second[n]).sum(axis=-1)[rows]
                constant += strength[:, None] * folded
            else:
                products.append((s, m, t, n))
                coefficients.append(folded)
    table = Constant(np.array([*coefficients, constant]))
    return QuadraticSpectrum(vertices, table, tuple(products), spectrum.rows)


def _reduced(
    spectrum: RecoilSpectrum,
    weights: Float[np.ndarray, "pair component bin nuclide node"],
    free: Set[str],
    params: Params,
) -> Stage:
    """Return the counts from the amplitudes at few energies, to `LARGEST_ERROR` of the sum of all."""
    known = [values for _, values in _shape_products(spectrum, sampled(spectrum.domain, free, params, SAMPLES, 1))]
    checks = _shape_products(spectrum, sampled(spectrum.domain, free, params, SAMPLES // 4, 2))
    for tolerance in TOLERANCES:
        nodes, fewer = _few(weights, _chosen(weights, known, tolerance))
        error = _error(weights, nodes, fewer, checks, spectrum.rows)
        if error < LARGEST_ERROR:
            amplitudes = tuple(amplitude.at(nodes) for amplitude in spectrum.amplitudes)
            return ReducedSpectrum(amplitudes, Constant(fewer), spectrum.pairs, spectrum.rows, error)
    return spectrum_at_all(spectrum, weights)


def _few(
    weights: Float[np.ndarray, "pair component bin nuclide node"], chosen: Sequence[Chosen]
) -> tuple[np.ndarray, Float[np.ndarray, "pair component bin nuclide point"]]:
    """Return the energies (nuclide, point) that are `chosen` for each nuclide, and their weights."""
    points = max(len(indices) for indices, _ in chosen)
    nodes = np.zeros((len(chosen), points), int)
    fewer = np.zeros((*weights.shape[:-1], points))
    for i, (indices, matrix) in enumerate(chosen):
        nodes[i, : len(indices)] = indices
        fewer[..., i, : len(indices)] = weights[..., i, :] @ matrix.T
    return nodes, fewer


def _error(
    weights: Float[np.ndarray, "pair component bin nuclide node"],
    nodes: np.ndarray,
    fewer: Float[np.ndarray, "pair component bin nuclide point"],
    functions: Sequence[tuple[int, Float[np.ndarray, "_ _ nuclide node"]]],
    rows: Sequence[int],
) -> float:
    """Return the largest error of the counts in a bin, relative to their sum of absolute values over the energies."""
    largest = 0.0
    for pair, values in functions:
        own = values[:, np.array(rows)] if values.shape[1] > 1 else values
        few = np.take_along_axis(own, np.broadcast_to(nodes, (*own.shape[:2], *nodes.shape)), -1)
        size = _sums(np.abs(weights[pair]), np.abs(own))
        exact, found = _sums(weights[pair], own), _sums(fewer[pair], few)
        largest = max(largest, float(np.max(np.abs(found - exact) / np.where(size > 0, size, 1.0))))
    return largest


def _sums(
    weights: Float[np.ndarray, "component bin nuclide node"], values: Float[np.ndarray, "sample _ nuclide node"]
) -> Float[np.ndarray, "component sample bin"]:
    """Return the sums over the energies of each nuclide, as products of matrices: einsum has none for a batch."""
    matrices = weights.reshape(*weights.shape[:2], -1), values.swapaxes(0, 1)
    return matrices[1].reshape(*matrices[1].shape[:2], -1) @ matrices[0].swapaxes(1, 2)


def spectrum_at_all(
    spectrum: RecoilSpectrum, weights: Float[np.ndarray, "pair component bin nuclide node"]
) -> ReducedSpectrum:
    """Return the counts from the amplitudes at all energies."""
    return ReducedSpectrum(spectrum.amplitudes, Constant(weights), spectrum.pairs, spectrum.rows, 0.0)


def _shape_products(
    spectrum: RecoilSpectrum, values: Sequence[Params]
) -> list[tuple[int, Float[np.ndarray, "_ _ nuclide node"]]]:
    """Return the products of shapes at the `values` of the parameters, each with the number of its pair.

    What is the same for all values, or for all flavours, is there once.
    """
    shapes = []
    for amplitude in spectrum.amplitudes:
        whole = amplitude.array is not None
        own = [
            [np.asarray(s(v)) for v in (values[:1] if whole or s.array is not None else values)]
            for s in factors(amplitude)[1]
        ]
        shapes.append([np.array([v.reshape(-1, *v.shape[-2:]) for v in several]) for several in own])
    functions = []
    for pair, (s, t) in enumerate(spectrum.pairs):
        for m, n in product(range(len(shapes[s])), range(len(shapes[t]))):
            if s != t or m <= n:
                functions.append((pair, shapes[s][m] * shapes[t][n]))
    return functions


def _chosen(
    weights: Float[np.ndarray, "pair component bin nuclide node"],
    functions: Sequence[Float[np.ndarray, "_ _ nuclide node"]],
    tolerance: float,
) -> list[Chosen]:
    """Return the energies of each nuclide that are used, and the matrix that interpolates functions between them."""
    size = np.abs(weights).sum(axis=-1, keepdims=True)
    importance = (np.abs(weights) / np.where(size > 0, size, 1.0)).max(axis=(0, 1, 2))
    choices = []
    for i in range(weights.shape[-2]):
        rows = np.concatenate([f[:, :, i].reshape(-1, f.shape[-1]) for f in functions])
        choices.append(interpolation(rows, importance[i], tolerance))
    return choices
