"""A damped Newton minimiser with exact Hessian and bounds, for many starting points side by side.

Which to use when: this minimiser for batches (profiles, contours, many starts), where every point takes its own path
and is left out of what follows once it has ended. χ² and its derivatives are evaluated at all points that are left at a
time, by whatever function is given; all else is done here, on the host, so that nothing but that function is compiled.

The step solves (H + λ D) d = -g, D the moduli of the diagonal of H, on the coordinates that are neither frozen nor
held at a bound (projected Newton; Bertsekas, SIAM J. Control Optim. 20, 221 (1982)), with a modified L D Lᵀ
factorisation where H is indefinite, and λ raised until χ² falls. A coordinate with no slope and negative curvature (a
coupling that enters squared, at zero) is pushed off. It ends when the predicted decrease of χ² is below a tolerance,
with λ = 0.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from ..._base.typing import Float
from .elimination import solve_symmetric

TOLERANCE = 1e-12
"""Predicted decrease of χ² below which a minimum is reached."""
UNSEEN = 1e-16
"""The same in parts of χ²: less is no change in double precision."""
ROUNDING = 1e-12
"""Increase of χ² that may be rounding of its terms, far below `TOLERANCE`."""
LAST = 1e-7
"""Predicted decrease of χ² with which, at many points, the last step is taken: some 1e-11 of χ² is left."""
SHORTER = 0.25
"""What is kept of a step to where χ² is not finite, as where a count would be negative: it is taken again, shorter."""
CLEAR = 1e-8
"""Predicted decrease of χ² from which on the actual decrease says how good the quadratic model is."""
MAX_STEPS = 200
FIRST_STEP = 1e-2
"""First step off a saddle, in parts of the range: shorter ones follow until χ² falls."""

Vectors = Float[np.ndarray, "point coordinate"]
Objective = Callable[
    [Vectors, np.ndarray],
    tuple[Float[np.ndarray, " point"], Vectors, Float[np.ndarray, "point coordinate coordinate"]],
]
"""From points, and the number of the start of each, to value, gradient and Hessian at each."""


@dataclasses.dataclass(frozen=True)
class Minimum:
    """Where many minimisations ended."""

    u: Vectors
    value: Float[np.ndarray, " point"]
    gradient: Vectors
    hessian: Float[np.ndarray, "point coordinate coordinate"]
    converged: np.ndarray
    """Whether the predicted decrease fell below the tolerance."""
    steps: np.ndarray

    def at(self, rows: np.ndarray) -> "Minimum":
        """Return some of them."""
        return Minimum(*(getattr(self, field.name)[rows] for field in dataclasses.fields(self)))


def joined(minima: "Sequence[Minimum]") -> Minimum:
    """Return minima one after the other."""
    fields = [field.name for field in dataclasses.fields(Minimum)]
    return Minimum(*(np.concatenate([getattr(each, name) for each in minima]) for name in fields))


@dataclasses.dataclass
class _State:
    """The minimisations that have not ended."""

    number: np.ndarray
    """Of the start."""
    u: np.ndarray
    value: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray
    trial: np.ndarray
    """Where χ² is evaluated next."""
    damping: np.ndarray
    decrease: np.ndarray
    """Of χ² that the quadratic model predicts for the trial."""
    frozen: np.ndarray

    def at(self, rows: np.ndarray) -> "_State":
        """Return some of them."""
        return _State(*(getattr(self, field.name)[rows] for field in dataclasses.fields(self)))


def minimise(
    objective: Objective,
    start: Vectors,
    frozen: np.ndarray,
    lower: Float[np.ndarray, " coordinate"],
    upper: Float[np.ndarray, " coordinate"],
    max_steps: int = MAX_STEPS,
    groups: Sequence[np.ndarray] = (),
    last: float = TOLERANCE,
) -> Minimum:
    """Minimise `objective` from each row of `start` over the coordinates that are not `frozen`, between the bounds.

    Where `objective` is not finite at the start the search has failed at once; a step to such a point is taken back.
    `frozen` has the shape of `start`. The coordinates of each of the `groups` are coupled with none but those that are
    in no group. A full step that is predicted to lower χ² by less than `last` is taken, with what it is predicted to
    gain, and nothing is evaluated there: what is left of χ² falls with the power 3/2 of the decrease.
    """
    count, n = start.shape
    ended = Minimum(
        u=np.array(start, float),
        value=np.full(count, np.inf),
        gradient=np.zeros((count, n)),
        hessian=np.zeros((count, n, n)),
        converged=np.zeros(count, bool),
        steps=np.zeros(count, int),
    )
    state = _State(
        number=np.arange(count),
        u=ended.u.copy(),
        value=ended.value.copy(),
        gradient=ended.gradient.copy(),
        hessian=ended.hessian.copy(),
        trial=ended.u.copy(),
        damping=np.zeros(count),
        decrease=np.zeros(count),
        frozen=np.asarray(frozen, bool),
    )
    for step in range(1, max_steps + 1):
        if not len(state.number):
            break
        with np.errstate(all="ignore"):  # of points that are not finite nothing is taken
            done, failed = _advance(state, objective, lower, upper, groups, last)
        rows = state.number
        ended.u[rows], ended.value[rows], ended.steps[rows] = state.u, state.value, step
        ended.gradient[rows], ended.hessian[rows] = state.gradient, state.hessian
        ended.converged[rows] = done & ~failed
        left = ~(done | failed)
        if not left.all():
            state = state.at(left)
    return ended


def _advance(
    state: _State,
    objective: Objective,
    lower: np.ndarray,
    upper: np.ndarray,
    groups: Sequence[np.ndarray],
    last: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate the trials and set out the next; return which have reached a minimum, and which have failed."""
    value, gradient, hessian = objective(state.trial, state.number)
    # χ² is a difference of counts, which are up to 1e3: a step that stays within its rounding is no worse.
    better = np.isfinite(value) & (value <= state.value + 1e-14 * np.abs(state.value) + ROUNDING)
    gain = np.where(
        state.decrease > CLEAR,
        (state.value - np.where(better, value, state.value)) / np.maximum(state.decrease, CLEAR),
        1.0,
    )
    relaxed = np.where(state.damping > 1e-6, 0.1 * state.damping, 0.0)
    adjusted = np.where(gain > 0.3, 0.5 * state.damping, np.maximum(2.0 * state.damping, 1e-4))
    damping = np.where(gain > 0.8, relaxed, adjusted)
    outside = ~np.isfinite(value) & np.isfinite(state.value)
    shorter = SHORTER * (state.trial - state.u)
    state.damping = np.where(better, damping, np.where(outside, state.damping, np.maximum(10.0 * state.damping, 1e-3)))
    state.u = np.where(better[:, None], state.trial, state.u)
    state.value = np.where(better, value, state.value)
    state.gradient = np.where(better[:, None], gradient, state.gradient)
    state.hessian = np.where(better[:, None, None], hessian, state.hessian)

    move, slope, curvature, pivot = _step(state, lower, upper, groups)
    move = np.where(outside[:, None], shorter, move)
    state.trial = np.where(outside[:, None], state.u + shorter, state.trial)
    bend = (move * (curvature @ move[:, :, None])[:, :, 0]).sum(axis=1)
    state.decrease = -((slope * move).sum(axis=1) + 0.5 * bend)
    small = np.maximum(TOLERANCE, UNSEEN * np.abs(state.value))
    settled = (np.abs(state.decrease) < small) & (state.damping <= 1e-2) & (pivot > state.damping - 1e-8)
    ending = (
        ~settled & ~outside & (state.decrease >= 0.0) & (state.decrease < last) & (state.damping == 0.0) & (pivot > 0.0)
    )
    state.u = np.where(ending[:, None], state.trial, state.u)
    state.value = state.value - np.where(ending, state.decrease, 0.0)
    settled = (settled | ending) & ~outside
    return settled, ~np.isfinite(state.value) | (state.damping > 1e12)


