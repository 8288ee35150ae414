"""From the coordinates of a problem to those of its parts, and back: derivatives by the chain rule, on the host.

A problem of many points is evaluated part by part (`part`); here is all that parts share: which coordinate is which
factor or parameter of which part, ties, required orders, and the constraints, which are quadratic.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..._base.typing import Float
from ...folding.folded import Factor, FoldedMeasurement
from ...parameters.constraints import Constraints
from .part import Part
from .problem import Problem

Rows = Float[np.ndarray, "point coordinate"]
Derivatives = tuple[Float[np.ndarray, " point"], Rows, Float[np.ndarray, "point coordinate coordinate"]]
"""Value, gradient and Hessian at each point."""


def by_rows(rows: Float[np.ndarray, "point n"], matrix: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "point m"]:
    """Return ``rows @ matrix``: of each row the same numbers, whatever the others are, which no BLAS promises."""
    return np.einsum("pn,nm->pm", rows, matrix)


class Link:
    """How the coordinates of a part follow from values of the coordinates of a problem.

    A factor is a constant times lines, each a constant and coordinates that are added to it; most factors have a single
    line, and then nothing but constants is in the chain rule.
    """

    def __init__(
        self,
        factors: Sequence[Sequence[tuple[float, Sequence[int]]]],
        shapes: Sequence[int],
        held: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Take, of each component, the lines (constant, coordinates) of its factor; `shapes` are the coordinates.

        `held` are parameters of the shapes that do not move, each with its coordinate.
        """
        self.held = tuple(held)
        scaling = {column for lines in factors for _, columns in lines for column in columns}
        self.columns = np.array(sorted(scaling | set(shapes)), int)
        """The coordinates that the part depends on."""
        self.pairs = self.columns[:, None], self.columns
        self._shapes = np.array(shapes, int)
        places = {column: k for k, column in enumerate(self.columns.tolist())}
        self._scale = np.ones(len(factors))
        lines: list[list[tuple[float, np.ndarray]]] = []
        for component, several in enumerate(factors):
            lines.append([])
            for constant, columns in several:
                if columns:
                    lines[-1].append((constant, self._row([places[column] for column in columns])))
                else:
                    self._scale[component] *= constant
        self._lines = lines
        self._first = [own[0] if own else (1.0, self._row([])) for own in lines]
        self._constants = np.array([constant for constant, _ in self._first])
        self._weights = np.array([row for _, row in self._first]).reshape(len(factors), len(self.columns))
        self._products = [component for component, own in enumerate(lines) if len(own) > 1]
        below = [self._row([places[column]]) for column in shapes]
        scaled = self._scale[:, None] * self._weights
        self._slopes = np.concatenate([scaled, np.array(below).reshape(len(below), len(self.columns))])

    def _row(self, places: Sequence[int]) -> np.ndarray:
        row = np.zeros(len(self.columns))
        np.add.at(row, np.array(places, int), 1.0)
        return row

    def coordinates(self, values: Rows) -> Float[np.ndarray, "point own"]:
        """Return the coordinates of the part."""
        own = values[:, self.columns]
        factors = self._scale * (self._constants + by_rows(own, self._weights.T))
        for component in self._products:
            for constant, row in self._lines[component][1:]:
                factors[:, component] *= constant + (own * row).sum(axis=1)
        return np.concatenate([factors, values[:, self._shapes]], axis=1)

    def by_values(
        self, values: Rows, gradient: Float[np.ndarray, "point own"], hessian: Float[np.ndarray, "point own own"]
    ) -> tuple[Float[np.ndarray, "point column"], Float[np.ndarray, "point column column"]]:
        """Return derivatives of the part by its coordinates as those by the `columns`."""
        if not self._products:
            turn = self._slopes
            return by_rows(gradient, turn), turn.T @ hessian @ turn
        own = values[:, self.columns]
        turns, bends = np.repeat(self._slopes[None], len(values), axis=0), np.zeros(own.shape + own.shape[1:])
        for component in self._products:
            lines, scale = self._lines[component], self._scale[component]
            heights = [constant + (own * row).sum(axis=1) for constant, row in lines]
            turns[:, component] = 0.0
            for i, (_, row) in enumerate(lines):
                others = [height for k, height in enumerate(heights) if k != i]
                turns[:, component] += (scale * np.prod(others, axis=0))[:, None] * row
                for j, (_, other) in enumerate(lines):
                    if j != i:
                        rest = [height for k, height in enumerate(heights) if k not in (i, j)]
                        product = scale * gradient[:, component] * np.prod(rest, axis=0)
                        bends += product[:, None, None] * np.outer(row, other)
        return (gradient[:, None, :] @ turns)[:, 0], turns.swapaxes(1, 2) @ hessian @ turns + bends


