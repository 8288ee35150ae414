"""What to fit: which parameters are free, fixed, tied, ordered or constrained, as a function of a vector.

The coordinates u of a problem are the free parameters, then the nuisances. Everything that is not a coordinate is
fixed, or tied to another parameter. Where a ≤ b is required between two coordinates, that of the parameter placed
later is its position, 0 to 1, in the interval that the earlier ones leave it: the feasible set stays a box.
"""

import dataclasses
from collections.abc import Mapping, Sequence, Set
from typing import Any

import equinox as eqx
import jax
import numpy as np

from ..._base.clock import CLOCK
from ..._base.errors import InputError
from ..._base.module import Module
from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Params, Scalar
from ...parameters.constraints import build_constraints
from .chi_square import ChiSquare
from .specification import Specification


def check_precision() -> None:
    """Raise `InputError` in single precision, in which no χ² of a thousand events has a minimum."""
    config: Any = jax.config  # which gets its settings as JAX is imported
    if not config.jax_enable_x64:
        raise InputError(
            "expected double precision, found jax_enable_x64 turned off after the import of cevnsjax: "
            "turn it on with jax.config.update('jax_enable_x64', True)"
        )


class Problem(Module):
    """χ² as a function of the coordinates u, with everything else fixed, tied or ordered."""

    chi2: ChiSquare
    fixed: dict[str, Scalar]
    names: tuple[str, ...] = eqx.field(static=True)
    ties: tuple[tuple[str, str], ...] = eqx.field(static=True)
    placement: tuple[int, ...] = eqx.field(static=True)
    """Order in which coordinates get their values; only an ordered coordinate depends on those before it."""
    orders: tuple[tuple[str, str], ...] = eqx.field(static=True)
    lower: Float[Array, " coordinate"]
    upper: Float[Array, " coordinate"]
    priors: tuple[Any, ...] = ()
    """Priors that are neither flat nor Gaussian, each a `priors.Shape`; no part of χ²."""

    def _limits(self, k: int, placed: Mapping[str, Scalar]) -> tuple[Scalar, Scalar] | None:
        """Return the interval that values placed before leave coordinate k, None if it depends on none of them."""
        if not self.orders:
            return None
        name = self.names[k]
        above = [placed[b] for a, b in self.orders if a == name and b in placed]
        below = [placed[a] for a, b in self.orders if b == name and a in placed]
        if not above and not below:
            return None
        xp = namespace(*placed.values())
        low, high = self.lower[k], self.upper[k]
        for value in below:
            low = xp.maximum(low, value)
        for value in above:
            high = xp.minimum(high, value)
        return low, high

    def params(self, u: Float[Array, " coordinate"]) -> dict[str, Scalar]:
        """Return the value of every parameter at the coordinates `u`."""
        placed: dict[str, Scalar] = {}
        for k in self.placement:
            limits = self._limits(k, placed)
            placed[self.names[k]] = u[k] if limits is None else limits[0] + u[k] * (limits[1] - limits[0])
        values = {**self.fixed, **placed}
        return values | {follower: values[leader] for follower, leader in self.ties}

    def values(self, u: Float[np.ndarray, "*point coordinate"]) -> dict[str, np.ndarray]:
        """Return the value of every coordinate's parameter at each row: `u` itself but where an order is required."""
        rows = np.asarray(u)
        if not self.orders:
            return {name: rows[..., k] for k, name in enumerate(self.names)}
        parameters = _params_of_rows(self, rows.reshape(-1, len(self.names)))
        return {name: np.asarray(parameters[name]).reshape(rows.shape[:-1]) for name in self.names}

    def log_volume(self, u: Float[Array, " coordinate"]) -> Scalar:
        """Return ln |∂(values)/∂u|: 0, but where an order is required between coordinates."""
        placed: dict[str, Scalar] = {}
        volume: Scalar = 0.0
        for k in self.placement:
            limits = self._limits(k, placed)
            if limits is None:
                placed[self.names[k]] = u[k]
            else:
                room = limits[1] - limits[0]
                placed[self.names[k]] = limits[0] + u[k] * room
                volume = volume + namespace(u).log(room)
        return volume

    def coordinates(self, params: Params) -> Float[np.ndarray, " coordinate"]:
        """Return the coordinates of `params` (host only); a value out of the required order moves to its end."""
        missing = [name for name in self.names if name not in params]
        if missing:
            raise InputError(f"expected a value of every coordinate, found none of {', '.join(missing)}")
        u, placed = np.empty(len(self.names)), dict[str, Scalar]()
        for k in self.placement:
            value = float(params[self.names[k]])
            limits = self._limits(k, placed)
            if limits is None:
                u[k] = np.clip(value, self.lower[k], self.upper[k])
                placed[self.names[k]] = u[k]
            else:
                low, high = map(float, limits)
                u[k] = np.clip((value - low) / (high - low), 0.0, 1.0) if high > low else 0.0
                placed[self.names[k]] = low + u[k] * (high - low)
        return u

    def positions(
        self, names: Sequence[str], values: Float[np.ndarray, "point scanned"]
    ) -> tuple[Float[np.ndarray, "point scanned"], np.ndarray]:
        """Return the coordinates of `values` of the coordinates `names`, and which rows the required orders allow.

        `names` must be placed before all other coordinates that an order relates them to. Host only.
        """
        positions, allowed = np.array(values), np.ones(len(values), bool)
        if not any(name in pair for pair in self.orders for name in names):
            return positions, allowed
        order = sorted(range(len(names)), key=lambda column: self.placement.index(self.names.index(names[column])))
        for row, point in enumerate(values):
            placed: dict[str, Scalar] = {}
            for column in order:
                limits = self._limits(self.names.index(names[column]), placed)
                if limits is not None:
                    low, high = map(float, limits)
                    allowed[row] &= low <= point[column] <= high
                    positions[row, column] = (point[column] - low) / (high - low) if high > low else 0.0
                placed[names[column]] = float(point[column])
        return positions, allowed

    @property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the coordinates: a parameter's own, or 0 and 1 for a position."""
        low, high = np.array(self.lower, float), np.array(self.upper, float)
        placed: set[str] = set()
        for k in self.placement:
            name = self.names[k]
            if any((a == name and b in placed) or (b == name and a in placed) for a, b in self.orders):
                low[k], high[k] = 0.0, 1.0
            placed.add(name)
        return low, high

    def moved_by(self, names: Set[str]) -> tuple[int, ...]:
        """Return the coordinates that move any of the parameters `names`: themselves, by a tie or a required order."""
        ties = dict(self.ties)
        leaders = {ties.get(name, name) for name in names}
        reached = leaders | {name for pair in self.orders if not leaders.isdisjoint(pair) for name in pair}
        return tuple(k for k, name in enumerate(self.names) if name in reached)

    @property
    def shared(self) -> tuple[int, ...]:
        """Return the coordinates that are added to strengths of several components, as a flux is."""
        names = {name for m in self.chi2.measurements for factor in m.factors for name in m.renamed({*factor.shared})}
        return self.moved_by(names) if names else ()

    @property
    def strengths(self) -> tuple[int, ...]:
        """Return the coordinates that do nothing but scale components."""
        measurements = self.chi2.measurements
        scaling = {name for folded in measurements for name in folded.scaling()}
        shaping = {name for folded in measurements for name in folded.shaping()}
        related = {name for pair in (*self.ties, *self.orders) for name in pair}
        return tuple(k for k, name in enumerate(self.names) if name in scaling - shaping - related)

    def of_strengths(self, u: Float[Array, " coordinate"]) -> "Problem":
        """Return the problem of the strengths alone, everything else evaluated at the coordinates `u`."""
        params, columns = self.params(u), np.array(self.strengths, int)
        chi2 = dataclasses.replace(self.chi2, measurements=tuple(m.evaluate(params) for m in self.chi2.measurements))
        names = tuple(self.names[k] for k in columns)
        return Problem(
            chi2=chi2,
            fixed={name: params[name] for name in sorted(chi2.parameters() - set(names))},
            names=names,
            ties=(),
            placement=tuple(range(len(names))),
            orders=(),
            lower=self.lower[columns],
            upper=self.upper[columns],
        )

    __hash__ = object.__hash__  # so that jax.jit(problem) works: a module of arrays has no hash of its own

    def __call__(self, u: Float[Array, " coordinate"]) -> Scalar:
        """Return χ² at the coordinates `u`."""
        return self.chi2(self.params(u))


