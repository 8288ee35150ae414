"""Find the minimum of a problem from several starts, and run any batch of minimisations in one compiled program."""

import dataclasses
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from .._typing import Float
from .newton import Minimum, minimise
from .problem import Problem
from .search import Search
from .strengths import derivatives, is_linear

CHUNK = 16
"""Minimisations that run side by side. One program of this size serves fits, profiles and intervals."""
MANY = 2000
"""Points from which on a grid over strengths alone gets a program of its own: what its compilation is worth."""
MANY_CHUNK = 256
"""Minimisations over strengths alone that run side by side."""
STARTS = 32
"""Starting points of a global fit: the start asked for, the rest spread over the bounds of the free parameters."""


WIDE = 1e3
"""Ratio of positive bounds from which on starts are spread in the logarithm."""
CLOSEST = 1e-8
"""Share of the range, from a bound of 0, down to which starts are spread."""


def _minimise_batch(
    problem: Problem, start: jax.Array, frozen: jax.Array, lower: jax.Array, upper: jax.Array
) -> Minimum:
    return jax.vmap(lambda u, f: minimise(problem, u, f, lower, upper))(start, frozen)


def _minimise_strengths(
    problem: Problem, start: jax.Array, frozen: jax.Array, lower: jax.Array, upper: jax.Array
) -> Minimum:
    """Minimise over the strengths alone, the components evaluated once; derivatives of the others are not a number."""
    kept = np.array(problem.strengths)

    def one(u: jax.Array, f: jax.Array) -> Minimum:
        strengths = problem.of_strengths(u)
        closed = derivatives(strengths) if is_linear(strengths) else None
        found = minimise(strengths, u[kept], f[kept], lower[kept], upper[kept], derivatives=closed)
        unknown = jnp.full((len(u), len(u)), jnp.nan)
        return dataclasses.replace(
            found,
            u=u.at[kept].set(found.u),
            gradient=unknown[0].at[kept].set(found.gradient),
            hessian=unknown.at[np.ix_(kept, kept)].set(found.hessian),
        )

    return jax.vmap(one)(start, frozen)


class Solver:
    """Minimises one problem from many starts; compiled once, whatever is frozen and however many starts there are.

    Of many points at which only strengths are left to minimise over (a grid of all free parameters, with flat pulls),
    the components are evaluated once each, by a second program that is compiled when the first such grid comes.
    """

    def __init__(self, problem: Problem) -> None:
        """Compile the minimisation of `problem` for `CHUNK` starts at a time."""
        self.problem = problem
        self.lower, self.upper = problem.box
        self.compile_seconds = self.run_seconds = 0.0
        self._programs: dict[Callable[..., Minimum], Callable[..., Minimum]] = {}
        self._compiled(_minimise_batch, CHUNK)

    def _compiled(self, function: Callable[..., Minimum], chunk: int) -> Callable[..., Minimum]:
        if function not in self._programs:
            started = time.perf_counter()
            shape = (chunk, len(self.problem.names))
            arguments = (self.problem, np.zeros(shape), np.zeros(shape, bool), self.lower, self.upper)
            self._programs[function] = jax.jit(function).lower(*arguments).compile()
            self.compile_seconds += time.perf_counter() - started
        return self._programs[function]

    def __call__(self, start: Float[np.ndarray, "start coordinate"], frozen: np.ndarray) -> Minimum:
        """Return the minimum found from each row of `start`, the coordinates marked in `frozen` held.

        `frozen` has the shape of `start` or of one row.
        """
        frozen = np.broadcast_to(frozen, start.shape)
        others = np.delete(frozen, self.problem.strengths, axis=1)
        simple = len(start) >= MANY and self.problem.strengths and others.all()
        function, chunk = (_minimise_strengths, MANY_CHUNK) if simple else (_minimise_batch, CHUNK)
        program = self._compiled(function, chunk)
        started = time.perf_counter()
        parts = []
        for first in range(0, len(start), chunk):
            rows = np.arange(first, first + chunk).clip(max=len(start) - 1)
            found = program(self.problem, start[rows], frozen[rows], self.lower, self.upper)
            parts.append(jax.tree.map(np.asarray, found))
        joined = jax.tree.map(lambda *arrays: np.concatenate(arrays)[: len(start)], *parts)
        self.run_seconds += time.perf_counter() - started
        return joined