Lines = list[tuple[float, list[int]]]
"""What a factor is the product of: each line a constant, to which coordinates are added."""


def lines_of(folded: FoldedMeasurement, problem: Problem) -> list[Lines]:
    """Return the lines of the factor of each component of a measurement."""
    aliases = dict(folded.aliases)

    def line(added: tuple[str, ...], constant: float) -> tuple[float, list[int]]:
        columns = []
        for name in added:
            column = _place(name, aliases, problem)
            if column is None:
                constant += float(problem.fixed[aliases.get(name, name)])
            else:
                columns.append(column)
        return constant, columns

    def lines(factor: Factor) -> Lines:
        strength = 1.0 if factor.strength is None else 0.0
        added = (*(() if factor.strength is None else (factor.strength,)), *factor.shared)
        return [line(added, strength - len(factor.shared)), *(line((scale,), 0.0) for scale in factor.scales)]

    return list(map(lines, folded.factors))


def _place(name: str, aliases: Mapping[str, str], problem: Problem) -> int | None:
    """Return the coordinate that a parameter of a measurement is or follows, None if it does not move."""
    joint = aliases.get(name, name)
    leader = dict(problem.ties).get(joint, joint)
    return problem.names.index(leader) if leader in problem.names else None


def _link(folded: FoldedMeasurement, names: tuple[str, ...], problem: Problem, held: Sequence[int]) -> Link:
    """Return the link of a measurement; `names` are the parameters of its shapes, of which `held` stay."""
    aliases = dict(folded.aliases)
    columns = [(name, column) for name in names if (column := _place(name, aliases, problem)) is not None]
    shapes = [column for _, column in columns if column not in held]
    return Link(lines_of(folded, problem), shapes, [own for own in columns if own[1] in held])


def _part(folded: FoldedMeasurement, problem: Problem) -> Part:
    """Return the part of a measurement: its stages with their parameters, and nothing of where it stands."""
    aliases, moving = dict(folded.aliases), {*problem.names, *(follower for follower, _ in problem.ties)}
    read = sorted(frozenset[str]().union(*(stage.parameters() for stage in folded.stages)))
    names = tuple(name for name in read if aliases.get(name, name) in moving)
    fixed = {name: problem.fixed[aliases.get(name, name)] for name in read if name not in names}
    moved = tuple(tuple(k for k, name in enumerate(names) if name in stage.parameters()) for stage in folded.stages)
    return Part(folded.stages, folded.term, fixed, names, moved)


@dataclasses.dataclass(frozen=True)
class Pulls:
    """The constraints by the coordinates: Σ (weights · values + constant - centres)²."""

    weights: Float[np.ndarray, "pull coordinate"]
    constant: Float[np.ndarray, " pull"]
    centres: Float[np.ndarray, "*toy pull"]

    def derivatives(self, values: Rows, which: np.ndarray) -> Derivatives:
        """Return the sum of squares at each point, its gradient and its Hessian; `which` toy each point is of."""
        centres = self.centres[which] if self.centres.ndim > 1 else self.centres
        pulls = by_rows(values, self.weights.T) + (self.constant - centres)
        hessian = np.repeat((2.0 * self.weights.T @ self.weights)[None], len(values), axis=0)
        return (pulls**2).sum(axis=1), 2.0 * by_rows(pulls, self.weights), hessian


def _pulls(constraints: Constraints, problem: Problem) -> Pulls:
    ties, weights = dict(problem.ties), np.asarray(constraints.weights)
    turned, constant = np.zeros((len(weights), len(problem.names))), np.zeros(len(weights))
    for k, name in enumerate(constraints.names):
        leader = ties.get(name, name)
        if leader in problem.names:
            turned[:, problem.names.index(leader)] += weights[:, k]
        else:
            constant += weights[:, k] * float(problem.fixed[name])
    return Pulls(turned, constant, np.asarray(constraints.centres))


