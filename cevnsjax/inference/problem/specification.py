"""A fit as the user specifies it, checked against the parameters and completed."""

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._base.errors import BLANKS, InputError, read_number, suggest
from ..._base.typing import Names
from ...parameters.constraints import (
    Relation,
    build_constraints,
    check_constraint,
    check_different,
    check_relation,
    parse_combination,
)
from ...parameters.parameter import Gaussian, ParameterTable

if TYPE_CHECKING:
    from typing_extensions import TypedDict  # which type checkers bring along: that of Python before 3.15 has no closed
else:
    from typing import TypedDict

APART = 1e-12
"""Least relative distance of neighbouring values: some thousand times the rounding of their last digit."""


class _Free(TypedDict, total=False):
    free: Names
    """Parameters to fit; a pull on any of them is dropped."""


class _Beside(TypedDict, total=False):
    values: Mapping[str, float] | None
    """Parameters to fix, or the starting values of free ones."""
    tie: Mapping[str, str] | None
    """Follower to leader: the follower takes the leader's value."""
    require: Names
    """Orders such as ``"r_n_i<=r_n_cs"`` between parameters, or a parameter and a number."""
    constrain: Mapping[str, tuple[float, float]] | None
    """Gaussian constraints (centre, width) on further parameters, which become nuisances, or on combinations such as
    ``"r_n_cs-r_n_i"``."""
    correlate: Mapping[tuple[str, str], float] | None
    """Correlations between the constraints of two parameters, by the pair of their names."""


if TYPE_CHECKING:  # closed, so that a misspelt keyword is seen (PEP 728)

    class Request(_Free, _Beside, total=False, closed=True):
        """The keyword arguments that specify a fit: all may be left out."""

    class Beside(_Beside, total=False, closed=True):
        """The same but for `free`."""

else:

    class Request(_Free, _Beside, total=False):
        """The keyword arguments that specify a fit: all may be left out."""

    class Beside(_Beside, total=False):
        """The same but for `free`."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Specification:
    """A fit as the user specified it, checked."""

    free: tuple[str, ...]
    nuisances: tuple[str, ...]
    values: dict[str, float]
    """Value of every parameter: starting value of a coordinate, else the value it is fixed at."""
    fixed: tuple[str, ...]
    """Parameters that were set and are not free."""
    ties: dict[str, str]
    """Follower to leader; no leader is a follower."""
    orders: tuple[tuple[str, str], ...]
    """Pairs (a, b) with a ≤ b required, transitively closed, between coordinates."""
    moving: frozenset[str]
    """Parameters that move in the fit: the coordinates and what is tied to them."""
    constraints: dict[str, Gaussian]
    """Constraints on single parameters that move."""
    relations: tuple[Relation, ...]
    """Constraints on combinations of parameters."""
    correlations: dict[tuple[str, str], float]
    """Correlations between the constraints of two parameters."""
    dropped: tuple[str, ...]
    """Free parameters whose own constraint was dropped."""
    bounds: dict[str, tuple[float, float]]
    priors: tuple[Any, ...] = ()
    """Priors of coordinates that are neither flat nor Gaussian, each a `priors.Shape`."""
    request: dict[str, Any] = dataclasses.field(default_factory=dict)
    """The `Request`, as it was."""

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Return the names of the free parameters, then of the nuisances."""
        return self.free + self.nuisances

    @property
    def is_free(self) -> np.ndarray:
        """Return which coordinates are free parameters, the others being nuisances."""
        return np.arange(len(self.coordinates)) < len(self.free)

    def leader(self, name: str) -> str:
        """Return the coordinate that `name` is, or is tied to; raise `InputError` if it does not move."""
        leader = self.ties.get(name, name)
        if leader in self.coordinates:
            return leader
        if name in self.values:
            raise InputError(f"'{name}' is not fitted: it is neither free nor a nuisance")
        raise InputError(f"unknown parameter '{name}'{suggest(name, self.values)}")

    def check_scan(self, names: Sequence[str], ranges: Mapping[str, tuple[float, float]], points: int) -> None:
        """Raise `InputError` unless 1 or 2 different coordinates are scanned, within the bounds of this fit."""
        if not 1 <= len(names) <= 2 or len({self.leader(name) for name in names}) != len(names):
            raise InputError(f"expected one or two different parameters to profile, found {', '.join(names) or 'none'}")
        if points < 2:
            raise InputError(f"expected at least 2 points, found {points}")
        for name, (low, high) in ranges.items():
            if name not in names:
                raise InputError(f"a range is given for '{name}', which is not profiled")
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise InputError(f"{name}: expected a range from a lower to a higher number, found {low:g} to {high:g}")
            if high - low <= (points - 1) * APART * max(abs(low), abs(high)):
                raise InputError(f"{name}: expected a range of {points} values that differ, found {low!r} to {high!r}")
            least, most = self.bounds[self.leader(name)]
            for edge in (low, high):
                if not least <= edge <= most:
                    raise InputError(f"{name}: expected a range within {least:g} to {most:g}, found {edge:g}")