def _step(
    state: _State, lower: np.ndarray, upper: np.ndarray, groups: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Set the trial of each; return the move to it, the slope and the curvature that it is from, the least pivot.

    The others are solved for again whenever a coordinate is stopped at its bound.
    """
    u, n = state.u, state.u.shape[1]
    least = 1e-6 / (upper - lower) ** 2  # curvature of a coordinate that matters less than 1e-6 over its whole range
    held = state.frozen | ((u <= lower) & (state.gradient > 0)) | ((u >= upper) & (state.gradient < 0))
    diagonal = np.einsum("pii->pi", state.hessian)
    slope = np.where(held, 0.0, state.gradient)
    curvature = np.where(held[:, :, None] | held[:, None, :], np.eye(n), state.hessian)
    size = np.maximum(np.abs(np.einsum("pii->pi", curvature)), least)
    saddle = ~state.frozen & (state.gradient == 0.0) & (diagonal < 0.0)
    outward = np.where(u < upper, -1.0, 1.0)
    slope = np.where(saddle, FIRST_STEP * outward * size * (upper - lower), slope)
    damped = curvature.copy()
    np.einsum("pii->pi", damped)[...] += state.damping[:, None] * size

    move, trial, pivot = np.zeros_like(u), u.copy(), np.full(len(u), np.inf)
    part, stopped, rows = np.zeros_like(u), held, np.arange(len(u))
    while len(rows):
        own, still = stopped[rows], damped[rows]
        pull = np.where(own, 0.0, -slope[rows] - (still @ part[rows][:, :, None])[:, :, 0])
        among = own[:, :, None] | own[:, None, :]
        diagonals = size[rows][:, :, None] * np.eye(n)
        solution, smallest = solve_symmetric(np.where(among, diagonals, still), pull, size[rows], groups)
        reached = u[rows] + solution
        end = np.clip(reached, lower, upper)
        beyond = ~own & (end != reached)
        share = np.where(beyond, (end - u[rows]) / np.where(beyond, solution, 1.0), np.inf)
        beyond &= share == share.min(axis=1, initial=np.inf, keepdims=True)
        move[rows] = np.where(own, part[rows], solution)
        trial[rows] = np.where(own, trial[rows], end)
        pivot[rows] = smallest
        part[rows] = np.where(beyond, end - u[rows], part[rows])
        stopped[rows] |= beyond
        rows = rows[beyond.any(axis=1)]
    state.trial = trial
    return move, slope, curvature, pivot