@dataclasses.dataclass(frozen=True)
class Chain:
    """A problem in parts."""

    problem: Problem
    parts: tuple[Part, ...]
    links: tuple[Link, ...]
    pulls: Pulls

    @property
    def pairs(self) -> Iterator[tuple[Link, Part]]:
        """Return each link with its part."""
        return zip(self.links, self.parts, strict=True)

    @property
    def private(self) -> tuple[np.ndarray, ...]:
        """Return groups of coordinates, each coupled with no others but those that are in no group.

        They are those of a single part, where no constraint or required order relates them to others.
        """
        users: dict[int, set[int]] = {k: set() for k in range(len(self.problem.names))}
        for number, link in enumerate(self.links):
            for column in link.columns.tolist():
                users[column].add(number)
        single = {column: next(iter(numbers)) for column, numbers in users.items() if len(numbers) == 1}
        ordered = {name for pair in self.problem.orders for name in pair}
        single = {column: n for column, n in single.items() if self.problem.names[column] not in ordered}
        for row in self.pulls.weights:
            coupled = np.flatnonzero(row).tolist()
            if len({single.get(column, -1) for column in coupled}) > 1:
                for column in coupled:
                    single.pop(column, None)
        groups = (sorted(c for c, number in single.items() if number == part) for part in range(len(self.parts)))
        return tuple(np.array(group, int) for group in groups if group)

    def values(self, u: Rows) -> tuple[Rows, Any]:
        """Return the values of the coordinates' parameters, and what `by_coordinates` takes: None without orders."""
        return placed(self.problem, u) if self.problem.orders else (u, None)


def placed(problem: Problem, u: Rows) -> tuple[Rows, tuple[np.ndarray, np.ndarray]]:
    """Return the values of the coordinates where orders are required, with their first and second derivatives.

    A coordinate u between ends a and b that others set is a + u (b - a).
    """
    count, n = u.shape
    values, first, second = u.copy(), np.zeros((count, n, n)), np.zeros((count, n, n, n))
    index = {name: k for k, name in enumerate(problem.names)}
    known: set[int] = set()

    def end(k: int, related: list[int], sign: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        bound = problem.lower[k] if sign > 0 else problem.upper[k]
        value, slope, bend = np.full(count, bound), np.zeros((count, n)), np.zeros((count, n, n))
        for other in related:
            inside = sign * (values[:, other] - value) > 0.0
            value = np.where(inside, values[:, other], value)
            slope = np.where(inside[:, None], first[:, other], slope)
            bend = np.where(inside[:, None, None], second[:, other], bend)
        return value, slope, bend

    for k in problem.placement:
        name = problem.names[k]
        below = [index[a] for a, b in problem.orders if b == name and index[a] in known]
        above = [index[b] for a, b in problem.orders if a == name and index[b] in known]
        known.add(k)
        if not below and not above:
            first[:, k, k] = 1.0
            continue
        low, low_slope, low_bend = end(k, below, 1.0)
        high, high_slope, high_bend = end(k, above, -1.0)
        share = u[:, k]
        values[:, k] = low + share * (high - low)
        rise = high_slope - low_slope
        first[:, k] = low_slope + share[:, None] * rise
        first[:, k, k] += high - low
        second[:, k] = low_bend + share[:, None, None] * (high_bend - low_bend)
        second[:, k, k, :] += rise
        second[:, k, :, k] += rise
    return values, (first, second)


def by_coordinates(derivatives: Derivatives, bends: tuple[np.ndarray, np.ndarray] | None) -> Derivatives:
    """Return derivatives by the values of the coordinates' parameters as derivatives by the coordinates."""
    if bends is None:
        return derivatives
    value, gradient, hessian = derivatives
    first, second = bends
    turned = first.swapaxes(1, 2) @ hessian @ first
    return value, np.einsum("rk,rki->ri", gradient, first), turned + np.einsum("rk,rkij->rij", gradient, second)


def take_apart(problem: Problem, constraints: Constraints, held: Sequence[int] = ()) -> Chain:
    """Return `problem` in parts, `constraints` being those of it that are quadratic.

    The coordinates `held` do not move where they enter shapes; a coordinate of a required order is never held.
    """
    ordered = {name for pair in problem.orders for name in pair}
    held = [k for k in held if problem.names[k] not in ordered]
    measurements = problem.chi2.measurements
    parts = tuple(_part(folded, problem) for folded in measurements)
    links = tuple(_link(folded, part.names, problem, held) for folded, part in zip(measurements, parts, strict=True))
    return Chain(problem, parts, links, _pulls(constraints, problem))
