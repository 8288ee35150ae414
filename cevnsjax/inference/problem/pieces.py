"""A problem in pieces: where measurements share nothing that moves, their minima are found apart and χ² adds up."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from ...parameters.constraints import NO_CONSTRAINTS, Constraints
from .chi_square import ChiSquare
from .problem import Problem


@dataclasses.dataclass(frozen=True)
class Piece:
    """A part of a problem that is a problem of its own."""

    problem: Problem
    columns: np.ndarray
    """The coordinates of the whole problem that are its own."""


def _joined(groups: Sequence[frozenset[int]]) -> list[list[int]]:
    """Return the numbers of the groups that have members in common, directly or through others."""
    found: list[tuple[set[int], list[int]]] = []
    for number, members in enumerate(groups):
        touched = [each for each in found if not each[0].isdisjoint(members)]
        found = [each for each in found if each[0].isdisjoint(members)]
        united = set(members).union(*(each[0] for each in touched))
        found.append((united, sorted([number, *(k for each in touched for k in each[1])])))
    return [numbers for _, numbers in found]


def _rows(constraints: Constraints, chosen: Sequence[int]) -> Constraints:
    """Return some of the pulls of the constraints."""
    weights = np.asarray(constraints.weights)[list(chosen)]
    used = np.flatnonzero(np.any(weights != 0.0, axis=0))
    if not len(weights):
        return NO_CONSTRAINTS
    names = tuple(constraints.names[k] for k in used)
    return Constraints(names, weights[:, used], np.asarray(constraints.centres)[list(chosen)])


def pieces(problem: Problem, held: Sequence[int]) -> list[Piece]:
    """Return the pieces that `problem` falls into while the coordinates `held` do not move; they add up to it.

    Each has the coordinates that are held, and those others that a measurement or a constraint of it moves with.
    """
    still, constraints = frozenset(held), problem.chi2.constraints
    weights = np.asarray(constraints.weights)
    measurements = [frozenset(problem.moved_by(m.parameters())) - still for m in problem.chi2.measurements]
    pulls = [
        frozenset(problem.moved_by({constraints.names[k] for k in np.flatnonzero(row)})) - still for row in weights
    ]
    count, groups = len(measurements), [*measurements, *pulls]
    used = frozenset[int]().union(*groups)
    loose = frozenset(range(len(problem.names))) - still - used
    several = _joined(groups)
    bare = [numbers for numbers in several if not any(groups[k] for k in numbers) and min(numbers) >= count]
    several = [numbers for numbers in several if numbers not in bare]
    found = []
    for place, numbers in enumerate(several):
        own = frozenset[int]().union(*(groups[k] for k in numbers))
        if place == 0:  # what moves nothing, and constraints on what does not move, are somewhere
            own, numbers = own | loose, sorted([*numbers, *(k for each in bare for k in each)])
        columns = sorted(own | still)
        names = tuple(problem.names[k] for k in columns)
        chosen = tuple(problem.chi2.measurements[k] for k in numbers if k < count)
        chi2 = ChiSquare(chosen, _rows(constraints, [k - count for k in numbers if k >= count]))
        piece = dataclasses.replace(
            problem,
            chi2=chi2,
            names=names,
            ties=tuple(pair for pair in problem.ties if pair[1] in names),
            placement=tuple(columns.index(k) for k in problem.placement if k in columns),
            orders=tuple(pair for pair in problem.orders if pair[0] in names and pair[1] in names),
            lower=np.asarray(problem.lower)[columns],
            upper=np.asarray(problem.upper)[columns],
        )
        found.append(Piece(piece, np.array(columns, int)))
    return found