def check_acting(free: Sequence[str], moving: Set[str], values: Mapping[str, float], table: ParameterTable) -> None:
    """Raise `InputError` if a mass or a phase is free and all its couplings are 0: χ² does not depend on it."""
    for name in free:
        through = table[name].acts_through
        couplings = [coupling for coupling in table if table[coupling].needs == name or coupling in through]
        if couplings and not any(coupling in moving or values[coupling] != 0.0 for coupling in couplings):
            listed, verb = " and ".join(couplings), "is" if len(couplings) == 1 else "are"
            raise InputError(
                f"'{name}' acts through {listed}, which {verb} 0, so that the data do not see it: "
                f"set {'it' if len(couplings) == 1 else 'any of them'} to another value, or free it"
            )


def resolve_ties(ties: Mapping[str, str], table: ParameterTable) -> dict[str, str]:
    """Return the ties with every chain followed to its end; raise `InputError` for ties to itself and circles."""
    for follower, leader in ties.items():
        table.find(follower)
        table.find(leader)
        if follower == leader:
            raise InputError(f"cannot tie '{follower}' to itself")
    resolved = {}
    for follower, leader in ties.items():
        path = [follower]
        while leader in ties:
            path.append(leader)
            leader = ties[leader]
            if leader in path:
                raise InputError(f"the ties form a circle: {' = '.join([*path, leader])}")
        resolved[follower] = leader
    return resolved


def parse_requirement(text: str) -> tuple[str, str]:
    """Return (a, b) of a requirement ``a<=b`` or ``b>=a``; each side is a parameter or a number."""
    for symbol, flip in (("<=", False), (">=", True)):
        left, separator, right = text.partition(symbol)
        if separator:
            a, b = left.strip(BLANKS), right.strip(BLANKS)
            if not a or not b:
                break
            return (b, a) if flip else (a, b)
    raise InputError(f"expected a requirement like 'r_n_i<=r_n_cs', found '{text}'")


def _number(text: str, table: ParameterTable) -> float | None:
    """Return the number that a side of a requirement is, None if it is the name of a parameter."""
    if text in table or (re.match(r"[^\W\d]", text) and not re.fullmatch(r"nan|inf(inity)?", text, re.IGNORECASE)):
        return None
    return read_number(text, "require")


def specify(
    table: ParameterTable,
    own_constraints: Callable[[Set[str]], Mapping[str, Gaussian | None]],
    free: Sequence[str] = (),
    values: Mapping[str, float] | None = None,
    ties: Mapping[str, str] | None = None,
    require: Iterable[str] = (),
    constraints: Mapping[str, Gaussian] | None = None,
    correlations: Mapping[tuple[str, str], float] | None = None,
    domains: Mapping[str, tuple[float, float]] | None = None,
) -> Specification:
    """Check what the user specifies against the parameters and return it complete.

    `own_constraints` returns the constraints of the likelihood's nuisances (None for a flat nuisance), given the set
    of parameters that move in the fit; `constraints` adds some or replaces them, on a parameter or on a combination
    such as ``r_n_cs-r_n_i``. What is constrained and neither free, fixed nor tied becomes a nuisance. A parameter named
    in `free` loses its own constraint, a parameter named in `values` is fixed, without its constraint, unless it is
    free. `correlations` are those between the constraints of two parameters, `domains` the ends between which
    parameters must be, within their bounds.
    """
    values, given, require = dict(values or {}), dict(constraints or {}), tuple(require)
    extra = {name: constraint for name, constraint in given.items() if name in table}
    relations = tuple(
        Relation(text, parse_combination(text, table), constraint)
        for text, constraint in given.items()
        if text not in table
    )
    for name, constraint in extra.items():
        check_constraint(name, constraint, *table[name].bounds)
    for relation in relations:
        check_relation(relation, table)
    check_different(
        {name: ((name, 1.0),) for name in extra} | {relation.text: relation.terms for relation in relations}
    )
    for name in free:
        table.find(name)
    if len(set(free)) != len(free):
        raise InputError(f"a parameter is named twice in free: {', '.join(free)}")
    followers = resolve_ties(ties or {}, table)
    for name in followers:
        if name in free:
            raise InputError(f"'{name}' cannot be both free and tied to '{followers[name]}'")
        if name in values:
            raise InputError(f"'{name}' cannot be both set and tied to '{followers[name]}'")
    complete = table.complete(values)
    table.check_needs([*free, *values, *followers])
    for name, leader in followers.items():
        if table[name].unit != table[leader].unit:
            raise InputError(
                f"cannot tie '{name}' [{table[name].unit}] to '{leader}' [{table[leader].unit}]: the units differ"
            )
        table[name].check(complete[leader])
    own = own_constraints(frozenset())
    related = [name for relation in relations for name, _ in relation.terms]
    constrained = [name for name in dict.fromkeys((*own, *extra, *related)) if name not in followers]
    fixed = tuple(name for name in values if name not in free)
    nuisances = tuple(name for name in constrained if name not in free and name not in fixed)
    coordinates = (*free, *nuisances)
    moving = {*coordinates, *(name for name, leader in followers.items() if leader in coordinates)}
    check_acting(free, moving, complete | {name: complete[leader] for name, leader in followers.items()}, table)
    chosen = {**own_constraints(moving), **extra}
    active = {
        name: constraint
        for name, constraint in chosen.items()
        if constraint is not None and (name in extra or (name in nuisances and name in own))
    }
    for relation in relations:
        if not any(name in moving for name, _ in relation.terms):
            raise InputError(f"the constraint on '{relation.text}' holds nothing that is fitted")
    build_constraints(active, relations, correlations)
    bounds = {name: table[name].bounds for name in coordinates}
    for name, leader in followers.items():
        if leader in bounds:
            low, high = table[name].bounds
            bounds[leader] = (max(bounds[leader][0], low), min(bounds[leader][1], high))
    _narrow(bounds, domains or {}, followers, complete, values)
    orders, bounds = _orders(require, table, followers, coordinates, complete, bounds)
    return Specification(
        free=tuple(free),
        nuisances=nuisances,
        values=complete | {name: complete[leader] for name, leader in followers.items()},
        fixed=fixed,
        ties=followers,
        orders=orders,
        constraints=active,
        relations=relations,
        correlations=dict(correlations or {}),
        moving=frozenset(moving),
        dropped=tuple(name for name in free if own.get(name) is not None and name not in extra),
        bounds=bounds,
        request={
            "free": tuple(free),
            "values": {name: float(value) for name, value in values.items()},
            "tie": dict(ties or {}),
            "require": require,
            "constrain": {name: (constraint.centre, constraint.width) for name, constraint in given.items()},
            "correlate": dict(correlations or {}),
        },
    )