@dataclasses.dataclass(frozen=True)
class BestFit:
    """The lowest minimum found."""

    u: np.ndarray
    value: float
    covariance: np.ndarray
    """2 H⁻¹ of the coordinates, those at a bound left out; not a number where H is singular."""
    converged: bool
    message: str


def even_points(count: int, dimension: int) -> Float[np.ndarray, "count dimension"]:
    """Return points spread evenly over the unit cube: the additive recurrence of the generalised golden ratio.

    Point k is frac(1/2 + k α), α_d = φ^-d with φ^(dimension+1) = φ + 1 (M. Roberts 2018, "The unreasonable
    effectiveness of quasirandom sequences").
    """
    phi = 2.0
    for _ in range(60):
        phi = (1.0 + phi) ** (1.0 / (dimension + 1))
    return (0.5 + np.outer(np.arange(1, count + 1), phi ** -np.arange(1.0, dimension + 1))) % 1.0


def spread_starts(
    solver: Search, start: Float[np.ndarray, " coordinate"], spread: np.ndarray, count: int
) -> Float[np.ndarray, "start coordinate"]:
    """Return `start` and ``count - 1`` more with the coordinates marked in `spread` spread over their bounds.

    Masses and couplings are spread in their logarithm: where the lower bound is positive and far below the upper one,
    and, in every second start, where it is 0.
    """
    dimension = int(spread.sum())
    starts = np.repeat(start[None, :], count if dimension else 1, axis=0)
    if dimension:
        low, high = solver.lower[spread], solver.upper[spread]
        shares = even_points(count - 1, dimension)
        starts[1:, spread] = low + (high - low) * shares
        wide = low > 0
        wide[wide] = high[wide] / low[wide] > WIDE
        starts[1:, np.flatnonzero(spread)[wide]] = low[wide] * (high[wide] / low[wide]) ** shares[:, wide]
        from_zero = low == 0
        starts[1::2, np.flatnonzero(spread)[from_zero]] = high[from_zero] * CLOSEST ** shares[::2, from_zero]
    return starts


def approach(
    solver: Search, starts: Float[np.ndarray, "start coordinate"], free: np.ndarray
) -> Float[np.ndarray, "start coordinate"]:
    """Return where the `starts` end if only the coordinates marked in `free` move, all others held.

    From a start far away, with the nuisances free at once, a minimiser takes the strength of the signal to zero and is
    left in a long curved valley where a large cross section makes up for it.
    """
    if free.all() or not free.any():
        return starts
    found = solver(starts, ~free)
    return np.where(np.isfinite(found.value)[:, None], found.u, starts)


def covariance(minimum_hessian: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return 2 H⁻¹ over the coordinates that are not `held`, not-a-number for the rest or if H is not invertible."""
    full = np.full(minimum_hessian.shape, np.nan)
    moving = np.flatnonzero(~held)
    block = minimum_hessian[np.ix_(moving, moving)]
    if len(moving) and np.all(np.isfinite(block)) and np.linalg.cond(block) < 1e14:
        full[np.ix_(moving, moving)] = 2.0 * np.linalg.inv(block)
    return full


def best_fit(solver: Search, start: np.ndarray, free: np.ndarray) -> BestFit:
    """Return the lowest minimum from `STARTS` starts that differ in the coordinates marked in `free`."""
    starts = approach(solver, spread_starts(solver, start, free, STARTS), free)
    found = solver(starts, np.zeros(len(start), bool))
    finite = np.where(np.isfinite(found.value), found.value, np.inf)
    best = int(np.argmin(finite))
    settled = np.where(found.converged, finite, np.inf)
    converged = bool(np.isfinite(finite[best]) and settled.min() <= finite[best] + 1e-6)
    if converged:
        best = int(np.argmin(settled))
        agreeing = int(np.sum(settled <= settled[best] + 1e-6))
        message = f"converged; {agreeing} of {len(finite)} starts ended in this minimum"
        if not found.converged.all():
            message += f", {int(np.sum(~found.converged))} did not converge"
    elif not np.isfinite(finite[best]):
        message = "did not converge: chi2 is not finite at any start"
    else:
        message = f"did not converge within {int(found.steps.max())} steps from any of {len(finite)} starts"
    u = found.u[best]
    held = (u <= solver.lower) | (u >= solver.upper)
    return BestFit(u, float(found.value[best]), covariance(found.hessian[best], held), converged, message)
