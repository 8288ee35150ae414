"""The curvature of χ² at a minimum: which directions the data see there, and the errors along them.

The Hessian alone is not enough. Two parameters that only enter as a sum leave a direction along which χ² does not
change at all; a coupling that enters as its fourth power has no curvature at zero, or, a rounding away from it, a
curvature that belongs to an error of hundreds of its real widths. So χ² is evaluated an error away, in each coordinate;
what is left is decomposed into directions, in units in which every coordinate alone has the error 1.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from scipy.linalg import qr

from ..._base.typing import Bool, Float

UNSEEN = 1e-6
"""Change of χ² over the whole range of a coordinate up to which the data do not see it."""
FLAT = 1e4
"""Rise of χ² over an error by the curvature (where it should be 1) from which on that curvature says nothing."""
SINGULAR = 1e-10
"""Curvature of a direction, where that of each coordinate alone is 1, up to which it is rounding."""
DOWNWARD = -1e-6
"""Curvature below which a point is no minimum."""
TOUCHING = 1e-5
"""Distance to a bound, in errors by the curvature, up to which a coordinate is there."""
MINOR = 1e-4
"""Share of a direction up to which a coordinate has no part in it."""


@dataclasses.dataclass(frozen=True)
class Curvature:
    """What the second derivatives at a minimum say of errors."""

    covariance: Float[np.ndarray, "coordinate coordinate"]
    """2 H⁻¹ over the directions that χ² bends along; 0 for coordinates that are held."""
    unseen: Float[np.ndarray, "direction coordinate"]
    """Moves that leave χ² as it is, of the size of an error."""
    at_bound: Bool[np.ndarray, " coordinate"]
    """Coordinates that are held because they are at a bound."""
    flat: Bool[np.ndarray, " coordinate"]
    """Coordinates that are held because χ² has no curvature in them, though it rises further away."""

    @property
    def known(self) -> Bool[np.ndarray, " coordinate"]:
        """Return which coordinates have an error."""
        part = np.abs(self.unseen) > MINOR * np.abs(self.unseen).max(axis=1, keepdims=True, initial=0.0)
        return (np.diag(self.covariance) > 0) & ~part.any(axis=0)

    def named(self, names: Sequence[str], ordered: Sequence[str] = ()) -> tuple[str, ...]:
        """Return what the data do not constrain: parameters, or combinations in the grammar of constraints.

        Coordinates of `ordered` parameters are no values, and get no coefficients.
        """
        combinations = []
        for move in self.unseen:
            size = np.where(move != 0.0, np.abs(move), 1.0)
            parts = np.flatnonzero(np.abs(move) > MINOR * np.abs(move).max())
            if len(parts) > 1 and any(names[k] in ordered for k in parts):
                combinations.append(f"a combination of {', '.join(names[k] for k in parts)}")
                continue
            # A move x + t s leaves χ² alone: what is unknown is the combination Σ x/s, by the errors s.
            weights = np.where(move != 0.0, move / size**2, 0.0)
            weights = weights / weights[parts[0]]
            terms = [f"{weights[k]:+.3g}*{names[k]}" for k in parts]
            combinations.append("".join(terms).replace("+1*", "+").replace("-1*", "-").removeprefix("+"))
        return tuple(combinations)


def unknown(count: int) -> Curvature:
    """Return what is known of `count` coordinates at a point that is no minimum: nothing."""
    none = np.zeros(count, bool)
    return Curvature(np.full((count, count), np.nan), np.zeros((0, count)), none, none)


def curvature(
    chi2: Callable[[Float[np.ndarray, "point coordinate"]], Float[np.ndarray, " point"]],
    u: Float[np.ndarray, " coordinate"],
    value: float,
    hessian: Float[np.ndarray, "coordinate coordinate"],
    box: tuple[np.ndarray, np.ndarray],
) -> Curvature:
    """Return what `hessian` says at the minimum `u` between the bounds `box`; `chi2` is called for some points once."""
    n, (lower, upper) = len(u), box
    if not n or not np.all(np.isfinite(hessian)):
        return unknown(n)
    at_bound = (u <= lower) | (u >= upper)
    bend = np.diag(hessian)
    alone = np.where(bend > 0, np.sqrt(2.0 / np.where(bend > 0, bend, 1.0)), np.inf)
    room = np.stack([upper - u, u - lower], axis=1)
    step = np.minimum(alone[:, None], room)
    useful = step >= 0.1 * np.minimum(alone, room.max(axis=1))[:, None]
    moved = u + (np.array([1.0, -1.0])[None, :, None] * step[:, :, None]) * np.eye(n)[:, None, :]
    rise = chi2(np.clip(moved.reshape(2 * n, n), lower, upper)).reshape(n, 2) - value
    rise = np.where(np.isfinite(rise), rise, np.inf)
    least = np.where(useful, rise, np.inf).min(axis=1)
    predicted = np.where(useful, 0.5 * bend[:, None] * step**2, 0.0).max(axis=1)
    whole = alone > room.max(axis=1)
    blind = whole & np.all(np.abs(rise) < UNSEEN, axis=1)
    at_bound &= ~blind
    flat = ~at_bound & ~blind & ((least > FLAT * predicted) | (bend <= 0))
    seen = np.flatnonzero(~(at_bound | blind | flat))

    scale = alone[seen]
    scaled = 0.5 * hessian[np.ix_(seen, seen)] * np.outer(scale, scale)
    values, vectors = np.linalg.eigh(scaled)
    if np.any(values < DOWNWARD):
        return unknown(n)
    bent = values > SINGULAR
    covariance = np.zeros((n, n))
    covariance[np.ix_(seen, seen)] = (vectors[:, bent] / values[bent]) @ vectors[:, bent].T * np.outer(scale, scale)
    moves = np.zeros((int(blind.sum()) + int(np.sum(~bent)), n))
    moves[np.arange(blind.sum()), np.flatnonzero(blind)] = (upper - lower)[blind]
    moves[blind.sum() :, seen] = _readable(vectors[:, ~bent]).T * scale
    return Curvature(covariance, moves, at_bound, flat)


def at_bounds(
    u: Float[np.ndarray, "*toy coordinate"],
    hessian: Float[np.ndarray, "*toy coordinate coordinate"],
    box: tuple[np.ndarray, np.ndarray],
) -> Bool[np.ndarray, "*toy coordinate"]:
    """Return which coordinates are at a bound, or so near that the curvature is that of a coupling at zero."""
    bend = np.diagonal(hessian, axis1=-2, axis2=-1)
    alone = np.sqrt(2.0 / np.where(bend > 0, bend, np.inf))
    return np.minimum(u - box[0], box[1] - u) <= TOUCHING * alone


def covariances(
    hessian: Float[np.ndarray, "toy coordinate coordinate"], held: np.ndarray
) -> Float[np.ndarray, "toy coordinate coordinate"]:
    """Return 2 H⁻¹ of many minima, not-a-number for coordinates that are `held`, or that have no error.

    `held` marks coordinates of all, or of each.
    """
    usable = np.all(np.isfinite(hessian), axis=(1, 2))
    bend = np.where(usable[:, None], np.diagonal(hessian, axis1=1, axis2=2), 0.0)
    seen = (bend > 0) & ~held
    scale = np.where(seen, np.sqrt(2.0 / np.where(seen, bend, 1.0)), 0.0)
    scaled = 0.5 * np.where(usable[:, None, None], hessian, 0.0) * scale[:, :, None] * scale[:, None, :]
    values, vectors = np.linalg.eigh(scaled + ~seen[:, :, None] * np.eye(seen.shape[1]))
    bent = values > SINGULAR
    weights = np.where(bent, 1.0 / np.where(bent, values, 1.0), 0.0)
    covariance = (vectors * weights[:, None, :]) @ vectors.swapaxes(1, 2) * scale[:, :, None] * scale[:, None, :]
    part = (np.abs(vectors) > MINOR) & ~bent[:, None, :]
    known = seen & ~part.any(axis=2) & (values > DOWNWARD).all(axis=1, keepdims=True)
    return np.where(known[:, :, None] & known[:, None, :], covariance, np.nan)


def _readable(directions: Float[np.ndarray, "coordinate direction"]) -> Float[np.ndarray, "coordinate direction"]:
    """Return a basis of the same space in which each direction has a coordinate that no other moves."""
    count = directions.shape[1]
    if not count:
        return directions
    _, _, order = qr(directions.T, pivoting=True, mode="economic")
    basis = directions @ np.linalg.inv(directions[order[:count]])
    return basis / np.linalg.norm(basis, axis=0)