def _narrow(
    bounds: dict[str, tuple[float, float]],
    domains: Mapping[str, tuple[float, float]],
    followers: Mapping[str, str],
    complete: Mapping[str, float],
    given: Mapping[str, float],
) -> None:
    """Narrow the `bounds` of coordinates to the `domains`; values beyond, fixed or `given`, raise `InputError`."""
    for name, (low, high) in domains.items():
        leader = followers.get(name, name)
        if leader in bounds:
            bounds[leader] = (max(bounds[leader][0], low), min(bounds[leader][1], high))
        if (leader not in bounds or leader in given) and not low <= complete[leader] <= high:
            raise InputError(
                f"{leader}: expected a value from {low:g} to {high:g}, where a table of delta chi2 is known, "
                f"found {complete[leader]:g}"
            )
    for name, (low, high) in bounds.items():
        if not low < high:
            raise InputError(
                f"{name}: expected tables of delta chi2 that overlap, found no room between {low:g} and {high:g}"
            )


def _orders(
    require: Iterable[str],
    table: ParameterTable,
    followers: Mapping[str, str],
    coordinates: Sequence[str],
    values: Mapping[str, float],
    bounds: dict[str, tuple[float, float]],
) -> tuple[tuple[tuple[str, str], ...], dict[str, tuple[float, float]]]:
    """Return the required orders between coordinates, transitively closed, and the bounds that the others leave."""
    pairs: set[tuple[str, str]] = set()
    bounds = dict(bounds)
    for text in require:
        sides: list[str | float] = []
        for side in parse_requirement(text):
            number = _number(side, table)
            if number is None:
                table.find(side)
                leader = followers.get(side, side)
                sides.append(leader if leader in coordinates else values[leader])
            else:
                sides.append(number)
        compared = [side for side in parse_requirement(text) if side in table]
        if not compared:
            raise InputError(f"the requirement '{text}' holds no parameter")
        units = [table[name].unit for name in compared]
        if len(set(units)) > 1:
            raise InputError(f"the requirement '{text}' compares parameters in different units: {', '.join(units)}")
        low, high = sides
        if isinstance(low, str) and isinstance(high, str):
            if low == high:
                raise InputError(f"the requirement '{text}' compares '{low}' with itself")
            pairs.add((low, high))
        elif isinstance(low, str):
            bounds[low] = (bounds[low][0], min(bounds[low][1], float(high)))
        elif isinstance(high, str):
            bounds[high] = (max(bounds[high][0], float(low)), bounds[high][1])
        elif low > high:
            raise InputError(f"the requirement '{text}' is not met by the fixed values {low:g} and {high:g}")
    while True:
        implied = {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs
        if not implied:
            break
        pairs |= implied
    for a, b in pairs:
        if a == b:
            raise InputError(f"the requirements form a circle through '{a}'")
    for a, b in pairs:
        bounds[a] = (bounds[a][0], min(bounds[a][1], bounds[b][1]))
        bounds[b] = (max(bounds[b][0], bounds[a][0]), bounds[b][1])
    for name, (low, high) in bounds.items():
        if low >= high:
            raise InputError(f"the requirements leave '{name}' no room: from {low:g} to {high:g}")
    return tuple(sorted(pairs)), bounds
