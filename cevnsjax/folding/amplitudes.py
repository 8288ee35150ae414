"""Amplitudes as stages: the terms of a model at fixed recoil energies.

    a_s,ll' = Σ_m  vertex_m,ll'(θ) · shape_m(q²; θ),    shape = propagator × charge

for each Lorentz structure s. Terms that have the same shape are merged: their vertices are added.
"""

import dataclasses
from collections.abc import Mapping, Sequence, Set
from typing import TypeGuard

import equinox as eqx
import numpy as np

from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from ..interactions.interaction import FLAVOURS, Propagator, Term, Vertex
from ..interactions.structures import STRUCTURES
from ..stages.stage import Constant, Places, Stage, taken


class Vertices(Stage):
    """Stage: the sums of the vertices of each shape, for the flavours that are there."""

    vertices: tuple[tuple[Vertex, ...], ...]
    """Vertices of each shape."""
    flavours: tuple[int, ...] = eqx.field(static=True)
    """Indices of the flavours of the neutrinos."""
    mixing: bool = eqx.field(static=True)
    """Whether any vertex of any structure changes the flavour."""
    finals: tuple[int, ...] | None = eqx.field(static=True, default=None)
    """Final states that are included: all by default."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(name for added in self.vertices for vertex in added for name in vertex.names())

    def __call__(self, params: Params) -> Float[Array, "shape flavour final"]:
        """Return the amplitudes: of a single final state, or to e, mu and tau in real and imaginary part."""
        terms = [[self._final(vertex, params) for vertex in added] for added in self.vertices]
        sums = [sum(added[1:], start=added[0]) for added in terms]
        whole = namespace(*sums).stack(sums)
        return whole if self.finals is None else whole[..., np.array(self.finals)]

    def at(self, places: Places) -> "Vertices":
        """Return the same with some of the final states alone."""
        finals = places if self.finals is None else np.array(self.finals)[places]
        return dataclasses.replace(self, finals=tuple(map(int, finals)))

    def _final(self, vertex: Vertex, params: Params) -> Float[Array, "flavour final"]:
        rows = np.array(self.flavours)
        values = vertex(params)
        if vertex.mixing:
            return values.reshape(len(FLAVOURS), -1)[rows]
        if not self.mixing:
            return values[rows, None]
        place = np.zeros((len(FLAVOURS), len(FLAVOURS), 2))
        place[..., 0] = np.eye(len(FLAVOURS))
        return values[rows, None] * place.reshape(len(FLAVOURS), -1)[rows]


def final_states(stages: Sequence[Stage], free: Set[str], params: Params) -> Places:
    """Return the final states that any vertices lead to while only the parameters `free` move.

    The others are zero at values drawn at random, and so are zero.
    """
    draws = np.random.default_rng(1).uniform(0.1, 0.9, (3, len(free)))
    points = [{**params, **dict(zip(sorted(free), map(float, draw), strict=True))} for draw in draws]
    reached = np.any([np.abs(stage(point)).max(axis=(0, 1)) > 0 for stage in stages for point in points], axis=0)
    return np.flatnonzero(reached)


class Propagation(Stage):
    """Stage: a propagator at fixed momentum transfers."""

    propagator: Propagator
    q2: Float[Array, "nuclide node"]
    """Squared momentum transfer 2MT [MeV²]."""
    flavours: tuple[int, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.propagator.names())

    def at(self, places: Places) -> "Propagation":
        """Return the same at some of the nodes."""
        return Propagation(self.propagator, taken(self.q2, places), self.flavours)

    def __call__(self, params: Params) -> Float[Array, "*flavour nuclide node"]:
        """Return the factor, with an axis of the flavours if it depends on them."""
        values = self.propagator(self.q2, params)
        return values[np.array(self.flavours)] if self.propagator.by_flavour else values


class Shape(Stage):
    """Stage: propagator × charge at fixed momentum transfers."""

    charge: Stage
    propagation: Stage

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def at(self, places: Places) -> "Shape":
        """Return the same at some of the nodes."""
        return Shape(self.charge.at(places), self.propagation.at(places))

    def __call__(self, params: Params) -> Float[Array, "*flavour nuclide node"]:
        """Return the product, with an axis of the flavours if it depends on them."""
        return self.charge(params) * self.propagation(params)


class Amplitude(Stage):
    """Stage: the amplitude of a Lorentz structure, for each flavour and final state."""

    vertices: Stage
    shapes: tuple[Stage, ...]
    structure: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def at(self, places: Places) -> "Amplitude":
        """Return the same at some of the nodes."""
        return Amplitude(self.vertices, tuple(shape.at(places) for shape in self.shapes), self.structure)

    def __call__(self, params: Params) -> Float[Array, "flavour final nuclide node"]:
        """Return the amplitude."""
        vertices = self.vertices(params)
        products = []
        for vertex, shape in zip(vertices, self.shapes, strict=True):
            values = shape(params)
            values = values[:, None] if values.ndim == 3 else values[None, None]
            products.append(vertex[:, :, None, None] * values)
        return sum(products[1:], start=products[0])


def _moves(amplitude: Stage) -> TypeGuard[Amplitude]:
    """Return whether an amplitude is not folded to an array, in a form that type checkers understand."""
    return amplitude.array is None


def factors(amplitude: Stage) -> tuple[Stage, tuple[Stage, ...]]:
    """Return the vertices and the shapes of an amplitude; if it is folded to an array, each final state is a shape."""
    if _moves(amplitude):
        return amplitude.vertices, amplitude.shapes
    flavours, finals = amplitude.array.shape[:2]
    each = np.tile(np.eye(finals)[:, None], (1, flavours, 1))
    return Constant(each), tuple(map(Constant, np.moveaxis(amplitude.array, 1, 0)))


def amplitudes(
    terms: Sequence[Term],
    charges: Mapping[str, Stage],
    q2: Float[Array, "nuclide node"],
    flavours: tuple[int, ...],
) -> tuple[Amplitude, ...]:
    """Return the amplitude of each Lorentz structure that `terms` have, at the momentum transfers `q2` [MeV²]."""
    mixing = any(term.vertex.mixing for term in terms)
    results = []
    for structure in STRUCTURES:
        groups: list[tuple[Term, list[Vertex]]] = []
        for term in (term for term in terms if term.structure == structure):
            for first, vertices in groups:
                if term.charge == first.charge and eqx.tree_equal(term.propagator, first.propagator) is True:
                    vertices.append(term.vertex)
                    break
            else:
                groups.append((term, [term.vertex]))
        if not groups:
            continue
        shapes = []
        for term, _ in groups:
            charge = charges[term.charge]
            shapes.append(
                charge if term.propagator is None else Shape(charge, Propagation(term.propagator, q2, flavours))
            )
        stage = Vertices(tuple(tuple(vertices) for _, vertices in groups), flavours, mixing)
        results.append(Amplitude(stage, tuple(shapes), structure))
    return tuple(results)