@jax.jit
def _params_of_rows(problem: Problem, rows: Float[Array, "point coordinate"]) -> dict[str, Array]:
    columns: Any = jax.vmap(problem.params)(rows)
    return columns


@CLOCK.during("fold")
def pose(chi2: ChiSquare, specification: Specification, first: Sequence[str] = ()) -> Problem:
    """Return the problem of `specification`, folded to what it leaves free.

    `first` names the coordinates to place first when an order is required between them and others: those scanned.
    """
    check_precision()
    names = specification.coordinates
    moving = specification.moving
    nuisances = frozenset(specification.nuisances)
    measurements = tuple(
        m.pull(nuisances).specialise(moving, specification.values).in_rows() for m in chi2.measurements
    )
    constraints = build_constraints(specification.constraints, specification.relations, specification.correlations)
    folded = ChiSquare(measurements, constraints)
    needed = folded.parameters()
    placement = [names.index(name) for name in first] + [k for k, name in enumerate(names) if name not in first]
    return Problem(
        chi2=folded,
        fixed={name: specification.values[name] for name in sorted(needed - moving)},
        names=names,
        ties=tuple((name, leader) for name, leader in specification.ties.items() if leader in names),
        placement=tuple(placement),
        orders=specification.orders,
        lower=np.array([specification.bounds[name][0] for name in names]),
        upper=np.array([specification.bounds[name][1] for name in names]),
        priors=specification.priors,
    )
